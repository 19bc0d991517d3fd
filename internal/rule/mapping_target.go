package rule

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/surprise-service/surprised/internal/surprise"
)

// target is the field of a request that an expression fills.
type target struct {
	// path leads from the request through messages to the field, which is its last.
	path []protoreflect.FieldDescriptor
	// key is the entry of a map of custom attributes; empty for other fields.
	key string
}

func (t *target) field() protoreflect.FieldDescriptor { return t.path[len(t.path)-1] }

// findTarget looks a path up, for example "customer.visits.last" or "customer.attributes.kids".
func findTarget(root protoreflect.MessageDescriptor, path string) (*target, error) {
	t, names := &target{}, strings.Split(path, ".")
	for in := root; len(names) > 0; names = names[1:] {
		field := in.Fields().ByName(protoreflect.Name(names[0]))
		if field == nil {
			return nil, &hinted{fmt.Sprintf("%s has no field %q", shortName(in), names[0]), surprise.DidYouMean(names[0], namesOf(in))}
		}
		t.path = append(t.path, field)
		switch {
		case field.IsMap():
			return t.withKey(path, names[1:])
		case len(names) > 1 && (field.Message() == nil || field.IsList()):
			return nil, &hinted{fmt.Sprintf("%s has no fields of its own", names[0]), "write " + strings.TrimSuffix(path, "."+strings.Join(names[1:], "."))}
		}
		in = field.Message()
	}
	return t, nil
}

// withKey ends a path in a custom attribute. Its name must be one that a catalogue can declare.
func (t *target) withKey(path string, rest []string) (*target, error) {
	if len(rest) != 1 || !regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`).MatchString(rest[0]) {
		return nil, &hinted{fmt.Sprintf("%s names no custom attribute", path), "write attributes.NAME, the name of small letters, digits and _"}
	}
	t.key = rest[0]
	return t, nil
}

func shortName(d protoreflect.Descriptor) string { return string(d.Name()) }

func namesOf(m protoreflect.MessageDescriptor) []string {
	out := make([]string, m.Fields().Len())
	for i := range out {
		out[i] = string(m.Fields().Get(i).Name())
	}
	return out
}

// accepts reports why values of a type cannot fill the target; nil: they can, or only the value can tell.
func (t *target) accepts(typ *cel.Type) *Problem {
	switch {
	case t.key != "":
		return attributeAccepts(typ)
	case t.field().IsList() && typ.Kind() == types.ListKind:
		if elementAccepts(t.field(), typ.Parameters()[0]) {
			return nil
		}
	case t.field().IsList():
		if isOpen(typ) {
			return nil
		}
	case elementAccepts(t.field(), typ):
		return nil
	}
	return &Problem{Message: fmt.Sprintf("%s is %s, the expression is of type %s", t.field().Name(), describeField(t.field()), typ), Hint: conversion(t.field(), typ)}
}

// isOpen reports whether a type says nothing about the value.
func isOpen(typ *cel.Type) bool {
	switch typ.Kind() {
	case types.DynKind, types.AnyKind, types.NullTypeKind, types.TypeParamKind, types.ErrorKind:
		return true
	}
	return false
}

func elementAccepts(f protoreflect.FieldDescriptor, typ *cel.Type) bool {
	kind := typ.Kind()
	if isOpen(typ) {
		return true
	}
	switch f.Kind() {
	case protoreflect.StringKind:
		return kind == types.StringKind
	case protoreflect.BoolKind:
		return kind == types.BoolKind
	case protoreflect.DoubleKind:
		return kind == types.DoubleKind || kind == types.IntKind
	case protoreflect.EnumKind:
		return kind == types.StringKind || kind == types.IntKind
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return kind == types.IntKind
	case protoreflect.MessageKind:
		return typ.TypeName() == string(f.Message().FullName())
	}
	return false
}

func attributeAccepts(typ *cel.Type) *Problem {
	switch typ.Kind() {
	case types.StringKind, types.IntKind, types.DoubleKind, types.BoolKind:
		return nil
	case types.ListKind:
		if e := typ.Parameters()[0]; isOpen(e) || e.Kind() == types.StringKind {
			return nil
		}
	}
	if isOpen(typ) {
		return nil
	}
	return &Problem{Message: fmt.Sprintf("a custom attribute is a text, a number, a bool or a list of texts, the expression is of type %s", typ)}
}

func describeField(f protoreflect.FieldDescriptor) string {
	name := f.Kind().String()
	switch f.Kind() {
	case protoreflect.EnumKind:
		name = shortName(f.Enum())
	case protoreflect.MessageKind:
		name = shortName(f.Message())
	}
	if f.IsList() {
		return "a list of " + name
	}
	return "of type " + name
}

// conversion names the function that makes a fitting value.
func conversion(f protoreflect.FieldDescriptor, typ *cel.Type) string {
	text := typ.Kind() == types.StringKind
	switch {
	case f.IsList():
		return "write [...] around it"
	case f.Kind() == protoreflect.StringKind:
		return "write string(...)"
	case text && f.Kind() == protoreflect.DoubleKind:
		return "write number(...)"
	case text && (f.Kind() == protoreflect.Int32Kind || f.Kind() == protoreflect.Int64Kind):
		return "write integer(...)"
	case typ.Kind() == types.DoubleKind && (f.Kind() == protoreflect.Int32Kind || f.Kind() == protoreflect.Int64Kind):
		return "write int(...)"
	case text && f.Message() != nil && shortName(f.Message()) == "Date":
		return `write date(..., ["YYYY-MM-DD"])`
	}
	return ""
}
