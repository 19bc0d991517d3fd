package match

import (
	"math/bits"
	"slices"
)

// picked is room for the numbers of rows of a block, and for what pick writes beyond them.
type picked [blockUnits*unitRows + atOnce]uint16

// atOnce is how many bits of a word pick takes without a look at how many there are.
const atOnce = 4

// pick writes the places of the bits that are set, and returns how many there are. Most words have but a few bits, and to ask before each one
// whether there is another would be guessed wrong once for each word (Lemire, "Iterating over set bits quickly", 2018).
func (p *picked) pick(words []uint64) int {
	n := 0
	for w, word := range words {
		next := n + bits.OnesCount64(word)
		for at := n; at < next; at += atOnce {
			into := (*[atOnce]uint16)(p[at:])
			for i := range into {
				into[i] = uint16(w*wordBits + bits.TrailingZeros64(word)) //nolint:gosec // below 2048
				word &= word - 1
			}
		}
		n = next
	}
	return n
}

// collect turns the bits that are left into matches. It returns false where the context ended it.
func (s *search) collect(left, data []uint64) bool {
	rows, special := s.ix.rows[s.from*unitRows:], s.ix.special[s.from*chunk:]
	n := s.picked.pick(left)
	s.found = slices.Grow(s.found, n)[:n]
	if len(s.stages) == 1 && !meet(left, special) {
		for i, p := range s.picked[:n] {
			row, found := &rows[p], &s.found[i]
			found.Template, found.At, found.Most, found.Position = row.Template, 1, row.Most, row.Position
		}
	} else {
		s.found = s.found[:s.choose(s.picked[:n], rows, special, data)]
	}
	s.most = max(s.most, len(s.found))
	return !s.stopped
}

func meet(a, b []uint64) bool {
	any := uint64(0)
	for i, w := range a {
		any |= w & b[i]
	}
	return any != 0
}

// choose makes matches of what is picked, where it is not so plain, and returns how many.
func (s *search) choose(picked []uint16, rows []Match, special bitset, data []uint64) (n int) {
	for _, p := range picked {
		row := &rows[p]
		at := s.stagesOf(data, int(p), row)
		if special.has(int(p)) {
			if at = s.check(s.from*unitRows+int(p), at); at == 0 {
				continue
			}
			if n > 0 && s.found[n-1].Template == row.Template {
				s.found[n-1].At |= at
				continue
			}
		}
		found := &s.found[n]
		found.Template, found.At, found.Most, found.Position = row.Template, at, row.Most, row.Position
		n++
	}
	return n
}
