package boltstore

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// gate is a task that holds the committer until it is opened, so that the calls behind it share the next transaction.
type gate struct {
	entered, opened chan struct{}
}

func (g *gate) check(*bbolt.Tx) (bool, error) {
	close(g.entered)
	<-g.opened
	return false, nil
}

func (g *gate) write(*bbolt.Tx) error { return nil }

func testStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "ledger.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// hold stops the committer and returns what lets it go on.
func hold(t *testing.T, s *Store) (letGo func()) {
	t.Helper()
	g := &gate{entered: make(chan struct{}), opened: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.committer.do(context.Background(), g); err != nil {
			t.Errorf("gate: %v", err)
		}
	}()
	<-g.entered
	return sync.OnceFunc(func() { close(g.opened); <-ended })
}

// together applies changes within one transaction and returns their errors.
func together(t *testing.T, s *Store, changes ...ledger.Change) []error {
	t.Helper()
	letGo := hold(t, s)
	errs := make([]error, len(changes))
	var all sync.WaitGroup
	for i, c := range changes {
		all.Go(func() { errs[i] = s.Apply(t.Context(), c) })
	}
	time.Sleep(50 * time.Millisecond) // all wait in the queue by now; the outcome does not depend on it
	letGo()
	all.Wait()
	return errs
}

func commits(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) error { n = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func customer(n byte) surprise.CustomerKey { return surprise.CustomerKey{n} }

// TestErrorsStayApart has a change that breaks its transaction among good and refused ones.
func TestErrorsStayApart(t *testing.T) {
	s := testStore(t)
	broken := ledger.LimitOp{Limit: strings.Repeat("x", bbolt.MaxKeySize), Action: ledger.Reserve, ClaimID: "c", Amount: 1, Capacity: 1}
	full := ledger.LimitOp{Limit: "none", Action: ledger.Reserve, ClaimID: "c", Amount: 1}
	errs := together(t, s,
		ledger.Change{Key: customer(0)},
		ledger.Change{Key: customer(1), Limits: []ledger.LimitOp{broken}},
		ledger.Change{Key: customer(2), Expect: 9},
		ledger.Change{Key: customer(3), Limits: []ledger.LimitOp{full}},
		ledger.Change{Key: customer(4)},
	)
	var limitErr *ledger.LimitError
	if errs[0] != nil || errs[4] != nil {
		t.Errorf("good changes beside a broken one: got %v and %v, want no error", errs[0], errs[4])
	}
	if !errors.Is(errs[1], berrors.ErrKeyTooLarge) {
		t.Errorf("broken change: got error %v, want %v", errs[1], berrors.ErrKeyTooLarge)
	}
	if !errors.Is(errs[2], ledger.ErrConflict) || !errors.As(errs[3], &limitErr) {
		t.Errorf("refused changes beside a broken one: got %v and %v, want a conflict and a full limit", errs[2], errs[3])
	}
}

func TestChangesShareOneCommit(t *testing.T) {
	s := testStore(t)
	before := commits(t, s)
	var changes []ledger.Change
	for n := range byte(50) {
		changes = append(changes, ledger.Change{Key: customer(n)})
	}
	if err := errors.Join(together(t, s, changes...)...); err != nil {
		t.Fatal(err)
	}
	if got := commits(t, s) - before; got > 5 {
		t.Errorf("50 changes at once: got %d commits, want few", got)
	}
}

func TestRefusalsCommitNothing(t *testing.T) {
	s := testStore(t)
	before := commits(t, s)
	for _, err := range together(t, s, ledger.Change{Key: customer(1), Expect: 1}, ledger.Change{Key: customer(2), Expect: 1}) {
		if !errors.Is(err, ledger.ErrConflict) {
			t.Errorf("got error %v, want a conflict", err)
		}
	}
	if got := commits(t, s) - before; got != 0 {
		t.Errorf("only refusals: got %d commits, want 0", got)
	}
}

// TestFullDisk has commits fail, and goes on when there is room again.
func TestFullDisk(t *testing.T) {
	s := testStore(t)
	s.db.MaxSize = 1 << 16
	large := ledger.Change{Key: customer(1), Data: make([]byte, 1<<20)}
	if err := s.Apply(t.Context(), large); !errors.Is(err, berrors.ErrMaxSizeReached) {
		t.Errorf("no room: got error %v, want %v", err, berrors.ErrMaxSizeReached)
	}
	s.db.MaxSize = 0
	if err := s.Apply(t.Context(), large); err != nil {
		t.Errorf("room again: %v", err)
	}
}

// TestContextEndsInQueue gives up on a change that waits for its turn: it must never be written.
func TestContextEndsInQueue(t *testing.T) {
	s := testStore(t)
	letGo := hold(t, s)
	defer letGo()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := s.Apply(ctx, ledger.Change{Key: customer(1)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want the deadline's", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("Apply returned %s after its deadline of 50ms", took)
	}
	letGo()
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1)}); err != nil {
		t.Errorf("a later change finds the record written: %v", err)
	}
}

// TestContextEndsInBatch gives up on a change that was taken from the queue, but has not started.
func TestContextEndsInBatch(t *testing.T) {
	s := testStore(t)
	letGo := hold(t, s)
	before := &gate{entered: make(chan struct{}), opened: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	answers := make(chan error, 2)
	go func() { answers <- s.committer.do(t.Context(), before) }()
	time.Sleep(50 * time.Millisecond) // the queue keeps its order
	go func() { answers <- s.Apply(ctx, ledger.Change{Key: customer(1)}) }()
	time.Sleep(50 * time.Millisecond)
	letGo()
	<-before.entered
	cancel()
	if err := <-answers; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want that the context was cancelled", err)
	}
	close(before.opened)
	if err := <-answers; err != nil {
		t.Error(err)
	}
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1)}); err != nil {
		t.Errorf("a later change finds the record written: %v", err)
	}
}

func TestCloseWhileCallsWait(t *testing.T) {
	s := testStore(t)
	letGo := hold(t, s)
	errs := make(chan error)
	for n := range byte(10) {
		go func() { errs <- s.Apply(t.Context(), ledger.Change{Key: customer(n)}) }()
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	letGo()
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
	for range 10 {
		if err := <-errs; err != nil && !errors.Is(err, errClosed) {
			t.Errorf("Apply while closing: got error %v, want none or %v", err, errClosed)
		}
	}
}
