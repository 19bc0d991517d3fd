package memstore

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

var _ ledger.Walker = (*Store)(nil)

// WalkRecords visits every record as of the start of the call, by key.
func (s *Store) WalkRecords(ctx context.Context, visit func(surprise.CustomerKey, ledger.Versioned, time.Time) error) error {
	records, err := snapshot(ctx, s, func() map[surprise.CustomerKey]record { return maps.Clone(s.records) })
	if err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(records), func(a, b surprise.CustomerKey) int { return bytes.Compare(a[:], b[:]) })
	return each(ctx, keys, func(key surprise.CustomerKey) error { return visit(key, records[key].Versioned, records[key].due) })
}

// walkedLimit is a limit that was used, as of one moment.
type walkedLimit struct {
	name    string
	sum     int64
	entries []ledger.LimitEntry
}

// WalkLimits visits every limit as of the start of the call, by name.
func (s *Store) WalkLimits(ctx context.Context, visit func(string, int64, []ledger.LimitEntry) error) error {
	limits, err := snapshot(ctx, s, s.walkedLimits)
	if err != nil {
		return err
	}
	return each(ctx, limits, func(l walkedLimit) error { return visit(l.name, l.sum, l.entries) })
}

// walkedLimits needs mu.
func (s *Store) walkedLimits() []walkedLimit {
	var all []walkedLimit
	for name, l := range s.limits {
		w := walkedLimit{name: name, sum: l.sum}
		for id, e := range l.entries {
			w.entries = append(w.entries, ledger.LimitEntry{ClaimID: id, Amount: e.amount, Posted: e.posted, Number: e.number})
		}
		slices.SortFunc(w.entries, func(a, b ledger.LimitEntry) int { return cmp.Compare(a.ClaimID, b.ClaimID) })
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b walkedLimit) int { return strings.Compare(a.name, b.name) })
	return all
}

// WalkIndexes visits every entry of every index as of the start of the call, by name and place.
func (s *Store) WalkIndexes(ctx context.Context, visit func(string, ledger.IndexEntry) error) error {
	type named struct {
		index string
		entry ledger.IndexEntry
	}
	entries, err := snapshot(ctx, s, func() (all []named) {
		for _, name := range slices.Sorted(maps.Keys(s.indexes)) {
			for _, place := range s.indexes[name].order {
				all = append(all, named{name, s.indexes[name].entries[place.Member]})
			}
		}
		return all
	})
	if err != nil {
		return err
	}
	return each(ctx, entries, func(n named) error { return visit(n.index, n.entry) })
}

// DropLimit deletes a limit with all its entries.
func (s *Store) DropLimit(ctx context.Context, limit string) error {
	_, err := snapshot(ctx, s, func() struct{} { delete(s.limits, limit); return struct{}{} })
	return err
}

// Repair makes the entries of a limit be exactly these.
func (s *Store) Repair(ctx context.Context, limit string, entries []ledger.LimitEntry) error {
	_, err := snapshot(ctx, s, func() struct{} {
		delete(s.limits, limit)
		l := s.limit(limit)
		for _, e := range entries {
			l.restore(e.ClaimID, entry{amount: e.Amount, number: e.Number, posted: e.Posted}, true)
		}
		l.numbers.freeGaps()
		return struct{}{}
	})
	return err
}

// freeGaps frees all numbers below the highest that are not taken.
func (n *numbers) freeGaps() {
	for number := range n.highest {
		if number > 0 && !n.taken[number] {
			n.free(number)
		}
	}
}

// snapshot does something under the lock of a store that can be used.
func snapshot[T any](ctx context.Context, s *Store, do func() T) (result T, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return result, err
	}
	return do(), nil
}

// each visits all items until one visit fails or the context ends.
func each[T any](ctx context.Context, items []T, visit func(T) error) error {
	for _, item := range items {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := visit(item); err != nil {
			return err
		}
	}
	return nil
}
