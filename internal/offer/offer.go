// Package offer signs and checks offer tokens.
//
// A token says what was offered to whom, until when, and is protected by HMAC-SHA-256: nobody can make one or change one. It grants
// nothing by itself; whether it can still be claimed is for the ledger to say. Its signature is the seed of the claim's id, which
// makes it usable once.
package offer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// MinKeyLen is the least length of a signing key in bytes.
const MinKeyLen = 32

// prefix names the form of the token: the algorithm is fixed by it and not taken from the token.
const prefix = "so1"

// claimKind tells claims of offers from others.
const claimKind = "offer"

// Signer signs with one key and checks with several, so that keys can be changed while offers are out. It is safe for concurrent use.
type Signer struct {
	audience string
	current  string        // names key
	key      *surprise.MAC // signs
	keys     map[string]*surprise.MAC
}

// NewSigner returns a signer for one audience (the tenant). The first key signs, all of them check.
func NewSigner(audience string, keys ...[]byte) (*Signer, error) {
	if len(keys) == 0 {
		return nil, errors.New("offer: no signing key")
	}
	s := &Signer{audience: audience, keys: map[string]*surprise.MAC{}}
	for i, k := range keys {
		if len(k) < MinKeyLen {
			return nil, fmt.Errorf("offer: signing key %d has %d bytes, it needs %d", i+1, len(k), MinKeyLen)
		}
		mac := surprise.NewMAC(k)
		s.keys[keyID(k)] = &mac
	}
	s.current = keyID(keys[0])
	s.key = s.keys[s.current]
	return s, nil
}

// keyID names a key without giving it away.
func keyID(key []byte) string {
	sum := sha256.Sum256(append([]byte("surprised offer key id\x00"), key...))
	return hex.EncodeToString(sum[:4])
}

// Signed is a token with the id that its claim has.
type Signed struct {
	Token   string
	ClaimID surprise.ClaimID
}

// Sign returns the token of one offer. It sets the audience. Whoever makes several offers at once signs them with a Decision.
func (s *Signer) Sign(c *storev1.OfferClaims) (Signed, error) {
	c.Audience = s.audience
	payload, err := proto.Marshal(c)
	if err != nil {
		return Signed{}, fmt.Errorf("offer: sign: %w", err)
	}
	token := prefix + "." + s.current + "." + base64.RawURLEncoding.EncodeToString(payload)
	mac := s.key.SumOf(token)
	return Signed{Token: token + "." + base64.RawURLEncoding.EncodeToString(mac[:]), ClaimID: claimID(c, mac[:])}, nil
}

func claimID(c *storev1.OfferClaims, mac []byte) surprise.ClaimID {
	return surprise.NewClaimID(surprise.CustomerKey(c.GetCustomer()), claimKind, mac)
}

// Verify returns the content of a token that this service signed for this audience. It does not look at the expiry: a claim that was
// made in time may be asked for again at any time. The error's reason is OfferInvalid and never says what part was wrong.
func (s *Signer) Verify(token string) (*storev1.OfferClaims, surprise.ClaimID, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 4 || parts[0] != prefix || s.keys[parts[1]] == nil {
		return nil, "", invalid()
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(parts[3])
	want := s.keys[parts[1]].SumOf(token[:len(token)-len(".")-len(parts[3])])
	if err != nil || !hmac.Equal(mac, want[:]) {
		return nil, "", invalid()
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return nil, "", invalid()
	}
	c := &storev1.OfferClaims{}
	if err := proto.Unmarshal(payload, c); err != nil || c.GetAudience() != s.audience || len(c.GetCustomer()) != len(surprise.CustomerKey{}) {
		return nil, "", invalid()
	}
	return c, claimID(c, mac), nil
}

// Expired reports an OfferExpired error if the offer can no longer be claimed at now.
func Expired(c *storev1.OfferClaims, now time.Time) error {
	if until := c.GetExpires().AsTime(); now.After(until) {
		return surprise.Errorf(surprise.OfferExpired, "the offer expired at %s; ask for a new recommendation", until.UTC().Format(time.RFC3339))
	}
	return nil
}

func invalid() error {
	return surprise.FieldErrorf(surprise.OfferInvalid, "offer_token", "this is not an offer of this service; send the token exactly as Recommend returned it")
}
