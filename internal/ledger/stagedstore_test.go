package ledger_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// stagedStore is a store whose limits are written before and after its records, one operation at a time.
type stagedStore struct {
	*memstore.Store
	clock func() time.Time
	// step is called before each stage, with nothing locked: it may fail, and it may call the store. Nil: nothing happens.
	step func(stage string) error

	mu      sync.Mutex
	limits  map[string]map[surprise.ClaimID]*stagedEntry
	dues    map[surprise.CustomerKey]time.Time
	indexes map[string]bool
	skew    time.Duration
}

type stagedEntry struct {
	ledger.LimitEntry
	since time.Time
}

var (
	_ ledger.Staged  = (*stagedStore)(nil)
	_ ledger.Walker  = (*stagedStore)(nil)
	_ ledger.Clocked = (*stagedStore)(nil)
)

func newStagedStore(clock func() time.Time) *stagedStore {
	return &stagedStore{Store: memstore.New(), clock: clock, limits: map[string]map[surprise.ClaimID]*stagedEntry{},
		dues: map[surprise.CustomerKey]time.Time{}, indexes: map[string]bool{}}
}

func (s *stagedStore) at(stage string) error {
	if s.step == nil {
		return nil
	}
	return s.step(stage)
}

func (s *stagedStore) Load(ctx context.Context, keys ...surprise.CustomerKey) ([]ledger.Versioned, error) {
	loaded, err := s.Store.Load(ctx, keys...)
	return loaded, errors.Join(err, s.at("loaded"))
}

func (s *stagedStore) Apply(ctx context.Context, change ledger.Change) error {
	if err := change.Check(); err != nil {
		return err
	}
	for i, op := range change.Limits {
		if op.Action != ledger.Reserve {
			continue
		}
		if err := errors.Join(s.at("reserve"), s.reserve(ctx, op, change.Limits[:i])); err != nil {
			return err
		}
	}
	if err := s.at("record"); err != nil {
		return err
	}
	if err := s.write(ctx, change); err != nil {
		return err
	}
	for _, op := range change.Limits {
		if err := s.at("settle"); err != nil {
			return err
		}
		s.settle(op)
	}
	return nil
}

// reserve lends what operations before it will give back.
func (s *stagedStore) reserve(ctx context.Context, op ledger.LimitOp, before []ledger.LimitOp) error {
	if op.Behind != "" {
		if first, err := s.Range(ctx, op.Behind, nil, 1, false); err != nil || len(first) > 0 {
			return errors.Join(err, &ledger.LimitError{Limit: op.Limit, Behind: true})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := s.entries(op.Limit)
	if entries[op.ClaimID] != nil {
		return nil
	}
	room := op.Capacity - sumOf(entries)
	for _, b := range before {
		if e := entries[b.ClaimID]; b.Limit == op.Limit && b.Action == ledger.Release && e != nil && !e.Posted {
			room += e.Amount
		}
	}
	if op.Amount > room {
		return &ledger.LimitError{Limit: op.Limit}
	}
	entries[op.ClaimID] = &stagedEntry{ledger.LimitEntry{ClaimID: op.ClaimID, Amount: op.Amount}, s.clock()}
	return nil
}

func (s *stagedStore) entries(limit string) map[surprise.ClaimID]*stagedEntry {
	if s.limits[limit] == nil {
		s.limits[limit] = map[surprise.ClaimID]*stagedEntry{}
	}
	return s.limits[limit]
}

func sumOf(entries map[surprise.ClaimID]*stagedEntry) int64 {
	sum := int64(0)
	for _, e := range entries {
		sum += e.Amount
	}
	return sum
}

func (s *stagedStore) write(ctx context.Context, change ledger.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	change.Limits = nil
	if err := s.Store.Apply(ctx, change); err != nil {
		return err
	}
	s.dues[change.Key] = change.Due
	for _, op := range change.Index {
		s.indexes[op.Index] = true
	}
	return nil
}

func (s *stagedStore) settle(op ledger.LimitOp) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := s.entries(op.Limit)
	switch e := entries[op.ClaimID]; {
	case e == nil:
	case op.Action == ledger.Post:
		e.Posted = true
	case op.Action == ledger.Release && !e.Posted, op.Action == ledger.Refund:
		delete(entries, op.ClaimID)
	}
}

func (s *stagedStore) Settle(_ context.Context, ops ...ledger.LimitOp) error {
	for _, op := range ops {
		if op.Action == ledger.Reserve {
			return errors.New("a reservation is not settled")
		}
		if err := s.at("settle"); err != nil {
			return err
		}
		s.settle(op)
	}
	return nil
}

func (s *stagedStore) Overdue(_ context.Context, t time.Time, n int) ([]ledger.LimitRef, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var refs []ledger.LimitRef
	since := map[ledger.LimitRef]time.Time{}
	for limit, entries := range s.limits {
		for id, e := range entries {
			if ref := (ledger.LimitRef{Limit: limit, ClaimID: id}); !e.Posted && e.since.Before(t) {
				refs, since[ref] = append(refs, ref), e.since
			}
		}
	}
	slices.SortFunc(refs, func(a, b ledger.LimitRef) int {
		return cmp.Or(since[a].Compare(since[b]), cmp.Compare(a.Limit, b.Limit), cmp.Compare(a.ClaimID, b.ClaimID))
	})
	return refs[:min(n, len(refs))], nil
}

func (s *stagedStore) Postpone(_ context.Context, t time.Time, refs ...ledger.LimitRef) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ref := range refs {
		if e := s.entries(ref.Limit)[ref.ClaimID]; e != nil {
			e.since = t
		}
	}
	return nil
}

func (s *stagedStore) Usage(_ context.Context, keys ...string) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]int64, len(keys))
	for i, key := range keys {
		out[i] = sumOf(s.limits[key])
	}
	return out, nil
}

func (s *stagedStore) Time(context.Context) (time.Time, error) { return s.clock().Add(s.skew), nil }

func (s *stagedStore) WalkRecords(ctx context.Context, visit func(surprise.CustomerKey, ledger.Versioned, time.Time) error) error {
	s.mu.Lock()
	dues := maps.Clone(s.dues)
	s.mu.Unlock()
	for key, due := range dues {
		loaded, err := s.Store.Load(ctx, key)
		if err := errors.Join(err, visit(key, loaded[0], due)); err != nil {
			return err
		}
	}
	return nil
}

func (s *stagedStore) WalkLimits(_ context.Context, visit func(string, int64, []ledger.LimitEntry) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for limit, entries := range s.limits {
		var all []ledger.LimitEntry
		for _, e := range entries {
			all = append(all, e.LimitEntry)
		}
		if err := visit(limit, sumOf(entries), all); err != nil {
			return err
		}
	}
	return nil
}

func (s *stagedStore) WalkIndexes(ctx context.Context, visit func(string, ledger.IndexEntry) error) error {
	for index := range s.indexes {
		entries, err := s.Range(ctx, index, nil, 10_000, false)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := visit(index, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *stagedStore) DropLimit(_ context.Context, limit string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.limits, limit)
	return nil
}

func (s *stagedStore) Repair(_ context.Context, limit string, entries []ledger.LimitEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits[limit] = map[surprise.ClaimID]*stagedEntry{}
	for _, e := range entries {
		s.limits[limit][e.ClaimID] = &stagedEntry{e, s.clock()}
	}
	return nil
}
