package offer

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func signer(t *testing.T, audience string, keys ...byte) *Signer {
	t.Helper()
	var full [][]byte
	for _, k := range keys {
		full = append(full, bytes.Repeat([]byte{k}, MinKeyLen))
	}
	s, err := NewSigner(audience, full...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t *testing.T, s *Signer) Signed {
	t.Helper()
	key := surprise.HashCustomer([]byte("k"), "default", "c1")
	signed, err := s.Sign(&storev1.OfferClaims{Customer: key[:], Template: "cake", CostMinor: 100, Expires: timestamppb.New(time.Unix(1000, 0))})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestSignAndVerify(t *testing.T) {
	s := signer(t, "default", 1)
	signed := sign(t, s)
	c, id, err := s.Verify(signed.Token)
	if err != nil || c.GetTemplate() != "cake" || id != signed.ClaimID {
		t.Fatalf("got %v, %s, %v; want the offer of %s", c, id, err, signed.ClaimID)
	}
	if _, ok := id.Customer(); !ok {
		t.Errorf("%s is not a claim id", id)
	}
	if err := Expired(c, time.Unix(1000, 0)); err != nil {
		t.Errorf("at its expiry: %v", err)
	}
	if err := Expired(c, time.Unix(1001, 0)); surprise.ReasonOf(err) != surprise.OfferExpired {
		t.Errorf("after its expiry: got %v", err)
	}
}

func TestKeysCanBeChanged(t *testing.T) {
	old := sign(t, signer(t, "default", 1))
	if _, id, err := signer(t, "default", 2, 1).Verify(old.Token); err != nil || id != old.ClaimID {
		t.Errorf("with both keys: got %v", err)
	}
	if _, _, err := signer(t, "default", 2).Verify(old.Token); surprise.ReasonOf(err) != surprise.OfferInvalid {
		t.Errorf("without the old key: got %v", err)
	}
}

func TestForgedTokens(t *testing.T) {
	s := signer(t, "default", 1)
	good := sign(t, s).Token
	parts := strings.Split(good, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[2])
	richer := base64.RawURLEncoding.EncodeToString(bytes.Replace(payload, []byte("cake"), []byte("ring"), 1))
	for name, token := range map[string]string{
		"empty":             "",
		"noise":             "hello",
		"changed payload":   strings.Join([]string{parts[0], parts[1], richer, parts[3]}, "."),
		"no signature":      strings.Join(parts[:3], ".") + ".",
		"cut signature":     good[:len(good)-4],
		"unknown key":       strings.Replace(good, parts[1], "00000000", 1),
		"another algorithm": strings.Replace(good, "so1", "none", 1),
		"trailing bits":     good[:len(good)-1] + flip(good[len(good)-1]),
		"foreign":           sign(t, signer(t, "default", 9)).Token,
		"another tenant":    sign(t, signer(t, "other", 1)).Token,
	} {
		if _, _, err := s.Verify(token); surprise.ReasonOf(err) != surprise.OfferInvalid {
			t.Errorf("%s: got %v, want OFFER_INVALID", name, err)
		}
	}
}

// flip changes the last character of an encoding in a bit that carries no data.
func flip(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)^1])
}

func TestShortKey(t *testing.T) {
	if _, err := NewSigner("default", []byte("short")); err == nil {
		t.Error("a short key was taken")
	}
	if _, err := NewSigner("default"); err == nil {
		t.Error("no key was taken")
	}
}

func FuzzVerify(f *testing.F) {
	s, err := NewSigner("default", bytes.Repeat([]byte{1}, MinKeyLen))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("so1.00000000.AAAA.AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if _, _, err := s.Verify(token); err == nil {
			t.Errorf("a token made up by the fuzzer was taken: %q", token)
		}
	})
}
