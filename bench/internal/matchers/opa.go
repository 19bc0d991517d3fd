package matchers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// opaEngine is OPA: one set of numbers, with a rule for each row. Equalities and memberships come first, as its index looks at those.
type opaEngine struct {
	query  rego.PreparedEvalQuery
	inputs []ast.Value
}

func (e *opaEngine) Build(c *rules.Catalog) (err error) {
	var module strings.Builder
	module.WriteString("package surprise\n")
	for _, row := range c.Rows() {
		fmt.Fprintf(&module, "match contains %d if {\n", row.Rule)
		atoms := slices.Clone(row.Atoms)
		slices.SortStableFunc(atoms, func(a, b int) int { return indexable(c.Atoms[a].Op) - indexable(c.Atoms[b].Op) })
		for _, a := range atoms {
			module.WriteString("\t" + regoText(&c.Atoms[a], "input."+c.Flat(c.Atoms[a].Attribute)) + "\n")
		}
		module.WriteString("}\n")
	}
	e.query, err = rego.New(rego.Query("x = data.surprise.match"), rego.Module("rules.rego", module.String())).PrepareForEval(context.Background())
	return err
}

// indexable is 0 for atoms that the index can use.
func indexable(op rules.Op) int {
	if op == rules.In {
		return 0
	}
	return 1
}

func regoText(a *rules.Atom, name string) string {
	quoted := make([]string, len(a.Values))
	for i, v := range a.Values {
		quoted[i] = fmt.Sprintf("%q", v)
	}
	switch a.Op {
	case rules.In, rules.Not:
		if len(quoted) == 1 {
			return name + map[rules.Op]string{rules.In: " == ", rules.Not: " != "}[a.Op] + quoted[0]
		}
		return map[rules.Op]string{rules.In: "", rules.Not: "not "}[a.Op] + name + " in {" + strings.Join(quoted, ", ") + "}"
	case rules.AtLeast:
		return fmt.Sprintf("%s >= %d", name, a.Number)
	case rules.Below:
		return fmt.Sprintf("%s < %d", name, a.Number)
	case rules.Yes, rules.No:
		return fmt.Sprintf("%s == %t", name, a.Op == rules.Yes)
	case rules.Has:
		return quoted[0] + " in " + name
	default:
		return "not " + quoted[0] + " in " + name
	}
}

func (e *opaEngine) Prepare(c *rules.Catalog, profiles []rules.Profile) error {
	for _, p := range profiles {
		v, err := ast.InterfaceToValue(flatMap(c, p))
		if err != nil {
			return err
		}
		e.inputs = append(e.inputs, v)
	}
	return nil
}

// flatMap returns a profile as JSON would hold it.
func flatMap(c *rules.Catalog, p rules.Profile) map[string]any {
	out := make(map[string]any, len(p))
	for i, v := range p {
		switch c.Attributes[i].Kind {
		case rules.Word:
			out[c.Flat(i)] = v.Word
		case rules.Number:
			out[c.Flat(i)] = float64(v.Number)
		case rules.Flag:
			out[c.Flat(i)] = v.Flag
		case rules.Words:
			words := make([]any, len(v.Words))
			for j, w := range v.Words {
				words[j] = w
			}
			out[c.Flat(i)] = words
		}
	}
	return out
}

func (e *opaEngine) Match(profile int, into []int32) ([]int32, error) {
	set, err := e.query.Eval(context.Background(), rego.EvalParsedInput(e.inputs[profile]))
	if err != nil {
		return into, err
	}
	numbers, _ := set[0].Bindings["x"].([]any)
	for _, x := range numbers {
		n, err := x.(json.Number).Int64() //nolint:forcetypeassert // the set has numbers
		if err != nil {
			return into, err
		}
		into = append(into, int32(n)) //nolint:gosec // far fewer
	}
	return into, nil
}
