package match

import "math/bits"

// maxParts is into how many parts the numbers from the lowest to the highest bound are divided at the most.
const maxParts = 512

// nearby narrows the search for how many bounds are not above a number: to one answer, where all numbers between the lowest and the highest
// bound have parts of their own.
type nearby struct {
	low, high int64
	shift     int
	parts     []part
}

// part is of some numbers that follow each other: so many bounds are not above the first of them, and the last.
type part struct{ first, last uint16 }

func nearbyOf(bounds []int64) nearby {
	if len(bounds) == 0 {
		return nearby{parts: make([]part, 1)}
	}
	n := nearby{low: bounds[0] - 1, high: bounds[len(bounds)-1]}
	n.shift = max(0, bits.Len64(n.from(n.high))-bits.Len(maxParts-1))
	n.parts = make([]part, n.from(n.high)>>n.shift+1)
	upTo := func(x uint64) (count uint16) {
		for _, b := range bounds {
			if n.from(b) <= x {
				count++
			}
		}
		return count
	}
	for i := range n.parts {
		first := uint64(i) << n.shift //nolint:gosec // not negative
		n.parts[i] = part{upTo(first), upTo(first + 1<<n.shift - 1)}
	}
	return n
}

// from is how far a number is above the lowest, which it is not below.
func (n *nearby) from(x int64) uint64 { return uint64(x) - uint64(n.low) } //nolint:gosec // right, modulo 2^64

// find returns between which counts of bounds that of a number is.
func (n *nearby) find(x int64) (low, high int) {
	p := n.parts[n.from(min(max(x, n.low), n.high))>>n.shift]
	return int(p.first), int(p.last)
}
