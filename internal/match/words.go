package match

import "hash/maphash"

// wordTable finds the slot of a word. It is an open hash table that fits in the cache; strings are compared once for each look-up.
type wordTable struct {
	seed    maphash.Seed
	mask    uint64
	entries []wordEntry
}

type wordEntry struct {
	word string
	slot uint32 // 0: empty
}

// unknown is the slot of words that no rule knows.
const unknown = 0

func newWordTable(words int) *wordTable {
	size := 4
	for size < 2*words {
		size *= 2
	}
	return &wordTable{seed: maphash.MakeSeed(), mask: uint64(size - 1), entries: make([]wordEntry, size)}
}

// put adds a word that is not there yet; its slot is not 0.
func (t *wordTable) put(word string, slot uint32) {
	at := t.hash(word)
	for t.entries[at].slot != 0 {
		at = (at + 1) & t.mask
	}
	t.entries[at] = wordEntry{word, slot}
}

// get returns the slot of a word, or unknown.
func (t *wordTable) get(word string) uint32 {
	for at := t.hash(word); ; at = (at + 1) & t.mask {
		e := &t.entries[at]
		if e.slot == unknown || e.word == word {
			return e.slot
		}
	}
}

func (t *wordTable) hash(word string) uint64 { return maphash.String(t.seed, word) & t.mask }
