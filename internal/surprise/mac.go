package surprise

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// MAC computes HMAC-SHA-256 (RFC 2104) under one key. It is what crypto/hmac computes, without anything allocated: a decision takes a dozen of them,
// of short messages. It is immutable.
type MAC struct {
	inner, outer [sha256.BlockSize]byte
}

// NewMAC takes a key of any length.
func NewMAC(key []byte) MAC {
	var m MAC
	if len(key) > sha256.BlockSize {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	copy(m.inner[:], key)
	for i := 0; i < sha256.BlockSize; i += 8 {
		k := binary.NativeEndian.Uint64(m.inner[i:])
		binary.NativeEndian.PutUint64(m.inner[i:], k^0x3636363636363636)
		binary.NativeEndian.PutUint64(m.outer[i:], k^0x5c5c5c5c5c5c5c5c)
	}
	return m
}

// Sum returns the code of a message.
func (m *MAC) Sum(message []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(m.inner[:])
	h.Write(message)
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return m.finish(&sum)
}

// SumOf is Sum of texts one after another. They are not told apart: whoever needs that writes their lengths.
func (m *MAC) SumOf(texts ...string) [sha256.Size]byte {
	h := sha256.New()
	h.Write(m.inner[:])
	var space [2 * sha256.BlockSize]byte // a conversion of the texts would allocate
	n := 0
	for _, t := range texts {
		for n+len(t) > len(space) {
			taken := copy(space[n:], t)
			h.Write(space[:])
			n, t = 0, t[taken:]
		}
		n += copy(space[n:], t)
	}
	h.Write(space[:n])
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return m.finish(&sum)
}

// finish returns the code of the message whose inner hash is given.
func (m *MAC) finish(inner *[sha256.Size]byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(m.outer[:])
	h.Write(inner[:])
	h.Sum(sum[:0])
	return sum
}

// Begun computes the codes of messages that begin alike, and hashes only once what they begin with. The zero value is ready. It keeps its memory;
// two must not use it at once.
type Begun struct {
	key  *MAC
	hash resumable
	// States of the hash: after the inner and the outer key, and after the beginning.
	inner, outer, begun []byte
	sum                 [sha256.Size]byte
}

// resumable is what a hash of crypto/sha256 is.
type resumable interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// Begin takes what the messages to come begin with. The key must not change any more: who signs with the same one again saves its hash, too.
func (b *Begun) Begin(key *MAC, beginning []byte) (err error) {
	if b.key != key {
		if err := b.take(key); err != nil {
			return err
		}
	}
	b.begun, err = b.after(b.begun, b.inner, beginning)
	return err
}

// take hashes the keys.
func (b *Begun) take(key *MAC) (err error) {
	b.hash = sha256.New().(resumable) // as its documentation has it
	empty, err := b.hash.AppendBinary(nil)
	if err != nil {
		return err
	}
	if b.inner, err = b.after(b.inner, empty, key.inner[:]); err != nil {
		return err
	}
	if b.outer, err = b.after(b.outer, empty, key.outer[:]); err != nil {
		return err
	}
	b.key = key
	return nil
}

// after returns the state that comes after text, in the memory of to.
func (b *Begun) after(to, state, text []byte) ([]byte, error) {
	if err := b.hash.UnmarshalBinary(state); err != nil {
		return to, err
	}
	b.hash.Write(text)
	return b.hash.AppendBinary(to[:0])
}

// Sum returns the code of the beginning and the rest: what MAC.Sum returns of both in one.
func (b *Begun) Sum(rest []byte) ([sha256.Size]byte, error) {
	if err := b.hash.UnmarshalBinary(b.begun); err != nil {
		return b.sum, err
	}
	b.hash.Write(rest)
	b.hash.Sum(b.sum[:0])
	if err := b.hash.UnmarshalBinary(b.outer); err != nil {
		return b.sum, err
	}
	b.hash.Write(b.sum[:])
	b.hash.Sum(b.sum[:0])
	return b.sum, nil
}
