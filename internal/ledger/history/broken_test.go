package history

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// TestBrokenStoresAreFound breaks one duty of a store at a time. The histories of each must have no order, or these tests would show nothing: none by
// the specification of staged stores either, where it asks for that duty too.
func TestBrokenStoresAreFound(t *testing.T) {
	for _, c := range []struct {
		name    string
		breakIt func(ledger.Store) ledger.Store
		staged  bool
	}{
		{"drops the limit check", func(s ledger.Store) ledger.Store { return &changing{s, unlimited} }, true},
		{"counts twice", func(s ledger.Store) ledger.Store { return &changing{s, twice} }, true},
		{"forgets to release", func(s ledger.Store) ledger.Store { return &changing{s, keeping} }, false},
		{"answers stale", func(s ledger.Store) ledger.Store {
			return &stale{Store: s, before: map[surprise.CustomerKey]ledger.Versioned{}}
		}, true},
		{"applies twice", func(s ledger.Store) ledger.Store { return &repeating{s} }, true},
		{"overwrites", func(s ledger.Store) ledger.Store { return &overwriting{s} }, true},
		{"gives a number twice", func(s ledger.Store) ledger.Store { return &numbering{s} }, false},
		{"acknowledges and forgets", func(s ledger.Store) ledger.Store { return &forgetting{Store: s} }, true},
	} {
		t.Run(c.name, func(t *testing.T) { wantFound(t, c.breakIt, false) })
		if c.staged {
			t.Run(c.name+", staged", func(t *testing.T) { wantFound(t, c.breakIt, true) })
		}
	}
}

// wantFound wants one of a few histories to show that a store is broken.
func wantFound(t *testing.T, breakIt func(ledger.Store) ledger.Store, staged bool) {
	t.Helper()
	const runs, calls = 20, 500
	l := newLinear(t, memstore.New(), runs, calls)
	l.lossy.Store, l.staged = breakIt(l.lossy.Store), staged
	for run := range runs {
		switch l.check(l.record(t, run, calls)) {
		case porcupine.Illegal:
			t.Logf("found in history %d", run)
			return
		case porcupine.Unknown:
			t.Fatalf("history %d could not be checked in time", run)
		default: // it looks sound so far
		}
	}
	t.Errorf("%d histories of a broken store looked sound", runs)
}

// changing is a store that changes the limit operations of what it applies.
type changing struct {
	ledger.Store
	change func([]ledger.LimitOp) []ledger.LimitOp
}

func (s *changing) Apply(ctx context.Context, change ledger.Change) error {
	change.Limits = s.change(slices.Clone(change.Limits))
	return s.Store.Apply(ctx, change)
}

func unlimited(ops []ledger.LimitOp) []ledger.LimitOp {
	for i := range ops {
		ops[i].Capacity = ledger.MaxAmount
	}
	return ops
}

// twice is what a bare counter does when a script runs again.
func twice(ops []ledger.LimitOp) []ledger.LimitOp {
	for _, op := range slices.Clone(ops) {
		if op.Action == ledger.Reserve {
			op.ClaimID, op.Capacity = "again-"+op.ClaimID, ledger.MaxAmount
			ops = append(ops, op)
		}
	}
	return ops
}

func keeping(ops []ledger.LimitOp) []ledger.LimitOp {
	return slices.DeleteFunc(ops, func(op ledger.LimitOp) bool { return op.Action == ledger.Release })
}

// stale answers every fourth read with the record as it was before its last change, as a replica behind its primary does.
type stale struct {
	ledger.Store
	reads  atomic.Int64
	mu     sync.Mutex
	before map[surprise.CustomerKey]ledger.Versioned
}

func (s *stale) Load(ctx context.Context, keys ...surprise.CustomerKey) ([]ledger.Versioned, error) {
	found, err := s.Store.Load(ctx, keys...)
	if err != nil || s.reads.Add(1)%4 != 0 {
		return found, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, key := range keys {
		found[i] = s.before[key]
	}
	return found, nil
}

func (s *stale) Apply(ctx context.Context, change ledger.Change) error {
	before, err := s.Store.Load(ctx, change.Key)
	if err != nil {
		return err
	}
	if err := s.Store.Apply(ctx, change); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before[change.Key] = before[0]
	return nil
}

// repeating runs every change a second time and answers what that one did, as a client does that repeats a call by itself when its reply is lost.
type repeating struct{ ledger.Store }

func (s *repeating) Apply(ctx context.Context, change ledger.Change) error {
	return errors.Join(s.Store.Apply(ctx, change), s.Store.Apply(ctx, change))
}

// overwriting does not compare before it sets. It lets others go first, so that there is something to overwrite.
type overwriting struct{ ledger.Store }

func (s *overwriting) Apply(ctx context.Context, change ledger.Change) error {
	time.Sleep(20 * time.Microsecond)
	for {
		err := s.Store.Apply(ctx, change)
		if !errors.Is(err, ledger.ErrConflict) {
			return err
		}
		now, err := s.Load(ctx, change.Key)
		if err != nil {
			return err
		}
		change.Expect = now[0].Version
	}
}

// forgetting loses every tenth change after it acknowledged it.
type forgetting struct {
	ledger.Store
	changes atomic.Int64
}

func (s *forgetting) Apply(ctx context.Context, change ledger.Change) error {
	if s.changes.Add(1)%10 == 0 {
		return nil
	}
	return s.Store.Apply(ctx, change)
}

// numbering has one number for all.
type numbering struct{ ledger.Store }

func (s *numbering) Numbers(_ context.Context, refs ...ledger.LimitRef) ([]int64, error) {
	return slices.Repeat([]int64{1}, len(refs)), nil
}
