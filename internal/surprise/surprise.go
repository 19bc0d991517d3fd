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
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// CustomerKey is the keyed hash of a customer's id, the only form in which customers appear in keys, ids and logs.
// The zero value is no customer.
type CustomerKey [16]byte

// HashCustomer returns the key of the customer with this id, within one tenant, under a secret.
func HashCustomer(secret []byte, tenant, id string) CustomerKey {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "customer\x00%d\x00%s\x00%s", len(tenant), tenant, id)
	return CustomerKey(mac.Sum(nil)[:len(CustomerKey{})])
}

// String returns 26 lower-case letters and digits.
func (k CustomerKey) String() string { return encode(k[:]) }

// ClaimIDLen is the length of a claim id in bytes of text.
const ClaimIDLen = len("c") + 26 + 26

// ClaimID names a claim. It starts with the key of its customer, so that an id alone finds the record.
type ClaimID string

// NewClaimID returns the id of the claim that the holder of seed (an offer's signature, a caller's delivery id) has with a
// customer. The same customer and seed have the same id.
func NewClaimID(customer CustomerKey, kind string, seed []byte) ClaimID {
	h := sha256.New()
	fmt.Fprintf(h, "claim\x00%s\x00%s\x00", kind, customer[:])
	h.Write(seed)
	return ClaimID("c" + encode(customer[:]) + encode(h.Sum(nil)[:16]))
}

// Customer returns the key of the claim's customer; ok is false when the id is none of ours.
func (id ClaimID) Customer() (key CustomerKey, ok bool) {
	s := string(id)
	if len(s) != ClaimIDLen || s[0] != 'c' {
		return CustomerKey{}, false
	}
	raw, err := encoding().DecodeString(strings.ToUpper(s[1:27]))
	// The decoder skips line breaks, so that the length of the text does not tell that of the key.
	if err != nil || len(raw) != len(key) || s != strings.ToLower(s) {
		return CustomerKey{}, false
	}
	return CustomerKey(raw), true
}

func encode(b []byte) string { return strings.ToLower(encoding().EncodeToString(b)) }

func encoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }
