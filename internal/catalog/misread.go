package catalog

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// misread finds what the decoder takes, but surely not as it was meant: a key in two spellings, of which one would win, and enums
// as numbers.
func (f *file) misread(n *yaml.Node, m protoreflect.MessageDescriptor) Problems {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var ps Problems
	seen := map[protoreflect.FieldNumber]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field := fieldOf(key.Value, m)
		if field == nil {
			continue
		}
		if first := seen[field.Number()]; first != nil {
			ps = append(ps, f.at(key, fmt.Sprintf("the key %q is here twice", key.Value), fmt.Sprintf("first as %q on line %d", first.Value, first.Line)))
		}
		seen[field.Number()] = key
		for _, v := range valuesOf(value, field) {
			ps = append(ps, f.misreadValue(v, field)...)
		}
	}
	return ps
}

// fieldOf returns the field for a key in any of the spellings that the decoder takes.
func fieldOf(key string, m protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	if f := m.Fields().ByJSONName(key); f != nil {
		return f
	}
	if f := m.Fields().ByTextName(key); f != nil {
		return f
	}
	number, isNumber := asNumber(key)
	if !isNumber {
		return nil
	}
	return m.Fields().ByNumber(protoreflect.FieldNumber(number))
}

// valuesOf returns the values of a list or a map, or the value itself.
func valuesOf(value *yaml.Node, field protoreflect.FieldDescriptor) []*yaml.Node {
	switch {
	case field.IsMap() && value.Kind == yaml.MappingNode:
		var out []*yaml.Node
		for i := 1; i < len(value.Content); i += 2 {
			out = append(out, value.Content[i])
		}
		return out
	case field.IsList() && value.Kind == yaml.SequenceNode:
		return value.Content
	}
	return []*yaml.Node{value}
}

func (f *file) misreadValue(v *yaml.Node, field protoreflect.FieldDescriptor) Problems {
	if field.IsMap() {
		field = field.MapValue()
	}
	if m := field.Message(); m != nil {
		return f.misread(v, m)
	}
	if field.Enum() == nil || v.Kind != yaml.ScalarNode {
		return nil
	}
	number, isNumber := asNumber(v.Value)
	if !isNumber {
		return nil
	}
	hint := ""
	if known := field.Enum().Values().ByNumber(protoreflect.EnumNumber(number)); known != nil && number != 0 {
		hint = "write " + string(known.Name())
	}
	return Problems{f.at(v, fmt.Sprintf("%s is a number, a name is needed here", v.Value), hint)}
}

// asNumber reads what the decoder takes for the number of an enum or a field.
func asNumber(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 0, 32)
	return n, err == nil
}
