package matchers

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hyperjumptech/grule-rule-engine/ast"
	"github.com/hyperjumptech/grule-rule-engine/builder"
	"github.com/hyperjumptech/grule-rule-engine/engine"
	"github.com/hyperjumptech/grule-rule-engine/logger"
	"github.com/hyperjumptech/grule-rule-engine/pkg"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// gruleEngine is grule: one knowledge base, asked which of its rules match.
type gruleEngine struct {
	base   *ast.KnowledgeBase
	engine *engine.GruleEngine
	inputs []*row
}

func (e *gruleEngine) Build(c *rules.Catalog) (err error) {
	logger.SetLogLevel(logger.ErrorLevel)
	var text strings.Builder
	for i, r := range c.Rules {
		clauses := make([]string, len(r.Clauses))
		for j, clause := range r.Clauses {
			atoms := make([]string, len(clause))
			for k, a := range clause {
				atoms[k] = gruleText(&c.Atoms[a])
			}
			clauses[j] = "(" + strings.Join(atoms, " || ") + ")"
		}
		fmt.Fprintf(&text, "rule r%d \"r\" salience 1 { when %s then Retract(\"r%d\"); }\n", i, strings.Join(clauses, " && "), i)
	}
	library := ast.NewKnowledgeLibrary()
	if err := builder.NewRuleBuilder(library).BuildRuleFromResource("bench", "1", pkg.NewBytesResource([]byte(text.String()))); err != nil {
		return err
	}
	e.base, err = library.NewKnowledgeBaseInstance("bench", "1")
	e.engine = &engine.GruleEngine{MaxCycle: 5000}
	return err
}

func gruleText(a *rules.Atom) string {
	name := "P." + field(a.Attribute)
	switch a.Op {
	case rules.In:
		return "(" + equalities(name, " == ", " || ", a.Values) + ")"
	case rules.Not:
		return "(" + equalities(name, " != ", " && ", a.Values) + ")"
	case rules.AtLeast:
		return fmt.Sprintf("%s >= %d", name, a.Number)
	case rules.Below:
		return fmt.Sprintf("%s < %d", name, a.Number)
	case rules.Yes, rules.No:
		return fmt.Sprintf("%s == %t", name, a.Op == rules.Yes)
	default: // Has, Lacks
		call := map[string]string{"P.Allergies": "P.Allergic", "P.Likes": "P.Fond"}[name]
		return fmt.Sprintf("%s(%q) == %t", call, a.Values[0], a.Op == rules.Has)
	}
}

func equalities(name, operator, join string, values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprintf("%s%s%q", name, operator, v)
	}
	return strings.Join(out, join)
}

func (e *gruleEngine) Prepare(_ *rules.Catalog, profiles []rules.Profile) error {
	for _, p := range profiles {
		e.inputs = append(e.inputs, newRow(p))
	}
	return nil
}

func (e *gruleEngine) Match(profile int, into []int32) ([]int32, error) {
	data := ast.NewDataContext()
	if err := data.Add("P", e.inputs[profile]); err != nil {
		return into, err
	}
	found, err := e.engine.FetchMatchingRules(data, e.base)
	if err != nil {
		return into, err
	}
	for _, r := range found {
		n, err := strconv.ParseInt(strings.TrimPrefix(r.RuleName, "r"), 10, 32)
		if err != nil {
			return into, err
		}
		into = append(into, int32(n))
	}
	return into, nil
}
