package wire

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// attribute has room for the value of one custom attribute, of whichever simple kind it is.
type attribute struct {
	value  structpb.Value
	number structpb.Value_NumberValue
	text   structpb.Value_StringValue
	flag   structpb.Value_BoolValue
}

// manyAttributes is for how many room is made at once, at most: a request of many empty ones would otherwise take far more than its length.
const manyAttributes = 32

// readAttribute reads an entry of a map, the field at hand. A later one of the same name takes the place of an earlier one.
func (r *request) readAttribute(of *fields, attributes *map[string]*structpb.Value) bool {
	if *attributes == nil {
		*attributes = make(map[string]*structpb.Value, min(of.alike(), manyAttributes))
	}
	if len(r.attributes) == 0 {
		r.attributes = make([]attribute, min(of.alike(), manyAttributes))
	}
	room := &r.attributes[0]
	f, name, value := fields{rest: of.text}, "", (*structpb.Value)(nil)
	for f.next() {
		switch {
		case f.key == 1<<typeBits|sized:
			name = f.string()
		case f.key == 2<<typeBits|sized && value == nil:
			value = &room.value
			f.must(room.read(f.text))
		default:
			return false
		}
	}
	r.attributes = r.attributes[1:]
	(*attributes)[name] = &room.value
	return f.done()
}

// read reads a value. Lists and objects are read by the library.
func (a *attribute) read(data string) bool {
	f := fields{rest: data}
	if !f.next() {
		return f.done()
	}
	switch f.key {
	case 1<<typeBits | varint:
		a.value.Kind = &structpb.Value_NullValue{NullValue: structpb.NullValue(f.int32())}
	case 2<<typeBits | fixed64:
		a.number.NumberValue = f.float()
		a.value.Kind = &a.number
	case 3<<typeBits | sized:
		a.text.StringValue = f.string()
		a.value.Kind = &a.text
	case 4<<typeBits | varint:
		a.flag.BoolValue = f.bool()
		a.value.Kind = &a.flag
	default:
		return proto.Unmarshal([]byte(data), &a.value) == nil
	}
	return f.done()
}

// alike counts the fields from the one at hand on that are of its key.
func (f *fields) alike() int {
	n, ahead := 1, *f
	for ahead.next() {
		if ahead.key == f.key {
			n++
		}
	}
	return n
}
