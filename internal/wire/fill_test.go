package wire_test

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// depth is how deep values are nested within values: deep enough to meet every kind of value.
const depth = 3

// fill sets every field of a message and of those below it to something, so that a field that the reader or the writer does not know cannot
// hide. Of the fields of a oneof it sets the one of the given number, counted from 0.
func fill(m protoreflect.Message, choice, level int) {
	fs := m.Descriptor().Fields()
	for i := range fs.Len() {
		f := fs.Get(i)
		if one := f.ContainingOneof(); one != nil && !one.IsSynthetic() && one.Fields().Get(choice%one.Fields().Len()) != f {
			continue
		}
		if below := f.Message(); below != nil && below == m.Descriptor() || level > depth*3 {
			continue
		}
		switch {
		case f.IsMap():
			for k := range 2 + choice {
				entry := m.NewField(f).Map().NewValue()
				fill(entry.Message(), k, level+1)
				m.Mutable(f).Map().Set(protoreflect.ValueOfString(text(f, k)).MapKey(), entry)
			}
		case f.IsList():
			for k := range 2 + choice {
				m.Mutable(f).List().Append(value(m, f, k, level))
			}
		default:
			m.Set(f, value(m, f, choice, level))
		}
	}
}

func text(f protoreflect.FieldDescriptor, k int) string {
	return string(f.Name()) + []string{" 茶", " a", "", " é", " b"}[k%5] + " "
}

func value(m protoreflect.Message, f protoreflect.FieldDescriptor, k, level int) protoreflect.Value {
	number := int64(f.Number())*97 + int64(k)
	switch f.Kind() {
	case protoreflect.MessageKind:
		var below protoreflect.Message
		if f.IsList() {
			below = m.NewField(f).List().NewElement().Message()
		} else {
			below = m.NewField(f).Message()
		}
		fill(below, k, level+1)
		return protoreflect.ValueOfMessage(below)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text(f, k))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte("\xff" + text(f, k)))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(number - 300))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(number) * []int32{1, -1}[k%2])
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(number << 33 * []int64{1, -1}[k%2])
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(number) / 8)
	default:
		panic("a kind of field that the package has not met: " + f.Kind().String())
	}
}
