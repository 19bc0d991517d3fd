package rule

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
)

// set fills the target in a request. Null leaves it unset.
func (t *target) set(request protoreflect.Message, v ref.Val) error {
	if v.Type() == types.NullType {
		return nil
	}
	m := request
	for _, f := range t.path[:len(t.path)-1] {
		m = m.Mutable(f).Message()
	}
	switch f := t.field(); {
	case t.key != "":
		value, err := attributeValue(v)
		if err != nil {
			return err
		}
		m.Mutable(f).Map().Set(protoreflect.ValueOfString(t.key).MapKey(), protoreflect.ValueOfMessage(value.ProtoReflect()))
		return nil
	case f.IsList():
		return setList(m, f, v)
	default:
		value, err := fieldValue(f, m.NewField(f), v)
		if err != nil {
			return err
		}
		m.Set(f, value)
		return nil
	}
}

func setList(m protoreflect.Message, f protoreflect.FieldDescriptor, v ref.Val) error {
	values, ok := v.(traits.Lister)
	if !ok {
		return misfit(f, v)
	}
	list := m.Mutable(f).List()
	for it := values.Iterator(); it.HasNext() == types.True; {
		element, err := fieldValue(f, list.NewElement(), it.Next())
		if err != nil {
			return err
		}
		list.Append(element)
	}
	return nil
}

func misfit(f protoreflect.FieldDescriptor, v ref.Val) error {
	return fmt.Errorf("the field is %s, the value is of type %s", describeField(f), v.Type().TypeName())
}

// fieldValue converts one value; empty is a new one of the field's type.
func fieldValue(f protoreflect.FieldDescriptor, empty protoreflect.Value, v ref.Val) (protoreflect.Value, error) {
	switch f.Kind() {
	case protoreflect.StringKind:
		if s, ok := v.(types.String); ok {
			return protoreflect.ValueOfString(string(s)), nil
		}
	case protoreflect.BoolKind:
		if b, ok := v.(types.Bool); ok {
			return protoreflect.ValueOfBool(bool(b)), nil
		}
	case protoreflect.DoubleKind:
		return doubleValue(f, v)
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		if n, ok := v.(types.Int); ok {
			return intValue(f, int64(n))
		}
	case protoreflect.EnumKind:
		return enumValue(f, v)
	case protoreflect.MessageKind:
		return messageValue(f, empty, v)
	}
	return protoreflect.Value{}, misfit(f, v)
}

func doubleValue(f protoreflect.FieldDescriptor, v ref.Val) (protoreflect.Value, error) {
	switch n := v.(type) {
	case types.Int:
		return protoreflect.ValueOfFloat64(float64(n)), nil
	case types.Double:
		if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
			return protoreflect.Value{}, fmt.Errorf("%v is not a number", float64(n))
		}
		return protoreflect.ValueOfFloat64(float64(n)), nil
	}
	return protoreflect.Value{}, misfit(f, v)
}

func intValue(f protoreflect.FieldDescriptor, n int64) (protoreflect.Value, error) {
	if f.Kind() == protoreflect.Int64Kind {
		return protoreflect.ValueOfInt64(n), nil
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return protoreflect.Value{}, fmt.Errorf("%d is too large for this field", n)
	}
	return protoreflect.ValueOfInt32(int32(n)), nil
}

func enumValue(f protoreflect.FieldDescriptor, v ref.Val) (protoreflect.Value, error) {
	values := f.Enum().Values()
	switch e := v.(type) {
	case types.String:
		if known := values.ByName(protoreflect.Name(e)); known != nil {
			return protoreflect.ValueOfEnum(known.Number()), nil
		}
		return protoreflect.Value{}, fmt.Errorf("%s has no value %s; it has %s", shortName(f.Enum()), quoted(string(e)), enumNames(f.Enum()))
	case types.Int:
		if e >= 0 && e <= math.MaxInt32 && values.ByNumber(protoreflect.EnumNumber(e)) != nil {
			return protoreflect.ValueOfEnum(protoreflect.EnumNumber(e)), nil
		}
		return protoreflect.Value{}, fmt.Errorf("%s has no value %d", shortName(f.Enum()), int64(e))
	}
	return protoreflect.Value{}, misfit(f, v)
}

func enumNames(e protoreflect.EnumDescriptor) string {
	var out []string
	for i := range e.Values().Len() {
		if v := e.Values().Get(i); v.Number() != 0 {
			out = append(out, string(v.Name()))
		}
	}
	return strings.Join(out, ", ")
}

func messageValue(f protoreflect.FieldDescriptor, empty protoreflect.Value, v ref.Val) (protoreflect.Value, error) {
	native, err := v.ConvertToNative(reflect.TypeOf(empty.Message().Interface()))
	if err != nil {
		return protoreflect.Value{}, misfit(f, v)
	}
	return protoreflect.ValueOfMessage(native.(protoreflect.ProtoMessage).ProtoReflect()), nil
}

// attributeValue converts to JSON. Whole numbers beyond 2^53 would not arrive as they were sent.
func attributeValue(v ref.Val) (*structpb.Value, error) {
	switch x := v.(type) {
	case types.String:
		return structpb.NewStringValue(string(x)), nil
	case types.Bool:
		return structpb.NewBoolValue(bool(x)), nil
	case types.Double:
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil, fmt.Errorf("%v is not a number", float64(x))
		}
		return structpb.NewNumberValue(float64(x)), nil
	case types.Int:
		if x > 1<<53 || x < -(1<<53) {
			return nil, fmt.Errorf("%d is too large for a custom attribute", int64(x))
		}
		return structpb.NewNumberValue(float64(x)), nil
	case traits.Lister:
		return attributeList(x)
	}
	return nil, fmt.Errorf("a custom attribute cannot be of type %s", v.Type().TypeName())
}

func attributeList(l traits.Lister) (*structpb.Value, error) {
	out := &structpb.ListValue{}
	for it := l.Iterator(); it.HasNext() == types.True; {
		s, ok := it.Next().(types.String)
		if !ok {
			return nil, errors.New("the list of a custom attribute has texts only")
		}
		out.Values = append(out.Values, structpb.NewStringValue(string(s)))
	}
	return structpb.NewListValue(out), nil
}
