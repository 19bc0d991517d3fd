package surprise

import "crypto/sha256"

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
	copy(m.outer[:], key)
	for i := range m.inner {
		m.inner[i] ^= 0x36
		m.outer[i] ^= 0x5c
	}
	return m
}

// longMessage is up to what length messages need no memory of their own.
const longMessage = 1024

// Sum returns the code of a message.
func (m *MAC) Sum(message []byte) [sha256.Size]byte {
	var space [sha256.BlockSize + longMessage]byte
	return m.finish(append(append(space[:0], m.inner[:]...), message...))
}

// SumOf is Sum of texts one after another. They are not told apart: whoever needs that writes their lengths.
func (m *MAC) SumOf(texts ...string) [sha256.Size]byte {
	var space [sha256.BlockSize + longMessage]byte
	all := append(space[:0], m.inner[:]...)
	for _, t := range texts {
		all = append(all, t...)
	}
	return m.finish(all)
}

// finish takes the inner key and the message.
func (m *MAC) finish(all []byte) [sha256.Size]byte {
	sum := sha256.Sum256(all)
	var space [sha256.BlockSize + sha256.Size]byte
	return sha256.Sum256(append(append(space[:0], m.outer[:]...), sum[:]...))
}
