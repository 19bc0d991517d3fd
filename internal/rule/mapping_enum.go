package rule

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/surprise-service/surprised/internal/surprise"
)

// checkEnum looks at the words that an expression can end in: to CEL, the name of an enum value is any text, and a value of another enum is
// a whole number like the right one.
func (c *mappingCompiler) checkEnum(place MappingPlace, f protoreflect.FieldDescriptor, checked *cel.Ast) {
	results(checked.NativeRep().Expr(), func(e ast.Expr) {
		message, hint := wrongEnum(f.Enum(), e, checked.NativeRep().ReferenceMap()[e.ID()])
		if message != "" {
			loc := checked.NativeRep().SourceInfo().GetStartLocation(e.ID())
			c.problem(place, Problem{Line: loc.Line(), Column: max(loc.Column(), 0), Message: message, Hint: hint})
		}
	})
}

func wrongEnum(enum protoreflect.EnumDescriptor, e ast.Expr, constant *ast.ReferenceInfo) (message, hint string) {
	if text, ok := stringLiteral(e); ok && enum.Values().ByName(protoreflect.Name(text)) == nil {
		known := enumNames(enum)
		hint = surprise.DidYouMean(text, strings.Split(known, ", "))
		return fmt.Sprintf("%s has no value %q; it has %s", shortName(enum), text, known), hint
	}
	if constant != nil && constant.Value != nil && !strings.HasPrefix(constant.Name, string(enum.FullName())+".") {
		return fmt.Sprintf("%s is not of the enum %s", strings.TrimPrefix(constant.Name, "surprise.v1."), shortName(enum)), "it has " + enumNames(enum)
	}
	return "", ""
}

// results visits the expressions whose value can be that of e.
func results(e ast.Expr, f func(ast.Expr)) {
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.Conditional {
		results(e.AsCall().Args()[1], f)
		results(e.AsCall().Args()[2], f)
		return
	}
	f(e)
}
