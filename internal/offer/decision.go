package offer

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/surprise-service/surprised/internal/surprise"
)

// Decision signs the offers of one decision. What they have in common comes first in their tokens, and is written, encoded and hashed once.
// The zero value is ready for Signer.Begin. It keeps its memory, so that it is worth using again; two must not use it at once.
type Decision struct {
	customer surprise.CustomerKey
	err      error
	// token is that of the last offer. Of all offers it begins with the same shared bytes, which end with whole groups of three bytes of the claims,
	// as base 64 takes them. The rest bytes of the common claims that are left are what claims, those of the last offer, begins with.
	token, claims []byte
	shared, rest  int
	mac           surprise.Begun
}

// usualLen is room for the claims of most offers.
const usualLen = 384

// Begin makes d sign offers of one decision, with the current key and for the audience of s.
func (s *Signer) Begin(d *Decision, common *Common) {
	e := encoder{buf: slices.Grow(d.claims[:0], usualLen)}
	e.common(s.audience, common)
	whole := len(e.buf) / 3 * 3
	token := append(append(append(append(slices.Grow(d.token[:0], 2*usualLen), prefix...), '.'), s.current...), '.')
	token = base64.RawURLEncoding.AppendEncode(token, e.buf[:whole])
	d.token, d.shared = token, len(token)
	d.claims, d.rest = e.buf, copy(e.buf, e.buf[whole:])
	d.customer = common.Customer
	if d.err = e.err(); d.err == nil {
		d.err = d.mac.Begin(s.key, token)
	}
}

// Sign returns the token of an offer, of which Signer.Verify returns the common claims and its own. Token and claim id are parts of one text, and
// live as long as each other. It fails if a text is not UTF-8.
func (d *Decision) Sign(own *Own) (Signed, error) {
	e := encoder{buf: d.claims[:d.rest]}
	e.own(own)
	if err := cmp.Or(d.err, e.err()); err != nil {
		return Signed{}, fmt.Errorf("offer: sign: %w", err)
	}
	token := base64.RawURLEncoding.AppendEncode(d.token[:d.shared], e.buf)
	mac, err := d.mac.Sum(token[d.shared:])
	if err != nil {
		return Signed{}, fmt.Errorf("offer: sign: %w", err)
	}
	token = base64.RawURLEncoding.AppendEncode(append(token, '.'), mac[:])
	end := len(token)
	token = surprise.AppendClaimID(token, d.customer, claimKind, mac[:])
	d.token, d.claims = token, e.buf
	text := string(token)
	return Signed{Token: text[:end], ClaimID: surprise.ClaimID(text[end:])}, nil
}
