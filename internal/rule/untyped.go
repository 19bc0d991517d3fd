package rule

import (
	"cmp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// untyped finds what switches the check of types off: dyn(), and fields of what is not known to have any, as in [customer, 1][0].nope.
// A misspelt field there would be found at the till.
func untyped(source string, checked *cel.Ast) []Problem {
	var out []Problem
	visit(checked, func(e ast.Expr) {
		switch {
		case isDyn(e):
			p := Problem{Message: "dyn() switches the check of types off", Hint: "leave dyn() out and write what is in it"}
			p.Line, p.Column = startOfCallee(source, checked, e)
			out = append(out, p)
		case readsUnknown(checked, e):
			loc := checked.NativeRep().SourceInfo().GetStartLocation(e.ID())
			out = append(out, Problem{Line: loc.Line(), Column: loc.Column(),
				Message: "it is not known what " + e.AsSelect().FieldName() + " is a field of", Hint: "do not mix types in one list or map"})
		}
	})
	// The tree is not in the order of the text.
	slices.SortStableFunc(out, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
	return out
}

func isDyn(e ast.Expr) bool {
	return e.Kind() == ast.CallKind && strings.TrimPrefix(e.AsCall().FunctionName(), ".") == "dyn"
}

func readsUnknown(checked *cel.Ast, e ast.Expr) bool {
	if e.Kind() != ast.SelectKind {
		return false
	}
	operand := e.AsSelect().Operand()
	return !isDyn(operand) && checked.NativeRep().GetType(operand.ID()).Kind() == types.DynKind
}

// startOfCallee returns where the name of a function stands; CEL knows the parenthesis after it.
func startOfCallee(source string, checked *cel.Ast, call ast.Expr) (line, column int) {
	info := checked.NativeRep().SourceInfo()
	at, _ := info.GetOffsetRange(call.ID())
	loc := info.GetLocationByOffset((&explanation{source: []rune(source)}).startOfName(at.Start))
	return max(loc.Line(), 1), max(loc.Column(), 0)
}
