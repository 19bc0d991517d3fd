package surprise_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/surprise-service/surprised/internal/surprise"
)

// A MAC is that of crypto/hmac, for keys and messages of all lengths.
func TestMACIsHMAC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "key")
		parts := rapid.SliceOfN(rapid.StringN(0, -1, 700), 0, 3).Draw(t, "parts")
		want := hmac.New(sha256.New, key)
		want.Write([]byte(strings.Join(parts, "")))
		m := surprise.NewMAC(key)
		for _, got := range [][sha256.Size]byte{m.SumOf(parts...), m.Sum([]byte(strings.Join(parts, "")))} {
			if !bytes.Equal(got[:], want.Sum(nil)) {
				t.Fatalf("got %x, crypto/hmac has %x", got, want.Sum(nil))
			}
		}
	})
}

func TestMACAllocatesNothing(t *testing.T) {
	key, message := bytes.Repeat([]byte("k"), 32), strings.Repeat("m", 2000)
	if n := testing.AllocsPerRun(100, func() {
		m := surprise.NewMAC(key)
		m.SumOf("customer", message)
		surprise.HashCustomer(key, "tenant", "customer")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Keys are written in base 32 of RFC 4648, in lower case and without padding.
func TestCustomerKeyIsBase32(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := surprise.CustomerKey(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "key"))
		if want := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key[:])); key.String() != want {
			t.Fatalf("got %s, want %s", key, want)
		}
	})
}

// Messages that begin alike have the codes that they have alone, with one key after another.
func TestBegunIsHMAC(t *testing.T) {
	var b surprise.Begun
	rapid.Check(t, func(t *rapid.T) {
		key, beginning := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "key"), rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "beginning")
		m := surprise.NewMAC(key)
		for range rapid.IntRange(1, 2).Draw(t, "beginnings") {
			if err := b.Begin(&m, beginning); err != nil {
				t.Fatal(err)
			}
			for _, rest := range rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 200), 1, 3).Draw(t, "rests") {
				want := hmac.New(sha256.New, key)
				want.Write(append(bytes.Clone(beginning), rest...))
				if got, err := b.Sum(rest); err != nil || !bytes.Equal(got[:], want.Sum(nil)) {
					t.Fatalf("got %x, %v; crypto/hmac has %x", got, err, want.Sum(nil))
				}
			}
			beginning = append(beginning, 'x')
		}
	})
}
