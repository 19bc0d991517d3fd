package ledgertest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// TestBrokenNumbersFail breaks the duties of numbers, refunds and lines.
func TestBrokenNumbersFail(t *testing.T) {
	testBroken(t, []brokenStore{
		{"gives each number once", brokenNumbers(func(n int64) int64 { return (n + 1) / 2 }), "number/counts from 1"},
		{"gives each number once, at once", brokenNumbers(func(n int64) int64 { return max(n-1, min(n, 1)) }),
			"concurrency/200 claimers of 100 numbers, a tenth give back"},
		{"counts from 1", brokenNumbers(func(n int64) int64 { return max(n-1, 0) }), "number/counts from 1"},
		{"gives freed numbers again", newFreshNumbers, "number/freed ones come again, the lowest first"},
		{"gives freed numbers again, at once", newFreshNumbers, "concurrency/200 claimers of 100 numbers, a tenth give back"},
		{"numbers what asks for it", broken(forgetNumbered), "number/counts from 1"},
		{"numbers only what asks for it", broken(numberAll), "number/beside entries without"},
		{"frees no number of a refused change", broken(releaseDespiteRefusal), "number/a refused change frees none"},
		{"takes no number for a refused change", broken(reserveDespiteRefusal), "number/a refused change takes none"},
		{"keeps the order of entries", func() ledger.Store { return sortedNumbers{memstore.New()} }, "number/counts from 1"},
		{"refunds", broken(dropRefund), "refund/gives back what was reserved or posted, once"},
		{"refunds what was posted", broken(refundAsRelease), "refund/gives back what was reserved or posted, once"},
		{"counts down after a refund", func() ledger.Store { return stickySum{memstore.New(), map[string]int64{}} },
			"refund/gives back what was reserved or posted, once"},
		{"stands behind a line", broken(forgetBehind), "behind/refuses while others wait"},
		{"stands behind a line at once", broken(forgetBehind), "concurrency/a place in line is taken once"},
		{"sees the line before the change", broken(indexFirst), "behind/sees the line as it was before the change"},
		{"says that others wait", broken(hideBehind), "behind/refuses while others wait"},
		{"asks the line first", broken(behindLast), "behind/comes before a full limit"},
	})
}

func brokenNumbers(change func(int64) int64) func() ledger.Store {
	return func() ledger.Store { return changedNumbers{memstore.New(), change} }
}

type changedNumbers struct {
	ledger.Store
	change func(int64) int64
}

func (s changedNumbers) Numbers(ctx context.Context, refs ...ledger.LimitRef) ([]int64, error) {
	found, err := s.Store.Numbers(ctx, refs...)
	for i, n := range found {
		found[i] = s.change(n)
	}
	return found, err
}

// freshNumbers counts on and on: the number of a removed entry is lost.
type freshNumbers struct {
	ledger.Store
	mu    sync.Mutex
	last  map[string]int64
	given map[ledger.LimitRef]int64
}

func newFreshNumbers() ledger.Store {
	return &freshNumbers{Store: memstore.New(), last: map[string]int64{}, given: map[ledger.LimitRef]int64{}}
}

func (s *freshNumbers) Apply(ctx context.Context, c ledger.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.Store.Apply(ctx, c)
	for _, op := range c.Limits {
		ref := ledger.LimitRef{Limit: op.Limit, ClaimID: op.ClaimID}
		if now, err := s.Store.Numbers(context.WithoutCancel(ctx), ref); err != nil || now[0] == 0 {
			delete(s.given, ref)
		} else if s.given[ref] == 0 {
			s.last[op.Limit]++
			s.given[ref] = s.last[op.Limit]
		}
	}
	return err
}

func (s *freshNumbers) Numbers(_ context.Context, refs ...ledger.LimitRef) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make([]int64, len(refs))
	for i, ref := range refs {
		found[i] = s.given[ref]
	}
	return found, nil
}

type sortedNumbers struct{ ledger.Store }

func (s sortedNumbers) Numbers(ctx context.Context, refs ...ledger.LimitRef) ([]int64, error) {
	found, err := s.Store.Numbers(ctx, refs...)
	slices.Sort(found)
	return found, err
}

// stickySum never counts down.
type stickySum struct {
	ledger.Store
	highest map[string]int64
}

func (s stickySum) Usage(ctx context.Context, limits ...string) ([]int64, error) {
	sums, err := s.Store.Usage(ctx, limits...)
	for i := range sums {
		s.highest[limits[i]] = max(s.highest[limits[i]], sums[i])
		sums[i] = s.highest[limits[i]]
	}
	return sums, err
}

// changeOps is a broken Apply that changes the operations on limits.
func changeOps(ctx context.Context, s ledger.Store, c ledger.Change, change func(*ledger.LimitOp)) error {
	c.Limits = slices.Clone(c.Limits)
	for i := range c.Limits {
		change(&c.Limits[i])
	}
	return s.Apply(ctx, c)
}

func forgetNumbered(ctx context.Context, s ledger.Store, c ledger.Change) error {
	return changeOps(ctx, s, c, func(op *ledger.LimitOp) { op.Numbered = false })
}

func numberAll(ctx context.Context, s ledger.Store, c ledger.Change) error {
	return changeOps(ctx, s, c, func(op *ledger.LimitOp) { op.Numbered, op.Amount = true, 1 })
}

func forgetBehind(ctx context.Context, s ledger.Store, c ledger.Change) error {
	return changeOps(ctx, s, c, func(op *ledger.LimitOp) { op.Behind = "" })
}

func refundAsRelease(ctx context.Context, s ledger.Store, c ledger.Change) error {
	return changeOps(ctx, s, c, func(op *ledger.LimitOp) {
		if op.Action == ledger.Refund {
			op.Action = ledger.Release
		}
	})
}

func dropRefund(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Limits = slices.DeleteFunc(slices.Clone(c.Limits), func(op ledger.LimitOp) bool { return op.Action == ledger.Refund })
	return s.Apply(ctx, c)
}

// despiteRefusal writes a part of a change that was refused.
func despiteRefusal(ctx context.Context, s ledger.Store, c, part ledger.Change) error {
	err := s.Apply(ctx, c)
	if err != nil {
		part.Key = surprise.CustomerKey{0xff}
		_ = dropCompare(ctx, s, part)
	}
	return err
}

func releaseDespiteRefusal(ctx context.Context, s ledger.Store, c ledger.Change) error {
	return despiteRefusal(ctx, s, c, ledger.Change{Limits: slices.DeleteFunc(slices.Clone(c.Limits), func(op ledger.LimitOp) bool {
		return op.Action == ledger.Reserve
	})})
}

// reserveDespiteRefusal takes the number of the first reservation, under another claim.
func reserveDespiteRefusal(ctx context.Context, s ledger.Store, c ledger.Change) error {
	var part ledger.Change
	if len(c.Limits) > 0 && c.Limits[0].Numbered {
		part.Limits = slices.Clone(c.Limits[:1])
		part.Limits[0].ClaimID += " lost"
	}
	return despiteRefusal(ctx, s, c, part)
}

// indexFirst writes the indexes before it looks at the limits.
func indexFirst(ctx context.Context, s ledger.Store, c ledger.Change) error {
	_ = dropCompare(ctx, s, ledger.Change{Key: surprise.CustomerKey{0xff}, Index: c.Index})
	return s.Apply(ctx, c)
}

func hideBehind(ctx context.Context, s ledger.Store, c ledger.Change) error {
	err := s.Apply(ctx, c)
	var full *ledger.LimitError
	if errors.As(err, &full) {
		return &ledger.LimitError{Limit: full.Limit}
	}
	return err
}

// behindLast looks at the line only where there is room.
func behindLast(ctx context.Context, s ledger.Store, c ledger.Change) error {
	err := s.Apply(ctx, c)
	var full *ledger.LimitError
	if !errors.As(err, &full) {
		return err
	}
	for _, op := range c.Limits {
		if sums, err2 := s.Usage(ctx, op.Limit); err2 == nil && op.Limit == full.Limit && sums[0]+op.Amount > op.Capacity {
			return &ledger.LimitError{Limit: full.Limit}
		}
	}
	return err
}
