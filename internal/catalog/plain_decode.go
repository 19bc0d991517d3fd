package catalog

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// shape is how a message is written: its fields by their names. It decodes what is written in the plainest way, and nothing else: what it takes has
// the same meaning for the general decoder.
type shape struct {
	fields map[string]*shapeField
	// never tells that the message is not for this decoder.
	never bool
}

type shapeField struct {
	desc protoreflect.FieldDescriptor
	// bit is the field's own in a set.
	bit         uint64
	list, isMap bool
	// message is that of the values, nil where they are none; scalar reads them otherwise.
	message *shape
	scalar  func(n *node) (protoreflect.Value, bool)
}

// shapes are those of a schema, by the names of messages.
type shapes map[protoreflect.FullName]*shape

func (all shapes) of(m protoreflect.MessageDescriptor) *shape {
	if s, ok := all[m.FullName()]; ok {
		return s
	}
	fields := m.Fields()
	s := &shape{fields: map[string]*shapeField{}, never: fields.Len() > 64 || m.FullName().Parent() == "google.protobuf"}
	all[m.FullName()] = s
	for i := 0; !s.never && i < fields.Len(); i++ {
		d := fields.Get(i)
		if o := d.ContainingOneof(); o != nil && !o.IsSynthetic() {
			continue
		}
		f := &shapeField{desc: d, bit: 1 << i, list: d.IsList(), isMap: d.IsMap()}
		s.fields[d.TextName()], s.fields[d.JSONName()] = f, f
		all.fill(f)
	}
	return s
}

// fill says how the values of a field are read.
func (all shapes) fill(f *shapeField) {
	of := f.desc
	if f.isMap {
		of = of.MapValue()
	}
	switch {
	case of.Message() == nil:
		f.scalar = scalarReader(of)
	case of.Message().FullName() == (&timestamppb.Timestamp{}).ProtoReflect().Descriptor().FullName():
		f.scalar = readTime
	default:
		f.message = all.of(of.Message())
	}
}

// message decodes a mapping into a message. It returns false where a key is unknown or there twice, or a value is not a plain one of its type.
func (s *shape) message(n *node, m protoreflect.Message) bool {
	if s.never || n.kind != yaml.MappingNode {
		return false
	}
	var seen uint64
	for i := 0; i < len(n.content); i += 2 {
		f := s.fields[n.content[i].value]
		if f == nil || seen&f.bit != 0 || !f.set(&n.content[i+1], m) {
			return false
		}
		seen |= f.bit
	}
	return true
}

func (f *shapeField) set(n *node, m protoreflect.Message) bool {
	switch {
	case f.list:
		return f.setList(n, m)
	case f.isMap:
		return f.setMap(n, m)
	case f.message != nil:
		return f.message.message(n, m.Mutable(f.desc).Message())
	}
	v, ok := f.scalar(n)
	if ok {
		m.Set(f.desc, v)
	}
	return ok
}

func (f *shapeField) setList(n *node, m protoreflect.Message) bool {
	if n.kind != yaml.SequenceNode {
		return false
	}
	list := m.Mutable(f.desc).List()
	for i := range n.content {
		v, ok := f.element(&n.content[i], list.NewElement)
		if !ok {
			return false
		}
		list.Append(v)
	}
	return true
}

// setMap takes maps with names as their keys.
func (f *shapeField) setMap(n *node, m protoreflect.Message) bool {
	if n.kind != yaml.MappingNode || f.desc.MapKey().Kind() != protoreflect.StringKind {
		return false
	}
	entries := m.Mutable(f.desc).Map()
	for i := 0; i < len(n.content); i += 2 {
		key := protoreflect.ValueOfString(n.content[i].value).MapKey()
		v, ok := f.element(&n.content[i+1], entries.NewValue)
		if !ok || entries.Has(key) {
			return false
		}
		entries.Set(key, v)
	}
	return true
}

// element reads one of several values.
func (f *shapeField) element(n *node, empty func() protoreflect.Value) (protoreflect.Value, bool) {
	if f.message == nil {
		return f.scalar(n)
	}
	v := empty()
	return v, f.message.message(n, v.Message())
}

// scalarReader returns how values of a field's type are read.
func scalarReader(f protoreflect.FieldDescriptor) func(n *node) (protoreflect.Value, bool) {
	switch f.Kind() {
	case protoreflect.StringKind:
		return readString
	case protoreflect.BoolKind:
		return readBool
	case protoreflect.DoubleKind:
		return readDouble
	case protoreflect.Int32Kind:
		return readInt32
	case protoreflect.Int64Kind:
		return readInt64
	case protoreflect.EnumKind:
		names := f.Enum().Values()
		return func(n *node) (protoreflect.Value, bool) {
			v := names.ByName(protoreflect.Name(n.value))
			if v == nil || n.kind != yaml.ScalarNode {
				return protoreflect.Value{}, false
			}
			return protoreflect.ValueOfEnum(v.Number()), true
		}
	}
	return func(*node) (protoreflect.Value, bool) { return protoreflect.Value{}, false }
}

func readString(n *node) (protoreflect.Value, bool) {
	return protoreflect.ValueOfString(n.value), n.kind == yaml.ScalarNode
}

// readBool takes the two words without quotes.
func readBool(n *node) (protoreflect.Value, bool) {
	ok := n.kind == yaml.ScalarNode && n.style == 0 && (n.value == "true" || n.value == "false")
	return protoreflect.ValueOfBool(n.value == "true"), ok
}

func readDouble(n *node) (protoreflect.Value, bool) {
	v, err := strconv.ParseFloat(n.value, 64)
	return protoreflect.ValueOfFloat64(v), err == nil && n.kind == yaml.ScalarNode
}

func readInt32(n *node) (protoreflect.Value, bool) {
	v, ok := decimal(n, 32)
	return protoreflect.ValueOfInt32(int32(v)), ok //nolint:gosec // of that size
}

func readInt64(n *node) (protoreflect.Value, bool) {
	v, ok := decimal(n, 64)
	return protoreflect.ValueOfInt64(v), ok
}

// decimal reads a whole number without a sign.
func decimal(n *node, bits int) (int64, bool) {
	if n.kind != yaml.ScalarNode || n.value == "" || n.value[0] == '+' || n.value[0] == '-' {
		return 0, false
	}
	v, err := strconv.ParseInt(n.value, 10, bits)
	return v, err == nil
}

// readTime takes times without fractions of a second.
func readTime(n *node) (protoreflect.Value, bool) {
	t, err := time.Parse(time.RFC3339, n.value)
	if year := t.UTC().Year(); err != nil || strings.ContainsAny(n.value, ".,") || year < 1 || year > 9999 {
		return protoreflect.Value{}, false
	}
	return protoreflect.ValueOfMessage(timestamppb.New(t).ProtoReflect()), true
}
