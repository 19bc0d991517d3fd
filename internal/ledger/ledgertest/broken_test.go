package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// recorder is a TB that only remembers whether a check failed.
type recorder struct {
	mu     sync.Mutex
	failed bool // guarded by mu
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(string, ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

// Fatalf ends the goroutine of the check, as testing.T does.
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failing returns the names of the checks that a store does not pass.
func failing(open func() ledger.Store) (names []string) {
	for _, c := range checks() {
		if c.fails(open()) {
			names = append(names, c.name)
		}
	}
	return names
}

func (c check) fails(s ledger.Store) bool {
	r := new(recorder)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.run(r, s)
	}()
	<-ended
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func TestReferencePasses(t *testing.T) {
	if names := failing(func() ledger.Store { return memstore.New() }); names != nil {
		t.Errorf("memstore fails %q, want no failure", names)
	}
}

// brokenStore breaks one duty.
type brokenStore struct {
	duty  string
	open  func() ledger.Store
	check string // must fail, others may too
}

// testBroken asks of each store that the check that stands for its duty notices.
func testBroken(t *testing.T, stores []brokenStore) {
	t.Helper()
	for _, tt := range stores {
		t.Run(tt.duty, func(t *testing.T) {
			at := slices.IndexFunc(checks(), func(c check) bool { return c.name == tt.check })
			if at < 0 {
				t.Fatalf("there is no check %q", tt.check)
			}
			if !checks()[at].fails(tt.open()) {
				t.Errorf("a store that breaks it passes %q, but fails %q", tt.check, failing(tt.open))
			}
		})
	}
}

// TestBrokenStoresFail breaks the duties of records, limits and secrets.
func TestBrokenStoresFail(t *testing.T) {
	testBroken(t, []brokenStore{
		{"compares versions", broken(dropCompare), "conflict/another version was expected"},
		{"compares and writes at once", broken(compareEarly), "concurrency/50 changes of one version, one wins"},
		{"keeps to the capacity", broken(forgetCapacity), "limit/filled to its capacity, not beyond"},
		{"keeps to the capacity of what is stored", broken(forgetCapacity), "concurrency/200 claimers of 100 units get 100"},
		{"applies all or nothing", broken(applyHalf), "refusal/leaves nothing written"},
		{"writes nothing on a conflict", broken(limitsDespiteConflict), "conflict/leaves nothing written"},
		{"keeps posted entries", broken(releasePosted), "limit/release leaves a posted entry alone"},
		{"reserves once", broken(reserveTwice), "limit/reserve is idempotent"},
		{"keeps the order of operations", broken(releaseFirst), "limit/operations keep their order"},
		{"names the full limit", broken(blameFirst), "refusal/names the limit that is full"},
		{"forgets due times", broken(keepDue), "due/no time removes"},
		{"heeds the context", broken(ignoreContext), "context/cancelled before the call"},
		{"shares secrets", func() ledger.Store { return ownSecrets{memstore.New()} }, "secret/the first candidate stays"},
		{"shares secrets at once", func() ledger.Store { return ownSecrets{memstore.New()} }, "secret/of 50 callers at once all get the same"},
		{"keeps the order of keys", func() ledger.Store { return sortedLoad{memstore.New()} }, "record/load keeps the order of keys"},
		{"sorts by due time", func() ledger.Store { return lastDue{memstore.New()} }, "due/earliest first"},
	})
}

// apply is a broken Apply over a sound store.
type apply func(ctx context.Context, s ledger.Store, c ledger.Change) error

type brokenApply struct {
	ledger.Store
	apply apply
}

func (b brokenApply) Apply(ctx context.Context, c ledger.Change) error {
	return b.apply(ctx, b.Store, c)
}

func broken(a apply) func() ledger.Store {
	return func() ledger.Store { return brokenApply{memstore.New(), a} }
}

func dropCompare(ctx context.Context, s ledger.Store, c ledger.Change) error {
	for {
		at, err := s.Load(ctx, c.Key)
		if err != nil {
			return err
		}
		c.Expect = at[0].Version
		if err := s.Apply(ctx, c); !errors.Is(err, ledger.ErrConflict) {
			return err
		}
	}
}

// compareEarly compares, and writes a moment later.
func compareEarly(ctx context.Context, s ledger.Store, c ledger.Change) error {
	at, err := s.Load(ctx, c.Key)
	if err != nil {
		return err
	}
	if at[0].Version != c.Expect {
		return ledger.ErrConflict
	}
	time.Sleep(time.Millisecond)
	return dropCompare(ctx, s, c)
}

func forgetCapacity(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Limits = slices.Clone(c.Limits)
	for i := range c.Limits {
		if c.Limits[i].Amount <= large && c.Limits[i].Capacity >= 0 {
			c.Limits[i].Capacity = large
		}
	}
	return s.Apply(ctx, c)
}

// applyHalf writes what comes before the full limit.
func applyHalf(ctx context.Context, s ledger.Store, c ledger.Change) error {
	err := s.Apply(ctx, c)
	var full *ledger.LimitError
	if errors.As(err, &full) {
		end := slices.IndexFunc(c.Limits, func(op ledger.LimitOp) bool { return op.Limit == full.Limit })
		c.Limits = c.Limits[:end]
		_ = s.Apply(ctx, c)
	}
	return err
}

func limitsDespiteConflict(ctx context.Context, s ledger.Store, c ledger.Change) error {
	err := s.Apply(ctx, c)
	if errors.Is(err, ledger.ErrConflict) {
		_ = s.Apply(ctx, ledger.Change{Key: surprise.CustomerKey{0xff}, Limits: c.Limits})
	}
	return err
}

func releasePosted(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Limits = slices.DeleteFunc(slices.Clone(c.Limits), func(op ledger.LimitOp) bool { return op.Action == ledger.Post })
	return s.Apply(ctx, c)
}

// reserveTwice has each reservation make an entry of its own.
func reserveTwice(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Limits = slices.Clone(c.Limits)
	for i, op := range c.Limits {
		if op.Action == ledger.Reserve && op.ClaimID != "" {
			c.Limits[i].ClaimID = surprise.ClaimID(fmt.Sprint(op.ClaimID, " ", rand.Int64()))
		}
	}
	return s.Apply(ctx, c)
}

func releaseFirst(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Limits = slices.Clone(c.Limits)
	slices.SortStableFunc(c.Limits, func(a, b ledger.LimitOp) int { return int(b.Action - a.Action) })
	return s.Apply(ctx, c)
}

func blameFirst(ctx context.Context, s ledger.Store, c ledger.Change) error {
	err := s.Apply(ctx, c)
	var full *ledger.LimitError
	if errors.As(err, &full) {
		return &ledger.LimitError{Limit: c.Limits[0].Limit}
	}
	return err
}

func keepDue(ctx context.Context, s ledger.Store, c ledger.Change) error {
	if c.Due.IsZero() && c.Expect > 0 {
		c.Due = noon()
	}
	return s.Apply(ctx, c)
}

func ignoreContext(ctx context.Context, s ledger.Store, c ledger.Change) error {
	return s.Apply(context.WithoutCancel(ctx), c)
}

type ownSecrets struct{ ledger.Store }

func (ownSecrets) Secret(_ context.Context, _ string, candidate []byte) ([]byte, error) {
	return candidate, nil
}

type sortedLoad struct{ ledger.Store }

func (s sortedLoad) Load(ctx context.Context, keys ...surprise.CustomerKey) ([]ledger.Versioned, error) {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b surprise.CustomerKey) int { return slices.Compare(a[:], b[:]) })
	return s.Store.Load(ctx, keys...)
}

type lastDue struct{ ledger.Store }

func (s lastDue) Due(ctx context.Context, t time.Time, n int) ([]surprise.CustomerKey, error) {
	keys, err := s.Store.Due(ctx, t, n)
	slices.Reverse(keys)
	return keys, err
}
