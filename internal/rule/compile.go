package rule

import (
	"fmt"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
)

// Compile checks a rule's text. The rule is nil if there are problems other than warnings.
func (s *Set) Compile(source string) (*Rule, []Problem) {
	r, problems := s.compile(source)
	if r == nil {
		return nil, problems
	}
	for _, name := range usedSegments(r) {
		if s.segments[name] == nil {
			return nil, append(problems, Problem{Line: 1, Message: fmt.Sprintf("segment %q has errors of its own", name)})
		}
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
	program, err := s.env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(CostLimit))
	if err != nil {
		return nil, []Problem{{Line: 1, Message: err.Error()}}
	}
	r := &Rule{set: s, source: source, program: program, ast: checked, reads: readPaths(checked)}
	r.explain = sync.OnceValues(func() (*explanation, error) { return s.explanation(source, checked) })
	r.conjuncts = sync.OnceValue(r.findConjuncts)
	return r, s.unguarded(checked)
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
