package rule

import (
	"math"
	"strings"
	"unicode"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/parser"
)

// Lengths of an atom's texts, in code points. One value is cut at maxWas, all of them together at maxExpression.
const (
	maxExpression = 200
	maxWas        = 100
)

// text returns an expression, or its negation, as CEL writes it back.
func (x *explanation) text(e ast.Expr, negated bool) string {
	w := x.written[e.ID()]
	if negated && w != nil {
		// No node of a tree has the id 0.
		w = ast.NewExprFactory().NewCall(0, operators.LogicalNot, w)
	}
	s, err := parser.Unparse(w, x.info, parser.WrapOnColumn(math.MaxInt))
	if err != nil {
		return err.Error()
	}
	return shorten(s, maxExpression)
}

// position returns where an expression begins: the line from 1 and the column from 0.
func (x *explanation) position(e ast.Expr) (line, column int) {
	loc := x.info.GetLocationByOffset(x.start(x.written[e.ID()]))
	return max(loc.Line(), 1), max(loc.Column(), 0)
}

// start returns the offset of an expression's first character, in code points. CEL itself knows where an operator, a dot or a
// parenthesis stands.
func (x *explanation) start(e ast.Expr) int32 {
	if e == nil {
		return 0
	}
	at, _ := x.info.GetOffsetRange(e.ID())
	if macro, ok := x.info.GetMacroCall(e.ID()); ok {
		e = macro
	}
	switch e.Kind() {
	case ast.CallKind:
		return x.startOfCall(e.AsCall(), at.Start)
	case ast.SelectKind:
		return x.start(e.AsSelect().Operand())
	case ast.StructKind:
		return x.startOfName(at.Start)
	default:
		return at.Start
	}
}

func (x *explanation) startOfCall(call ast.CallExpr, at int32) int32 {
	switch name := call.FunctionName(); {
	case call.IsMemberFunction():
		return x.start(call.Target())
	case isName(name):
		return x.startOfName(at)
	case len(call.Args()) > 1:
		return min(at, x.start(call.Args()[0]))
	default:
		return at
	}
}

// startOfName goes back over the name before a parenthesis or a brace.
func (x *explanation) startOfName(at int32) int32 {
	for at > 0 && unicode.IsSpace(x.source[at-1]) {
		at--
	}
	for at > 0 && (isNamePart(x.source[at-1]) || x.source[at-1] == '.') {
		at--
	}
	return at
}

// isName tells functions that are called by their name from operators such as _==_ and @in.
func isName(function string) bool {
	return !strings.HasPrefix(function, "_") && strings.IndexFunc(function, func(r rune) bool { return !isNamePart(r) }) < 0
}

func isNamePart(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

func shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}
