package wire

import (
	"math"
	"unicode/utf8"

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

// readAttribute reads an entry of a map, the field at hand. A later one of the same name takes the place of an earlier one. Room is the map
// from before, if there is one.
func (r *parts) readAttribute(of *fields, attributes, room *map[string]*structpb.Value) bool {
	if *attributes == nil {
		r.makeRoom(of, room)
		*attributes = *room
	}
	value := r.attributes.next()
	if name, ok := value.readPlain(of.text()); ok {
		(*attributes)[name] = &value.value
		return true
	}
	f, name, seen := of.below(), "", false
	for f.next() {
		switch {
		case f.key == 1<<typeBits|sized:
			name = f.string()
		case f.key == 2<<typeBits|sized && !seen:
			seen = true
			f.must(value.read(f.below()))
		default:
			return false
		}
	}
	(*attributes)[name] = &value.value
	return f.done()
}

// makeRoom makes room for the attributes of a map, if there is none, of which the first is at hand.
func (r *parts) makeRoom(of *fields, room *map[string]*structpb.Value) {
	if *room != nil && !r.attributes.full() {
		return
	}
	n := min(of.alike(), manyAttributes)
	if *room == nil {
		*room = make(map[string]*structpb.Value, n)
	}
	if r.attributes.full() {
		r.attributes.grow(n)
	}
}

// readPlain reads an entry as it is always written: a name and then a value of one simple kind, both short. It is what readAttribute does for any
// entry, without walking. When ok is false, nothing was read.
func (a *attribute) readPlain(entry string) (name string, ok bool) {
	if len(entry) < 2 || len(entry) >= 0x80 || entry[0] != 1<<typeBits|sized || int(entry[1])+6 > len(entry) {
		return "", false
	}
	name, value := entry[2:2+entry[1]], entry[2+entry[1]:]
	if value[0] != 2<<typeBits|sized || int(value[1]) != len(value)-2 || !utf8.ValidString(name) {
		return "", false
	}
	return name, a.readSimple(value[2:])
}

// readSimple reads a value of at least 2 and less than 0x80 bytes.
func (a *attribute) readSimple(value string) bool {
	switch key := value[0]; {
	case key == 2<<typeBits|fixed64 && len(value) == 9:
		a.number.NumberValue = math.Float64frombits(word(value[1:]))
		a.value.Kind = &a.number
	case key == 3<<typeBits|sized && int(value[1]) == len(value)-2 && utf8.ValidString(value[2:]):
		a.text.StringValue = value[2:]
		a.value.Kind = &a.text
	case key == 4<<typeBits|varint && len(value) == 2 && value[1] <= 1:
		a.flag.BoolValue = value[1] == 1
		a.value.Kind = &a.flag
	default:
		return false
	}
	return true
}

// read reads a value. Lists and objects are read by the library.
func (a *attribute) read(f fields) bool {
	whole := f
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
		return proto.Unmarshal([]byte(whole.data[whole.at:whole.end]), &a.value) == nil
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
