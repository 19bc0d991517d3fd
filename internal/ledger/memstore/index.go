package memstore

import (
	"cmp"
	"slices"

	"github.com/surprise-service/surprised/internal/ledger"
)

// index is an ordered set. A nil index is empty.
type index struct {
	// order has the places of all entries, sorted. entries has them by member.
	order   []ledger.IndexPlace
	entries map[string]ledger.IndexEntry
}

func (x *index) len() int {
	if x == nil {
		return 0
	}
	return len(x.order)
}

// applyIndex carries out one operation; none can fail.
func (s *Store) applyIndex(op ledger.IndexOp) {
	x, ok := s.indexes[op.Index]
	if !ok {
		x = &index{entries: make(map[string]ledger.IndexEntry)}
		s.indexes[op.Index] = x
	}
	x.remove(op.Member)
	if !op.Remove {
		x.put(op.IndexEntry)
	}
}

func (x *index) remove(member string) {
	if e, ok := x.entries[member]; ok {
		at, _ := slices.BinarySearchFunc(x.order, e.IndexPlace, comparePlaces)
		x.order = slices.Delete(x.order, at, at+1)
		delete(x.entries, member)
	}
}

func (x *index) put(e ledger.IndexEntry) {
	at, _ := slices.BinarySearchFunc(x.order, e.IndexPlace, comparePlaces)
	x.order = slices.Insert(x.order, at, e.IndexPlace)
	x.entries[e.Member] = e
}

// places returns up to n places after from, or those before it from the last.
func (x *index) places(from *ledger.IndexPlace, n int, backwards bool) []ledger.IndexPlace {
	if x == nil || n <= 0 {
		return nil
	}
	start, end := 0, len(x.order)
	if from != nil {
		at, found := slices.BinarySearchFunc(x.order, *from, comparePlaces)
		start, end = at, at
		if found {
			start = at + 1
		}
	}
	if !backwards {
		return x.order[start:min(start+n, len(x.order))]
	}
	some := slices.Clone(x.order[max(end-n, 0):end])
	slices.Reverse(some)
	return some
}

func comparePlaces(a, b ledger.IndexPlace) int {
	return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Member, b.Member))
}
