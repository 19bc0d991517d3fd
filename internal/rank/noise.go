package rank

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Noise gives each name a number that looks random, is the same for the same key and parts, and cannot be guessed without the key.
type Noise struct {
	seed [sha256.Size]byte
}

// NewNoise returns the noise of a key and the parts that it depends on, for example customer, visit and revision.
func NewNoise(key []byte, parts ...string) Noise {
	mac := hmac.New(sha256.New, key)
	for _, p := range parts {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(p), p) // a hash does not fail
	}
	return Noise{seed: [sha256.Size]byte(mac.Sum(nil))}
}

// Uniform returns the number of a name, above 0 and below 1, to 53 bits.
func (n Noise) Uniform(name string) float64 {
	mac := hmac.New(sha256.New, n.seed[:])
	mac.Write([]byte(name))
	bits := binary.BigEndian.Uint64(mac.Sum(nil)) >> 11
	return (float64(bits) + 0.5) / (1 << 53)
}
