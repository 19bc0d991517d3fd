package rule

import (
	"math"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// comparison understands thing == literal, literal < thing, thing in [literals], literal in list, and boolean == literal.
func (b *builder) comparison(call ast.CallExpr, want bool) *Formula {
	if len(call.Args()) != 2 || call.IsMemberFunction() {
		return nil
	}
	name, left, right := call.FunctionName(), call.Args()[0], call.Args()[1]
	if name == operators.In {
		return b.membership(left, right, want)
	}
	literal := b.literal(right)
	if literal == nil {
		left, right, name = right, left, mirrored(name)
		literal = b.literal(right)
	}
	if literal == nil {
		return nil
	}
	if is, isBool := literal.(bool); isBool {
		return b.boolean(name, left, is, want)
	}
	a := b.set.attributeOf(left)
	if a == nil {
		return nil
	}
	if name == operators.Equals || name == operators.NotEquals {
		return b.listed(a, []any{literal}, want == (name == operators.Equals))
	}
	if want {
		return ordered(a, name, literal)
	}
	return b.outside(a, ordered(a, opposite(name), literal))
}

// outside adds NaN to where a comparison is false: CEL orders NaN nowhere, and every comparison with it is false.
func (b *builder) outside(a *Attribute, opposite *Formula) *Formula {
	if opposite == nil || a.Kind != Double {
		return opposite
	}
	isNaN := b.set.interned.attribute("isNaN("+a.Name+")", field{kind: Bool, optional: a.optional, reader: reader{int: func(f *Facts) (int64, bool) {
		d, ok := a.double(f)
		return oneIf(math.IsNaN(d)), ok
	}}})
	return join(Any, []*Formula{opposite, only(&Predicate{ID: -1, Attribute: isNaN, Test: In, Ints: []int64{1}})})
}

// boolean is x == true and the like: x itself, or its negation.
func (b *builder) boolean(name string, e ast.Expr, is, want bool) *Formula {
	switch name {
	case operators.Equals:
		return b.formula(e, want == is)
	case operators.NotEquals:
		return b.formula(e, want != is)
	default:
		return nil
	}
}

func (b *builder) membership(left, right ast.Expr, want bool) *Formula {
	if a := b.set.attributeOf(right); a != nil && a.Kind == Texts {
		if text, ok := b.literal(left).(string); ok {
			return shares(a, []string{text}, want)
		}
		return nil
	}
	literals, ok := b.literals(right)
	if !ok {
		return nil
	}
	if len(literals) == 0 {
		// CEL does not even look at what could be in an empty list.
		return constant(!want)
	}
	a := b.set.attributeOf(left)
	if a == nil {
		return nil
	}
	return b.listed(a, literals, want)
}

// literal returns a literal, or an enum by its number: a string, bool, int64, uint64 or float64; nil for all else.
func (b *builder) literal(e ast.Expr) any {
	var value any
	if e.Kind() == ast.LiteralKind {
		value = e.AsLiteral().Value()
	} else if ref := b.checked.ReferenceMap()[e.ID()]; ref != nil && ref.Value != nil {
		value = ref.Value.Value()
	}
	switch v := value.(type) {
	case string, bool, int64, uint64, float64:
		return v
	default:
		return nil
	}
}

func (b *builder) literals(list ast.Expr) ([]any, bool) {
	if list.Kind() != ast.ListKind || len(list.AsList().OptionalIndices()) > 0 {
		return nil, false
	}
	out := make([]any, 0, list.AsList().Size())
	for _, e := range list.AsList().Elements() {
		v := b.literal(e)
		if v == nil {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}

// listed is the predicate that an attribute is one of some values, or, if not wanted, none. It is nil where the types are strange.
func (b *builder) listed(a *Attribute, literals []any, want bool) *Formula {
	p := &Predicate{ID: -1, Attribute: a, Test: In}
	for _, literal := range literals {
		if !p.list(literal) {
			return nil
		}
	}
	p.Texts = inOrder(p.Texts, textValues{}.compare)
	p.Ints = inOrder(p.Ints, intValues{}.compare)
	p.Doubles = inOrder(p.Doubles, doubleValues{}.compare)
	switch {
	case want:
	case a.Kind == Bool:
		p.Ints = complement(p.Ints)
	default:
		p.Test = NotIn
	}
	return p.formula()
}

func complement(bools []int64) []int64 {
	var out []int64
	for _, v := range []int64{0, 1} {
		if !among(bools, v) {
			out = append(out, v)
		}
	}
	return out
}

// list adds a literal. Numbers of the other type are added by their value, or not at all if the attribute can't have it.
func (p *Predicate) list(literal any) bool {
	switch p.Attribute.Kind {
	case Text:
		text, ok := literal.(string)
		p.Texts = append(p.Texts, text)
		return ok
	case Bool:
		is, ok := literal.(bool)
		p.Ints = append(p.Ints, oneIf(is))
		return ok
	case Int:
		return p.listInt(literal)
	case Double:
		d, ok := asDouble(literal)
		p.Doubles = append(p.Doubles, d)
		return ok
	default:
		return false
	}
}

func (p *Predicate) listInt(literal any) bool {
	if i, ok := literal.(int64); ok {
		p.Ints = append(p.Ints, i)
		return true
	}
	d, ok := asDouble(literal)
	if ok = ok && math.Abs(d) < exactly; ok && d == math.Trunc(d) {
		p.Ints = append(p.Ints, int64(d))
	}
	return ok
}

// asDouble returns a number as a double that is exactly it. CEL compares ints with doubles as doubles, which beyond are not exact.
func asDouble(literal any) (float64, bool) {
	switch v := literal.(type) {
	case int64:
		return float64(v), -exactly < v && v < exactly
	case uint64:
		return float64(v), v < exactly
	case float64:
		return v + 0, !math.IsInf(v, 0) && !math.IsNaN(v) // -0 is 0
	default:
		return 0, false
	}
}

// ordered is <, <=, > or >= with a number.
func ordered(a *Attribute, name string, literal any) *Formula {
	i, isInt := literal.(int64)
	d, isDouble := asDouble(literal)
	limits, known := limitsOf(name, d)
	switch {
	case !known:
	case a.Kind == Int && isInt:
		return intLimits(a, name, i).formula()
	case a.Kind == Int && isDouble && math.Abs(d) < exactly:
		return wholeRange(a, limits.whole()).formula()
	case a.Kind == Double && isDouble:
		return doubleRange(a, limits).formula()
	}
	return nil
}

// intLimits are exact for all ints.
func intLimits(a *Attribute, name string, i int64) *Predicate {
	p := intRange(a, math.MinInt64, math.MaxInt64)
	switch name {
	case operators.Less:
		p.MaxInt = i - 1
	case operators.LessEquals:
		p.MaxInt = i
	case operators.Greater:
		p.MinInt = i + 1
	default:
		p.MinInt = i
	}
	if name == operators.Less && i == math.MinInt64 || name == operators.Greater && i == math.MaxInt64 {
		return &Predicate{ID: -1, Attribute: a, Test: In}
	}
	return p
}

func wholeRange(a *Attribute, limits interval) *Predicate {
	p := intRange(a, math.MinInt64, math.MaxInt64)
	if !math.IsInf(limits.low, 0) {
		p.MinInt = int64(limits.low)
	}
	if !math.IsInf(limits.high, 0) {
		p.MaxInt = int64(limits.high)
	}
	return p
}
