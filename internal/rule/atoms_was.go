package rule

import (
	"errors"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const absent = "absent"

// was tells what an atom found: the values of its sides that are not literals, with their names if there are several.
func (v *evaluation) was(e ast.Expr) string {
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.LogicalNot {
		return v.was(e.AsCall().Args()[0])
	}
	subjects := v.subjects(e)
	if len(subjects) == 0 || v.verdict(e) == failed && !v.anyFailed(subjects) {
		return v.show(e)
	}
	if len(subjects) == 1 {
		return v.show(subjects[0])
	}
	var out []string
	for _, s := range subjects {
		// What stands behind an error is not evaluated.
		if v.value(s) != nil {
			out = append(out, v.text(s, false)+" = "+v.show(s))
		}
	}
	return shorten(strings.Join(out, ", "), maxExpression)
}

// subjects returns the parts of an atom that have a value worth telling.
func (v *evaluation) subjects(e ast.Expr) []ast.Expr {
	var out []ast.Expr
	add := func(s ast.Expr) {
		if !v.isConstant(s) {
			out = append(out, s)
		}
	}
	switch e.Kind() {
	case ast.CallKind:
		if e.AsCall().IsMemberFunction() {
			add(e.AsCall().Target())
		}
		for _, arg := range e.AsCall().Args() {
			add(arg)
		}
	case ast.ComprehensionKind:
		loop := e.AsComprehension()
		add(loop.IterRange())
		walkReads(loop.LoopStep(), []string{loop.IterVar(), loop.IterVar2(), loop.AccuVar()}, func(s ast.Expr) {
			if s.Kind() != ast.IdentKind || s.AsIdent() != todayVariable {
				add(s)
			}
		})
	}
	return out
}

// isConstant tells whether an expression reads nothing: literals, enums, names of types, and what is computed from them.
func (v *evaluation) isConstant(e ast.Expr) bool {
	constant := true
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(part ast.Expr) {
		if part.Kind() == ast.IdentKind {
			r := v.checked.ReferenceMap()[part.ID()]
			known := r != nil && r.Value != nil || v.checked.GetType(part.ID()).Kind() == types.TypeKind
			constant = constant && known
		}
	}))
	return constant
}

func (v *evaluation) anyFailed(parts []ast.Expr) bool {
	for _, p := range parts {
		if types.IsError(v.value(p)) {
			return true
		}
	}
	return false
}

// show returns the value of an expression as a person would write it.
func (v *evaluation) show(e ast.Expr) string {
	val := v.value(e)
	if e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() && !types.IsError(val) {
		if val == types.False {
			return absent
		}
		val = v.field(e)
	}
	switch err, isErr := val.(*types.Err); {
	case v.isUnset(e) || isErr && isAbsence(err):
		return absent
	case isErr:
		return shorten(reason(err), maxWas)
	}
	if name := v.enumName(e, val); name != "" {
		return name
	}
	return formatValue(val)
}

// isUnset tells whether an expression reads a variable or a field that is not there, or something within such a field. Fields without
// presence are always there.
func (v *evaluation) isUnset(e ast.Expr) bool {
	switch e.Kind() {
	case ast.IdentKind:
		_, isSegment := segmentName(e)
		return !isSegment && types.IsError(v.value(e))
	case ast.SelectKind:
		owner, field := v.fieldOf(e)
		return field != nil && field.HasPresence() && !owner.Has(field) || v.isUnset(e.AsSelect().Operand())
	default:
		return false
	}
}

// fieldOf returns the message that an expression selects from, and the field; nil if it is no message.
func (v *evaluation) fieldOf(e ast.Expr) (protoreflect.Message, protoreflect.FieldDescriptor) {
	val := v.value(e.AsSelect().Operand())
	if val == nil {
		return nil, nil
	}
	m, ok := val.Value().(proto.Message)
	if !ok {
		return nil, nil
	}
	owner := m.ProtoReflect()
	return owner, owner.Descriptor().Fields().ByName(protoreflect.Name(e.AsSelect().FieldName()))
}

func (v *evaluation) enumName(e ast.Expr, val ref.Val) string {
	if e.Kind() != ast.SelectKind {
		return ""
	}
	_, field := v.fieldOf(e)
	if field == nil {
		return ""
	}
	return nameInEnum(field, val)
}

// isAbsence tells errors about what is not there. CEL has no types for its own, only these words.
func isAbsence(err error) bool {
	text := reason(err)
	return errors.Is(err, errDateNotSet) || errors.Is(err, errNotThere) ||
		strings.HasPrefix(text, "no such attribute") || strings.HasPrefix(text, "no such key")
}

// reason returns an error's text without the place that CEL adds.
func reason(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return plain(err.Error())
}
