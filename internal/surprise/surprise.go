// Package surprise is the vocabulary that every other package speaks: keys, reasons, errors and periods.
// It holds almost no code and imports only the standard library.
//
// The words, in the order in which a surprise lives:
//
//	template   what can be given, as the catalogue describes it
//	level      how well a template is carried out, from plain to perfect
//	offer      a template and level proposed to one customer at one moment, signed, usable once
//	claim      an offer taken: its cooldowns, caps, stock and budget are held
//	delivery   a claim confirmed: the customer has had the surprise
//	limit      stock or budget shared by customers
//	record     what the ledger knows of one customer
package surprise

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"
)

// CustomerKey is the keyed hash of a customer's id, the only form in which customers appear in keys, ids and logs.
// The zero value is no customer.
type CustomerKey [16]byte

// HashCustomer returns the key of the customer with this id, within one tenant, under a secret.
func HashCustomer(secret []byte, tenant, id string) CustomerKey {
	mac := NewMAC(secret)
	sum := mac.SumOf("customer\x00", strconv.Itoa(len(tenant)), "\x00", tenant, "\x00", id)
	return CustomerKey(sum[:len(CustomerKey{})])
}

// String returns 26 lower-case letters and digits.
func (k CustomerKey) String() string {
	var text [keyLen]byte
	return string(encode(text[:0], k))
}

// Append appends the text of String.
func (k CustomerKey) Append(text []byte) []byte { return encode(text, k) }

// ClaimIDLen is the length of a claim id in bytes of text.
const ClaimIDLen = len("c") + keyLen + keyLen

// keyLen is the length of 16 bytes in base 32.
const keyLen = 26

// ClaimID names a claim. It starts with the key of its customer, so that an id alone finds the record.
type ClaimID string

// NewClaimID returns the id of the claim that the holder of seed (an offer's signature, a caller's delivery id) has with a
// customer. The same customer and seed have the same id.
func NewClaimID(customer CustomerKey, kind string, seed []byte) ClaimID {
	var id [ClaimIDLen]byte
	return ClaimID(AppendClaimID(id[:0], customer, kind, seed))
}

// AppendClaimID appends what NewClaimID returns, of which there are ClaimIDLen bytes.
func AppendClaimID(id []byte, customer CustomerKey, kind string, seed []byte) []byte {
	var space [128]byte
	text := append(append(append(space[:0], "claim\x00"...), kind...), 0)
	text = append(append(append(text, customer[:]...), 0), seed...)
	sum := sha256.Sum256(text)
	return encode(encode(append(id, 'c'), customer), [16]byte(sum[:]))
}

// Customer returns the key of the claim's customer; ok is false when the id is none of ours.
func (id ClaimID) Customer() (key CustomerKey, ok bool) {
	s := string(id)
	if len(s) != ClaimIDLen || s[0] != 'c' {
		return CustomerKey{}, false
	}
	raw, err := standard().DecodeString(strings.ToUpper(s[1:27]))
	// The decoder skips line breaks, so that the length of the text does not tell that of the key.
	if err != nil || len(raw) != len(key) || s != strings.ToLower(s) {
		return CustomerKey{}, false
	}
	return CustomerKey(raw), true
}

// letters are those of base 32 (RFC 4648), in lower case.
const letters = "abcdefghijklmnopqrstuvwxyz234567"

// encode appends 16 bytes in base 32, the last letter of which stands for 3 bits.
func encode(text []byte, b [16]byte) []byte {
	text = encode40(text, binary.BigEndian.Uint64(b[:])>>24)
	text = encode40(text, binary.BigEndian.Uint64(b[5:])>>24)
	text = encode40(text, binary.BigEndian.Uint64(b[8:])<<16>>24)
	return append(text, letters[b[15]>>3], letters[b[15]<<2&31])
}

// encode40 appends the 8 letters of 40 bits.
func encode40(text []byte, v uint64) []byte {
	return append(text, letters[v>>35&31], letters[v>>30&31], letters[v>>25&31], letters[v>>20&31],
		letters[v>>15&31], letters[v>>10&31], letters[v>>5&31], letters[v&31])
}

// standard is base 32 as the library has it, for reading.
func standard() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }
