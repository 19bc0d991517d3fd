package rule

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

var errNotThere = errors.New("not there")

// explanation is what FalseAtoms needs of a rule and Holds does not. It is immutable.
type explanation struct {
	checked *ast.AST
	// written has the tree as it was parsed, by the ids that both trees share: the checker overwrites names in the tree that it
	// is given (Channel.POS becomes surprise.v1.Channel.POS) and drops their positions.
	written map[int64]ast.Expr
	info    *ast.SourceInfo
	source  []rune
	// all evaluates every part; brief, like Holds, only what is needed. Brief is for rules that all cannot finish within CostLimit.
	all, brief cel.Program
}

func (s *Set) explanation(source string, checked *cel.Ast) (*explanation, error) {
	parsed, issues := s.env.Parse(source)
	if issues.Err() != nil {
		return nil, fmt.Errorf("rule: parse again: %w", issues.Err())
	}
	x := &explanation{
		checked: checked.NativeRep(), written: map[int64]ast.Expr{},
		info: parsed.NativeRep().SourceInfo(), source: []rune(source),
	}
	visit(parsed, func(e ast.Expr) { x.written[e.ID()] = e })
	var err error
	if x.all, err = s.tracking(checked, cel.OptTrackState, cel.OptExhaustiveEval); err != nil {
		return nil, err
	}
	x.brief, err = s.tracking(checked, cel.OptTrackState)
	return x, err
}

func (s *Set) tracking(checked *cel.Ast, opts ...cel.EvalOption) (cel.Program, error) {
	p, err := s.env.Program(checked, cel.EvalOptions(opts...), cel.CostLimit(CostLimit))
	if err != nil {
		return nil, fmt.Errorf("rule: program to explain with: %w", err)
	}
	return p, nil
}

// evaluation is an explanation with the values that one request's facts gave to its parts.
type evaluation struct {
	*explanation
	facts *Facts
	state interpreter.EvalState
	// stopped tells why the evaluation ended before its result, nil if it did not.
	stopped error
}

func (x *explanation) evaluate(f *Facts) *evaluation {
	v := &evaluation{explanation: x, facts: f}
	if v.run(x.all); v.stopped != nil {
		v.run(x.brief)
	}
	return v
}

func (v *evaluation) run(p cel.Program) {
	out, details, err := p.Eval(v.facts)
	v.state, v.stopped = details.State(), nil
	if out == nil {
		v.stopped = err
	}
}

// verdict is what became of a part that is true or false.
type verdict int

const (
	unknown verdict = iota // it was not evaluated
	yes
	no
	failed
)

func wanted(want bool) verdict {
	if want {
		return yes
	}
	return no
}

func (v *evaluation) verdict(e ast.Expr) verdict {
	switch v.value(e) {
	case nil:
		return unknown
	case types.True:
		return yes
	case types.False:
		return no
	default:
		return failed
	}
}

// value returns what a part evaluated to, an error included, or nil. CEL does not keep the values of variables whose fields are read,
// nor those of variables that are branches; they are looked up.
func (v *evaluation) value(e ast.Expr) ref.Val {
	if val, ok := v.state.Value(e.ID()); ok {
		return val
	}
	if e.Kind() == ast.IdentKind {
		return v.variable(e)
	}
	return nil
}

func (v *evaluation) variable(e ast.Expr) ref.Val {
	val, ok := v.facts.ResolveName(strings.TrimPrefix(e.AsIdent(), "."))
	if !ok {
		return types.WrapErr(errNotThere)
	}
	return v.facts.set.env.CELTypeAdapter().NativeToValue(val)
}

// field returns the value of the field that has() tests for.
func (v *evaluation) field(e ast.Expr) ref.Val {
	if owner, ok := v.value(e.AsSelect().Operand()).(traits.Indexer); ok {
		return owner.Get(types.String(e.AsSelect().FieldName()))
	}
	return nil
}
