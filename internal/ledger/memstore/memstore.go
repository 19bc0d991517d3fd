// Package memstore keeps the ledger in memory, under one lock. It is the reference model that the other stores are compared with,
// so it is written to be obviously right, not to be fast. What it holds is gone when the process ends.
package memstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

var errClosed = errors.New("memstore: the store is closed")

// Store is a ledger in memory. New makes one; the zero value is not usable.
type Store struct {
	mu sync.Mutex
	// All below is guarded by mu.
	closed  bool
	records map[surprise.CustomerKey]record
	limits  map[string]*limit
	indexes map[string]*index
	log     eventLog
	secrets map[string][]byte
}

// record is what the store holds of one customer. A record in the map has a version of 1 or more.
type record struct {
	ledger.Versioned
	due time.Time // zero: never
}

var _ ledger.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{
		records: make(map[surprise.CustomerKey]record),
		limits:  make(map[string]*limit),
		indexes: make(map[string]*index),
		secrets: make(map[string][]byte),
	}
}

// Load returns the records of keys, in their order.
func (s *Store) Load(ctx context.Context, keys ...surprise.CustomerKey) ([]ledger.Versioned, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	found := make([]ledger.Versioned, len(keys))
	for i, key := range keys {
		found[i] = s.records[key].Versioned
	}
	return found, nil
}

// Apply commits a change, or nothing of it.
func (s *Store) Apply(ctx context.Context, change ledger.Change) error {
	if err := change.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	if s.records[change.Key].Version != change.Expect {
		return ledger.ErrConflict
	}
	if err := s.applyLimits(change.Limits); err != nil {
		return err
	}
	s.records[change.Key] = record{
		Versioned: ledger.Versioned{Version: change.Expect + 1, Data: change.Data},
		due:       change.Due,
	}
	for _, op := range change.Index {
		s.applyIndex(op)
	}
	s.log.append(change.Events)
	return nil
}

// Due returns up to n customers whose time has come, the earliest first.
func (s *Store) Due(ctx context.Context, t time.Time, n int) ([]surprise.CustomerKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	var keys []surprise.CustomerKey
	for key, r := range s.records {
		if !r.due.IsZero() && !r.due.After(t) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b surprise.CustomerKey) int {
		return cmp.Or(s.records[a].due.Compare(s.records[b].due), bytes.Compare(a[:], b[:]))
	})
	return keys[:min(len(keys), max(n, 0))], nil
}

// Usage returns how much of each limit is taken.
func (s *Store) Usage(ctx context.Context, keys ...string) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	sums := make([]int64, len(keys))
	for i, key := range keys {
		if l, ok := s.limits[key]; ok {
			sums[i] = l.sum
		}
	}
	return sums, nil
}

// Numbers returns the number of each entry; 0 where there is none.
func (s *Store) Numbers(ctx context.Context, refs ...ledger.LimitRef) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	found := make([]int64, len(refs))
	for i, ref := range refs {
		if l, ok := s.limits[ref.Limit]; ok {
			found[i] = l.entries[ref.ClaimID].number
		}
	}
	return found, nil
}

// Range returns up to n entries of an index after a place, or those before it from the last.
func (s *Store) Range(ctx context.Context, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	x := s.indexes[index]
	var found []ledger.IndexEntry
	for _, place := range x.places(from, n, backwards) {
		found = append(found, x.entries[place.Member])
	}
	return found, nil
}

// Find returns the entries of members, in their order.
func (s *Store) Find(ctx context.Context, index string, members ...string) ([]ledger.IndexEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	found := make([]ledger.IndexEntry, len(members))
	if x, ok := s.indexes[index]; ok {
		for i, member := range members {
			found[i] = x.entries[member]
		}
	}
	return found, nil
}

// Secret returns the secret of this name, which is candidate if there was none.
func (s *Store) Secret(ctx context.Context, name string, candidate []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	if _, ok := s.secrets[name]; !ok {
		s.secrets[name] = candidate
	}
	return s.secrets[name], nil
}

// Ping reports whether the store is open.
func (s *Store) Ping(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.usable(ctx)
}

// Close makes every later call fail. Closing again does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// usable needs mu.
func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return errClosed
	}
	return ctx.Err()
}
