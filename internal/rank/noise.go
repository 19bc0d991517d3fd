package rank

import (
	"encoding/binary"
	"strconv"

	"github.com/surprise-service/surprised/internal/surprise"
)

// Noise gives each name a number that looks random, is the same for the same key and parts, and cannot be guessed without the key.
type Noise struct {
	mac surprise.MAC
}

// NewNoise returns the noise of a key and the parts that it depends on, for example customer, visit and revision.
func NewNoise(key []byte, parts ...string) Noise {
	outer := surprise.NewMAC(key)
	var space [256]byte
	message := space[:0]
	for _, p := range parts { // each with its length, so that they cannot be shifted
		message = append(strconv.AppendInt(message, int64(len(p)), 10), ':')
		message = append(message, p...)
	}
	seed := outer.Sum(message)
	return Noise{mac: surprise.NewMAC(seed[:])}
}

// Uniform returns the number of a name, above 0 and below 1, to 53 bits.
func (n Noise) Uniform(name string) float64 {
	sum := n.mac.SumOf(name)
	bits := binary.BigEndian.Uint64(sum[:]) >> 11
	return (float64(bits) + 0.5) / (1 << 53)
}
