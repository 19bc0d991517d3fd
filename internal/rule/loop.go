package rule

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// loop understands list.exists(v, ...) that asks for any of some texts, and list.all(v, ...) that asks for none of some.
func (b *builder) loop(loop ast.ComprehensionExpr, want bool) *Formula {
	a := b.set.attributeOf(loop.IterRange())
	if a == nil || a.Kind != Texts || loop.HasIterVar2() {
		return nil
	}
	exists := isLiteral(loop.AccuInit(), false)
	step := operators.LogicalAnd
	if exists {
		step = operators.LogicalOr
	} else if !isLiteral(loop.AccuInit(), true) {
		return nil
	}
	if operator(loop.LoopStep()) != step || len(loop.LoopStep().AsCall().Args()) != 2 {
		return nil
	}
	// That all are wanted to be none of them is that none exists that is.
	texts, ok := b.texts(loop.LoopStep().AsCall().Args()[1], loop.IterVar(), exists)
	if !ok {
		return nil
	}
	return shares(a, texts, want == exists)
}

// shares is the predicate that a list has any of some texts, or, if not wanted, none.
func shares(a *Attribute, texts []string, want bool) *Formula {
	p := &Predicate{ID: -1, Attribute: a, Test: Intersects, Texts: inOrder(texts, textValues{}.compare)}
	if !want {
		p.Test = Disjoint
	}
	return p.formula()
}

// texts returns those for which a condition about the variable of a loop is what is wanted, if they can be told.
func (b *builder) texts(e ast.Expr, variable string, want bool) ([]string, bool) {
	e, positive := withoutNot(e)
	want = want == positive
	if e.Kind() != ast.CallKind || len(e.AsCall().Args()) != 2 {
		return nil, false
	}
	left, right := e.AsCall().Args()[0], e.AsCall().Args()[1]
	equal, either := operators.Equals, operators.LogicalOr
	if !want {
		equal, either = operators.NotEquals, operators.LogicalAnd
	}
	switch name := e.AsCall().FunctionName(); {
	case name == either:
		first, ok := b.texts(left, variable, want)
		second, also := b.texts(right, variable, want)
		return append(first, second...), ok && also
	case name == equal && isVariable(left, variable):
		return b.text(right)
	case name == equal && isVariable(right, variable):
		return b.text(left)
	case name == operators.In && want && isVariable(left, variable):
		return b.textLiterals(right)
	default:
		return nil, false
	}
}

func (b *builder) text(e ast.Expr) ([]string, bool) {
	text, ok := b.literal(e).(string)
	return []string{text}, ok
}

func (b *builder) textLiterals(list ast.Expr) ([]string, bool) {
	literals, ok := b.literals(list)
	out := make([]string, 0, len(literals))
	for _, literal := range literals {
		text, isText := literal.(string)
		ok = ok && isText
		out = append(out, text)
	}
	return out, ok
}

func isVariable(e ast.Expr, name string) bool {
	return e.Kind() == ast.IdentKind && e.AsIdent() == name
}
