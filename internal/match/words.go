package match

import (
	"hash/maphash"
	"math/bits"
)

// wordTable finds the slot of a word. It is an open hash table that fits in the cache. Words are hashed and compared by their length and both
// ends, which for most is all of them.
type wordTable struct {
	shift   int
	entries []wordEntry
	// careful tables hash whole words, for those of some catalogues are too much alike at the ends.
	careful bool
	seed    maphash.Seed
}

type wordEntry struct {
	ends
	word string
	slot uint32 // 0: empty
}

// ends are the first and the last bytes of a word. Those of words of the same length, up to wholly, are the same only if the words are.
type ends struct{ first, last uint64 }

const (
	// unknown is the slot of words that no rule knows.
	unknown = 0
	// wholly is up to how many bytes the ends are the whole word.
	wholly = 16
	// longestRun is how many entries are looked at for a word at the most, where it does not take careful hashing.
	longestRun = 16
)

func newWordTable(words int) *wordTable {
	size := 4
	for size < 2*words {
		size *= 2
	}
	return &wordTable{shift: 64 - bits.Len(uint(size-1)), entries: make([]wordEntry, size), seed: maphash.MakeSeed()}
}

// put adds a word that is not there yet; its slot is not 0.
func (t *wordTable) put(word string, slot uint32) {
	e := wordEntry{endsOf(word), word, slot}
	at, run := t.place(e.ends, word), 1
	for ; t.entries[at].slot != unknown; at = (at + 1) & (len(t.entries) - 1) {
		run++
	}
	t.entries[at] = e
	if run > longestRun && !t.careful {
		t.hashCarefully()
	}
}

func (t *wordTable) hashCarefully() {
	old := t.entries
	t.careful, t.entries = true, make([]wordEntry, len(old))
	for _, e := range old {
		if e.slot != unknown {
			t.put(e.word, e.slot)
		}
	}
}

// get returns the slot of a word, or unknown.
func (t *wordTable) get(word string) uint32 {
	of := endsOf(word)
	for at := t.place(of, word); ; at++ {
		e := &t.entries[at&(len(t.entries)-1)]
		if e.slot == unknown || e.ends == of && len(e.word) == len(word) && (len(word) <= wholly || e.word == word) {
			return e.slot
		}
	}
}

// place is where the search for a word begins: the upper bits of products mix all bits of the factors (Fibonacci hashing, Knuth, TAOCP 6.4).
func (t *wordTable) place(e ends, word string) int {
	if t.careful {
		return int(maphash.String(t.seed, word) >> t.shift) //nolint:gosec // below the number of entries
	}
	return int((((e.first ^ uint64(len(word))) * 0x9e3779b97f4a7c15) + e.last*0xbf58476d1ce4e5b9) >> t.shift) //nolint:gosec // below the number of entries
}

func endsOf(s string) ends {
	switch n := len(s); {
	case n >= 8:
		return ends{eight(s), eight(s[n-8:])}
	case n >= 4:
		return ends{four(s), four(s[n-4:])}
	case n > 0:
		return ends{uint64(s[0]), uint64(s[n/2])<<8 | uint64(s[n-1])}
	default:
		return ends{}
	}
}

// eight is written so that the compiler makes one load of it.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func four(s string) uint64 {
	_ = s[3]
	return uint64(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}
