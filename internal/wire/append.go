package wire

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// writer appends fields. As proto3 has it, those that have their zero value are left out, save in lists.
type writer struct {
	buf []byte
	// odd says that something cannot be written: the library knows what to say of it.
	odd bool
}

func (w *writer) key(number int, wireType uint64) { w.varint(uint64(number)<<typeBits | wireType) }

func (w *writer) varint(v uint64) {
	if v < 0x80 { // most keys and lengths
		w.buf = append(w.buf, byte(v))
		return
	}
	w.buf = binary.AppendUvarint(w.buf, v)
}

func (w *writer) string(number int, s string) {
	if s != "" {
		w.item(number, s)
	}
}

func (w *writer) strings(number int, list []string) {
	for _, s := range list {
		w.item(number, s)
	}
}

func (w *writer) item(number int, s string) {
	if number < 0x80>>typeBits && len(s) < 0x80 { // most
		w.buf = append(w.buf, byte(number<<typeBits|sized), byte(len(s)))
	} else {
		w.key(number, sized)
		w.varint(uint64(len(s)))
	}
	w.buf = append(w.buf, s...)
	w.odd = w.odd || !utf8.ValidString(s)
}

// int also writes enums: negative numbers have all 64 bits.
func (w *writer) int(number int, v int64) {
	if v != 0 {
		w.key(number, varint)
		w.varint(uint64(v))
	}
}

func (w *writer) bool(number int, v bool) {
	if v {
		w.int(number, 1)
	}
}

// float leaves out 0, but not -0.
func (w *writer) float(number int, v float64) {
	if bits := math.Float64bits(v); bits != 0 {
		w.key(number, fixed64)
		w.buf = binary.LittleEndian.AppendUint64(w.buf, bits)
	}
}

// begin starts a message, and end ends it: end is given what begin returned. Lengths come before what they are the lengths of, so begin leaves
// room for the shortest, and end moves the message when it needs a longer one. That is less work than to find out all lengths beforehand.
func (w *writer) begin(number int) (start int) {
	w.key(number, sized)
	w.buf = append(w.buf, 0)
	return len(w.buf)
}

func (w *writer) end(start int) {
	length := len(w.buf) - start
	var room [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(room[:], uint64(length))
	if n > 1 {
		w.buf = append(w.buf, room[1:n]...)
		copy(w.buf[start+n-1:], w.buf[start:start+length])
	}
	copy(w.buf[start-1:], room[:n])
}

func (w *writer) time(number int, t *timestamppb.Timestamp) {
	if t == nil {
		return
	}
	start := w.begin(number)
	w.int(1, t.GetSeconds())
	w.int(2, int64(t.GetNanos()))
	w.end(start)
}

// message has the library write a message that answers seldom have.
func (w *writer) message(number int, m proto.Message) {
	start := w.begin(number)
	buf, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(w.buf, m)
	if err != nil {
		w.odd = true
		return
	}
	w.buf = buf
	w.end(start)
}
