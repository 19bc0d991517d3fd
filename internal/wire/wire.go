// Package wire reads requests of Recommend and the records of customers, and writes answers: the messages that are on the way of every
// decision. It does so without reflection, and into room that is used again: see Request and Record.
//
// It is no second implementation of protobuf. The readers understand what is plainly sent and stored, and for all else (fields that it does not
// know, a message in two parts, text that is not UTF-8, anything broken or large) says so, and the general library reads the bytes again:
// so all that is refused is refused by it, in its words. The writer gives up in the same way. What they do themselves is what the library
// would have done, to the last byte; the tests compare them with it for every field of every message and for what a fuzzer thinks of.
package wire

import (
	"math"
	"unicode/utf8"
)

// Wire types of protobuf, see https://protobuf.dev/programming-guides/encoding/. Others are left to the library.
const (
	varint  = 0
	fixed64 = 1
	sized   = 2
	// typeBits is how many bits of a key are the wire type; the others are the number of the field.
	typeBits = 3
)

// fields walks over the fields of one message. A step writes no pointers: those would each cost a write barrier while the collector works.
type fields struct {
	data    string // the whole buffer
	at, end int    // where in data is what has not been read of the message
	key     uint64 // of the field at hand: number<<3 | wire type
	num     uint64 // its value, when it is a varint or a fixed64
	from    int    // where its value begins, when it is sized
	to      int    // and where it ends
	// odd says that something was found which is left to the library. It never goes away again.
	odd bool
}

func fieldsOf(data string) fields { return fields{data: data, end: len(data)} }

// below walks over the message that is the field at hand.
func (f *fields) below() fields { return fields{data: f.data, at: f.from, end: f.to} }

// next goes to the next field, and reports whether there is one. Most have a key of one byte and a length or a number of one byte.
func (f *fields) next() bool {
	if f.odd || f.at >= f.end {
		return false
	}
	rest := f.data[f.at:f.end]
	if len(rest) < 2 || rest[0]|rest[1] >= 0x80 {
		return f.step()
	}
	n := int(rest[1])
	switch kind := rest[0] & (1<<typeBits - 1); {
	case kind == sized && n <= len(rest)-2:
		f.from = f.at + 2
		f.to = f.from + n
		f.at = f.to
	case kind == varint:
		f.num = uint64(n)
		f.at += 2
	default:
		return f.step()
	}
	f.key = uint64(rest[0])
	return true
}

// step is next for all fields.
func (f *fields) step() bool {
	f.key = f.varint()
	switch f.key & (1<<typeBits - 1) {
	case varint:
		f.num = f.varint()
	case fixed64:
		f.num = f.fixed64()
	case sized:
		f.take(f.varint())
	default:
		f.odd = true
	}
	return !f.odd
}

// done reports whether all was read and nothing was odd.
func (f *fields) done() bool { return !f.odd && f.at == f.end }

func (f *fields) varint() uint64 {
	rest := f.data[f.at:f.end]
	switch {
	case rest == "":
	case rest[0] < 0x80:
		f.at++
		return uint64(rest[0])
	case len(rest) > 1 && rest[1] < 0x80:
		f.at += 2
		return uint64(rest[0]&0x7f) | uint64(rest[1])<<7
	}
	return f.longVarint()
}

// longVarint reads up to ten bytes of seven bits each, of which the last has one.
//
//go:noinline so that varint is inlined, which is enough for most keys and lengths
func (f *fields) longVarint() (v uint64) {
	rest := f.data[f.at:f.end]
	for i := 0; i < len(rest) && i < 10; i++ {
		b := rest[i]
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			f.odd = f.odd || i == 9 && b > 1
			f.at += i + 1
			return v
		}
	}
	f.odd = true
	return 0
}

func (f *fields) fixed64() uint64 {
	f.take(8)
	if f.odd {
		return 0
	}
	return word(f.text())
}

// take goes past the next n bytes.
func (f *fields) take(n uint64) {
	if n > uint64(f.end-f.at) {
		f.odd = true
		return
	}
	f.from, f.to = f.at, f.at+int(n)
	f.at = f.to
}

// must marks the message as odd when something does not hold.
func (f *fields) must(ok bool) { f.odd = f.odd || !ok }

// The value of the field at hand, as the types of protobuf have it. Larger numbers lose their upper bits there, too.

// text is what is sized: a part of the buffer, never a copy.
func (f *fields) text() string { return f.data[f.from:f.to] }

func (f *fields) string() string {
	s := f.text()
	if n := f.to - f.from; n <= 8 && f.from+8 <= len(f.data) {
		const beyondASCII = 0x8080808080808080
		if word(f.data[f.from:f.from+8])<<(64-8*n)&beyondASCII == 0 {
			return s
		}
	}
	f.must(utf8.ValidString(s))
	return s
}

// word is 8 bytes as a number, the first one lowest.
func word(s string) uint64 {
	_ = s[7]
	low := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
	return low | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func (f *fields) int64() int64   { return int64(f.num) }
func (f *fields) int32() int32   { return int32(f.num) }
func (f *fields) bool() bool     { return f.num != 0 }
func (f *fields) float() float64 { return math.Float64frombits(f.num) }
