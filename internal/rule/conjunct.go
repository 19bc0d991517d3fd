package rule

import (
	"math"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"
)

// conjunct is a part that must be true for its rule to hold, with what it asks of one thing.
type conjunct struct {
	expr ast.Expr
	// about is the thing as it is written; rules are without side effects, so what is written alike is alike within one request.
	about string
	// never marks what is false whatever the facts.
	never bool
	constraint
}

// constraint is what a thing may be: one of the values, if anyOf; none of them, if not; and within the limits, if it is a number.
type constraint struct {
	anyOf  bool
	values []any // string, bool or float64
	limits interval
}

func (c constraint) admits(v any) bool {
	if n, ok := v.(float64); ok && !c.limits.contains(n) {
		return false
	}
	return slices.Contains(c.values, v) == c.anyOf
}

// exactly bounds the numbers that are compared here: CEL compares integers with doubles as doubles, which beyond are not exact.
const exactly = 1 << 52

// findConjuncts divides the rule at the && at its top. What is not understood is asked to be true as a whole.
func (r *Rule) findConjuncts() []conjunct {
	tree, err := r.checked()
	if err != nil {
		return nil
	}
	var out []conjunct
	reader := conjunctReader{tree.NativeRep()}
	var walk func(e ast.Expr)
	walk = func(e ast.Expr) {
		if operator(e) == operators.LogicalAnd {
			for _, side := range e.AsCall().Args() {
				walk(side)
			}
		} else if c, ok := reader.read(e); ok {
			c.expr = e
			out = append(out, c)
		}
	}
	walk(tree.NativeRep().Expr())
	return out
}

// conjunctReader reads what parts of one rule ask for.
type conjunctReader struct{ checked *ast.AST }

func (r conjunctReader) read(e ast.Expr) (conjunct, bool) {
	if isLiteral(e, false) || isLiteral(e, true) {
		return conjunct{never: isLiteral(e, false)}, isLiteral(e, false)
	}
	e, want := withoutNot(e)
	if e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() {
		return conjunct{}, false
	}
	if c, ok := r.comparison(e, want); ok {
		return c, true
	}
	about := r.written(e)
	return conjunct{about: about, constraint: constraint{anyOf: true, values: []any{want}, limits: everything()}}, about != ""
}

// withoutNot takes all "!" off; want is false if they were odd.
func withoutNot(e ast.Expr) (inner ast.Expr, want bool) {
	for want = true; operator(e) == operators.LogicalNot; want = !want {
		e = e.AsCall().Args()[0]
	}
	return e, want
}

// written returns an expression as text, or nothing.
func (r conjunctReader) written(e ast.Expr) string {
	text, err := parser.Unparse(e, r.checked.SourceInfo(), parser.WrapOnColumn(math.MaxInt))
	if err != nil {
		return ""
	}
	return text
}

// comparison reads thing == literal, literal < thing, thing in [literals] and the like.
func (r conjunctReader) comparison(e ast.Expr, want bool) (conjunct, bool) {
	if e.Kind() != ast.CallKind || len(e.AsCall().Args()) != 2 || e.AsCall().IsMemberFunction() {
		return conjunct{}, false
	}
	name, left, right := e.AsCall().FunctionName(), e.AsCall().Args()[0], e.AsCall().Args()[1]
	if _, ok := r.literal(left); ok && name != operators.In {
		left, right, name = right, left, mirrored(name)
	}
	if !want {
		name = opposite(name)
	}
	c, ok := r.constraint(name, left, right)
	c.about = r.written(left)
	return c, ok && c.about != ""
}

func (r conjunctReader) constraint(name string, thing, with ast.Expr) (conjunct, bool) {
	switch name {
	case operators.Equals, operators.NotEquals:
		v, ok := r.literal(with)
		return conjunct{constraint: constraint{anyOf: name == operators.Equals, values: []any{v}, limits: everything()}}, ok
	case operators.In, notIn:
		values, ok := r.literals(with)
		in := name == operators.In
		return conjunct{never: in && len(values) == 0, constraint: constraint{anyOf: in, values: values, limits: everything()}}, ok
	}
	v, _ := r.literal(with)
	n, isNumber := v.(float64)
	limits, ok := limitsOf(name, n)
	if kind := r.checked.GetType(thing.ID()).Kind(); kind == types.IntKind || kind == types.UintKind {
		limits = limits.whole()
	}
	return conjunct{constraint: constraint{limits: limits}}, ok && isNumber
}

func (r conjunctReader) literals(list ast.Expr) ([]any, bool) {
	if list.Kind() != ast.ListKind || list.AsList().Size() > maxLiterals || len(list.AsList().OptionalIndices()) > 0 {
		return nil, false
	}
	var out []any
	for _, e := range list.AsList().Elements() {
		v, ok := r.literal(e)
		if !ok {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}

// literal returns a literal, or an enum by its number: a string, a bool or a float64.
func (r conjunctReader) literal(e ast.Expr) (any, bool) {
	var value any
	if ref := r.checked.ReferenceMap()[e.ID()]; ref != nil && ref.Value != nil {
		value = ref.Value.Value()
	} else if e.Kind() == ast.LiteralKind {
		value = e.AsLiteral().Value()
	}
	switch v := value.(type) {
	case string, bool:
		return v, true
	case int64:
		return float64(v), -exactly < v && v < exactly
	case uint64:
		return float64(v), v < exactly
	case float64:
		return v, math.Abs(v) < exactly
	default:
		return nil, false
	}
}
