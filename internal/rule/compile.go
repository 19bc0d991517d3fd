package rule

import (
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
)

// Compile checks a rule's text. The rule is nil if there are problems other than warnings. It is safe for concurrent use.
func (s *Set) Compile(source string) (*Rule, []Problem) {
	if r := s.fromClauses(source); r != nil {
		return r, nil
	}
	return s.compileWhole(source)
}

func (s *Set) compileWhole(source string) (*Rule, []Problem) {
	r, problems := s.compile(source)
	if r == nil {
		return nil, problems
	}
	for _, name := range usedSegments(r) {
		if s.segments[name] == nil {
			return nil, append(problems, Problem{Line: 1, Message: fmt.Sprintf("segment %q has errors of its own", name)})
		}
	}
	if found := r.finish(); len(found) > 0 {
		return nil, append(problems, found...)
	}
	return r, problems
}

func (s *Set) compile(source string) (*Rule, []Problem) {
	if strings.TrimSpace(source) == "" {
		return nil, []Problem{{Line: 1, Message: "the rule is empty"}}
	}
	checked, issues := s.env.Compile(source)
	if issues.Err() != nil {
		return nil, s.problems(issues.Errors())
	}
	if t := checked.OutputType(); !t.IsExactType(cel.BoolType) {
		return nil, []Problem{{Line: 1, Message: fmt.Sprintf("the rule is of type %s, it must be true or false", t)}}
	}
	if ps := append(s.undeclared(checked), untyped(source, checked)...); len(ps) > 0 {
		return nil, ps
	}
	r := s.newRule(source, readPaths(checked), func() (*cel.Ast, error) { return checked, nil })
	return r, s.unguarded(checked)
}

// newRule returns a rule without its formulas. Its tree is asked for when first needed.
func (s *Set) newRule(source string, reads []string, checked func() (*cel.Ast, error)) *Rule {
	r := &Rule{set: s, source: source, reads: reads, checked: checked}
	r.program = sync.OnceValues(func() (cel.Program, error) {
		tree, err := checked()
		if err != nil {
			return nil, err
		}
		return s.env.Program(tree, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(CostLimit))
	})
	r.explain = sync.OnceValues(func() (*explanation, error) {
		tree, err := checked()
		if err != nil {
			return nil, err
		}
		return s.explanation(source, tree)
	})
	r.conjuncts = sync.OnceValue(r.findConjuncts)
	return r
}

// finish builds the formulas, once the segments that the rule uses are compiled. What is opaque is planned at once, for CEL finds some
// mistakes only then, such as a bad regular expression.
func (r *Rule) finish() []Problem {
	tree, err := r.checked()
	if err != nil {
		return []Problem{{Line: 1, Message: err.Error()}}
	}
	r.byStage = r.Mentions(stagePath)
	checked := tree.NativeRep()
	if r.cost = costOf(checked); r.cost >= CostLimit {
		p := r.set.limitedPart(r)
		r.truth = r.interned(opaque(p, true))
		r.negation = sync.OnceValue(func() *Formula { return r.interned(opaque(p, false)) })
		return r.plan()
	}
	b := newBuilder(r.set, checked)
	r.truth = r.interned(b.formula(checked.Expr(), true))
	r.negation = sync.OnceValue(func() *Formula { return r.interned(newBuilder(r.set, checked).formula(checked.Expr(), false)) })
	if b.opaque {
		return r.plan()
	}
	return nil
}

func (r *Rule) interned(x *Formula) *Formula {
	r.set.interned.intern(x)
	return x
}

func (r *Rule) plan() []Problem {
	if _, err := r.program(); err != nil {
		return []Problem{{Line: 1, Message: err.Error()}}
	}
	return nil
}

func (s *Set) problems(errs []*common.Error) []Problem {
	out := make([]Problem, 0, len(errs))
	for _, e := range errs {
		p := Problem{Line: max(e.Location.Line(), 1), Column: max(e.Location.Column(), 0), Message: plain(e.Message)}
		p.Hint = s.hint(p.Message)
		out = append(out, p)
	}
	return out
}

// plain drops what only CEL's own readers need from a message.
func plain(msg string) string {
	msg = strings.ReplaceAll(msg, "(in container 'surprise.v1')", "")
	msg = strings.ReplaceAll(msg, segmentPrefix, "segment ")
	return strings.TrimSpace(strings.TrimPrefix(msg, "Syntax error: "))
}
