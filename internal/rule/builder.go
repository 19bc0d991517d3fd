package rule

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// maxFormula bounds a formula, in predicates: branches and segments that use others many times over would be doubled again and again. What
// is larger is left to CEL.
const maxFormula = 5_000

// builder turns the tree of one rule into formulas. It follows the tables of CEL's logic, which are those of S. C. Kleene, Introduction to
// Metamathematics, 1952, section 64: with T(x) for "x is true" and F(x) for "x is false", and neither where x fails,
//
//	T(a && b) = T(a) and T(b)    F(a && b) = F(a) or F(b)
//	T(a || b) = T(a) or T(b)     F(a || b) = F(a) and F(b)
//	T(!a)     = F(a)             F(!a)     = T(a)
//	T(c ? a : b) = T(c) and T(a) or F(c) and T(b), and likewise F
//
// so that the "not" moves down to the leaves, each of which has its own negation.
type builder struct {
	set     *Set
	checked *ast.AST
	// opaque says that CEL is needed.
	opaque bool
	// conditions are asked both ways, and again below each other: each is built once.
	conditions map[condition]*Formula
}

type condition struct {
	id   int64
	want bool
}

func newBuilder(set *Set, checked *ast.AST) *builder { return &builder{set: set, checked: checked} }

// formula returns when an expression is what is wanted, true or false.
func (b *builder) formula(e ast.Expr, want bool) *Formula {
	var x *Formula
	switch operator(e) {
	case operators.LogicalAnd, operators.LogicalOr:
		op := joint(e, want)
		x = join(op, b.sides(e, want, op, nil))
	case operators.LogicalNot:
		return b.formula(e.AsCall().Args()[0], !want)
	case operators.Conditional:
		x = b.branches(e.AsCall().Args(), want)
	default:
		x = b.leaf(e, want)
	}
	if x.size > maxFormula {
		return b.unknown(e, want)
	}
	return x
}

// joint tells whether all sides of an && or || must be what is wanted, or any.
func joint(e ast.Expr, want bool) Op {
	if (operator(e) == operators.LogicalAnd) == want {
		return All
	}
	return Any
}

// sides collects the parts of a chain such as a && b && !(c || d).
func (b *builder) sides(e ast.Expr, want bool, op Op, into []*Formula) []*Formula {
	inner := e
	innerWant := want
	for operator(inner) == operators.LogicalNot {
		inner, innerWant = inner.AsCall().Args()[0], !innerWant
	}
	if o := operator(inner); o != operators.LogicalAnd && o != operators.LogicalOr || joint(inner, innerWant) != op {
		return append(into, b.formula(inner, innerWant))
	}
	for _, side := range inner.AsCall().Args() {
		into = b.sides(side, innerWant, op, into)
	}
	return into
}

func (b *builder) branches(args []ast.Expr, want bool) *Formula {
	then := join(All, []*Formula{b.condition(args[0], true), b.formula(args[1], want)})
	other := join(All, []*Formula{b.condition(args[0], false), b.formula(args[2], want)})
	return join(Any, []*Formula{then, other})
}

func (b *builder) condition(e ast.Expr, want bool) *Formula {
	key := condition{e.ID(), want}
	x := b.conditions[key]
	if x == nil {
		x = b.formula(e, want)
		if b.conditions == nil {
			b.conditions = map[condition]*Formula{}
		}
		b.conditions[key] = x
	}
	return x
}

func (b *builder) leaf(e ast.Expr, want bool) *Formula {
	if isLiteral(e, true) || isLiteral(e, false) {
		return constant(isLiteral(e, want))
	}
	if name, ok := segmentName(e); ok {
		return b.segment(name, want)
	}
	if x := b.understood(e, want); x != nil {
		return x
	}
	return b.unknown(e, want)
}

// segment takes the formula of another rule in. One that does not exist fails.
func (b *builder) segment(name string, want bool) *Formula {
	r := b.set.segments[name]
	switch {
	case r == nil:
		return never()
	case want:
		return r.Formula()
	default:
		return r.Negation()
	}
}

// understood returns nil for what only CEL can answer.
func (b *builder) understood(e ast.Expr, want bool) *Formula {
	if a := b.set.attributeOf(e); a != nil && a.Kind == Bool {
		return only(&Predicate{ID: -1, Attribute: a, Test: In, Ints: []int64{oneIf(want)}})
	}
	switch e.Kind() {
	case ast.CallKind:
		return b.comparison(e.AsCall(), want)
	case ast.ComprehensionKind:
		return b.loop(e.AsComprehension(), want)
	default:
		return nil
	}
}

func (b *builder) unknown(e ast.Expr, want bool) *Formula {
	b.opaque = true
	return opaque(b.set.expressionPart(b.checked, e), want)
}

func opaque(p *part, want bool) *Formula {
	return only(&Predicate{ID: -1, Test: Opaque, ByStage: p.byStage, part: p, want: wanted(want)})
}
