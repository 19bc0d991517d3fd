package ledgertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
)

// StagedStore is a store whose limits do not commit together with records.
type StagedStore interface {
	ledger.Store
	ledger.Staged
}

// RunStaged is Run for a staged store. It allows what ledger.Staged allows: a refused change may leave reservations, and a reservation may read the index
// that it asks for a moment before. Beyond that, it takes a member of an index to belong to the customer who put it there, and the log to be in order only
// for each customer.
func RunStaged(t *testing.T, open func(t *testing.T) StagedStore) {
	t.Helper()
	for _, c := range checks() {
		if !slices.Contains(unstaged(), c.name) {
			t.Run(c.name, func(t *testing.T) { c.run(t, tidy(open(t), c.name)) })
		}
	}
	for _, c := range stagedChecks() {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
	t.Run("model", func(t *testing.T) { checkModel(t, tidy(open(t), "model")) })
}

// unstaged names the checks of what no staged store promises.
func unstaged() []string {
	return []string{"concurrency/a place in line is taken once", "concurrency/a reader of the log misses nothing"}
}

// tidy cleans up after refused changes, other than of many callers at once, who could not tell whose reservation is whose.
func tidy(s StagedStore, check string) ledger.Store {
	if strings.HasPrefix(check, "concurrency/") {
		return s
	}
	return &tidyStore{StagedStore: s}
}

// tidyStore gives back what a refused change reserved, as a caller does who writes a terminal record for it. It is for one caller at a time.
type tidyStore struct {
	StagedStore
}

func isStaged(s ledger.Store) bool {
	_, ok := s.(*tidyStore)
	return ok
}

func (s *tidyStore) Apply(ctx context.Context, change ledger.Change) error {
	open, err := s.openOf(ctx, change)
	if err != nil {
		return err
	}
	err = s.StagedStore.Apply(ctx, change)
	var full *ledger.LimitError
	if !errors.Is(err, ledger.ErrConflict) && !errors.As(err, &full) {
		return err
	}
	var give []ledger.LimitOp
	for _, op := range change.Limits {
		if op.Action == ledger.Reserve && !slices.Contains(open, refOf(op)) {
			give = append(give, release(op.Limit, op.ClaimID)) // a posted one stays
		}
	}
	if settled := s.Settle(ctx, give...); settled != nil {
		return settled
	}
	return err
}

// openOf returns the reservations that are open already, where a change makes any.
func (s *tidyStore) openOf(ctx context.Context, change ledger.Change) ([]ledger.LimitRef, error) {
	reserves := func(op ledger.LimitOp) bool { return op.Action == ledger.Reserve }
	if !slices.ContainsFunc(change.Limits, reserves) {
		return nil, nil
	}
	return s.Overdue(ctx, farOff(), 1<<20)
}

func refOf(op ledger.LimitOp) ledger.LimitRef {
	return ledger.LimitRef{Limit: op.Limit, ClaimID: op.ClaimID}
}

// onceEach leaves one operation on each entry: a claim that is given back does not take again in the same change.
func onceEach(ops []ledger.LimitOp) (kept []ledger.LimitOp) {
	for _, op := range ops {
		if !slices.ContainsFunc(kept, func(k ledger.LimitOp) bool { return refOf(k) == refOf(op) }) {
			kept = append(kept, op)
		}
	}
	return kept
}

// wantEventsOfEach asks for events whose text begins with the customer and a space, in each customer's order.
func (u user) wantEventsOfEach(after string, want []string) {
	u.Helper()
	byCustomer := func(a, b string) int {
		a, _, _ = strings.Cut(a, " ")
		b, _, _ = strings.Cut(b, " ")
		return cmp.Compare(a, b)
	}
	got := texts(u.events(after, len(want)+9))
	slices.SortStableFunc(got, byCustomer)
	slices.SortStableFunc(want, byCustomer)
	if !slices.Equal(got, want) {
		u.Errorf("events of each customer after %q: got %q, want %q", after, got, want)
	}
}

func stagedChecks() []check {
	return []check{
		{"staged/overdue lists what is neither posted nor given back", checkOverdue},
		{"staged/overdue is a matter of time, and of how many", checkOverdueTime},
		{"staged/postpone", checkPostpone},
		{"staged/settle", checkSettle},
		{"staged/what a refused change leaves is found", checkLeftovers},
		{"staged/a change that loses hands nothing over", checkHandoverLost},
		{"staged/a handover is settled in any order", checkHandoverOrder},
		{"staged/a borrowed place is bought or refused", checkHandoverTwice},
		{"staged/a reader of the log misses nothing", checkStagedLog},
	}
}

// wantOverdue asks for the claims of a limit that Overdue lists, in any order.
func (u user) wantOverdue(before time.Time, want ...ledger.LimitRef) {
	u.Helper()
	got, err := u.s.(ledger.Staged).Overdue(u.ctx, before, 99)
	if err != nil {
		u.Fatalf("Overdue: %v", err)
	}
	order := func(a, b ledger.LimitRef) int {
		return cmp.Or(cmp.Compare(a.Limit, b.Limit), cmp.Compare(a.ClaimID, b.ClaimID))
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		u.Errorf("overdue before %s: got %v, want %v", before.Format(time.RFC3339), got, want)
	}
}

func (u user) settle(ops ...ledger.LimitOp) {
	u.Helper()
	if err := u.s.(ledger.Staged).Settle(u.ctx, ops...); err != nil {
		u.Fatalf("Settle: %v", err)
	}
}

func ref(limit string, n int) ledger.LimitRef {
	return ledger.LimitRef{Limit: limit, ClaimID: claim(n)}
}

func checkOverdue(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.wantOverdue(farOff())
	u.put(key(1), "a", reserve("cake", claim(1), 1, 9), reserve("gift", claim(1), 1, 9), reserve("a{b}|c", claim(1), 1, 9))
	u.put(key(2), "a", reserve("cake", claim(2), 1, 9), reserve("cake", claim(3), 1, 9), post("cake", claim(3)))
	u.wantOverdue(farOff(), ref("cake", 1), ref("gift", 1), ref("a{b}|c", 1), ref("cake", 2))
	u.put(key(1), "b", post("cake", claim(1)), release("gift", claim(1)), refund("a{b}|c", claim(1)))
	u.wantOverdue(farOff(), ref("cake", 2))
	u.put(key(2), "b", refund("cake", claim(2)))
	u.wantOverdue(farOff())
}

func checkOverdueTime(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	for n := range 5 {
		u.put(key(n), "a", reserve("cake", claim(n), 1, 9))
		time.Sleep(3 * time.Millisecond) // so that they differ by the clock of the store
	}
	u.wantOverdue(time.Now().Add(-time.Minute))
	got, err := s.(ledger.Staged).Overdue(u.ctx, farOff(), 3)
	if want := []ledger.LimitRef{ref("cake", 0), ref("cake", 1), ref("cake", 2)}; err != nil || !slices.Equal(got, want) {
		t.Errorf("three overdue ones: got %v, error %v, want %v", got, err, want)
	}
	if got, err := s.(ledger.Staged).Overdue(u.ctx, farOff(), 0); err != nil || len(got) != 0 {
		t.Errorf("no overdue one: got %v, error %v", got, err)
	}
}

func checkPostpone(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	later := time.Now().Add(time.Hour)
	u.put(key(1), "a", reserve("cake", claim(1), 1, 9), reserve("cake", claim(2), 1, 9), reserve("cake", claim(3), 1, 9), post("cake", claim(3)))
	if err := s.(ledger.Staged).Postpone(u.ctx, later, ref("cake", 1), ref("cake", 3), ref("cake", 9), ref("never used", 1)); err != nil {
		t.Fatalf("Postpone: %v", err)
	}
	u.wantOverdue(later, ref("cake", 2))
	u.wantOverdue(later.Add(time.Second), ref("cake", 1), ref("cake", 2))
	u.settle(release("cake", claim(1)))
	u.wantOverdue(farOff(), ref("cake", 2))
	u.wantUsage("cake", 2)
}

func checkSettle(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", number("cake", claim(1), 9), number("cake", claim(2), 9), number("cake", claim(3), 9), reserve("gift", claim(1), 5, 9))
	u.settle(post("cake", claim(1)), release("cake", claim(2)), refund("gift", claim(1)), release("gift", claim(7)), post("none", claim(1)))
	u.settle(post("cake", claim(1)), release("cake", claim(1)), release("cake", claim(2)), refund("gift", claim(1)))
	u.wantUsage("cake", 2)
	u.wantUsage("gift", 0)
	u.wantOverdue(farOff(), ref("cake", 3))
	wantFailure(t, "Settle of a reservation", s.(ledger.Staged).Settle(u.ctx, reserve("cake", claim(4), 1, 9)))
	u.wantUsage("cake", 2)
	u.settle()
	u.put(key(1), "b", number("cake", claim(4), 9))
	u.wantNumbers("cake", 1, 0, 3, 2)
}

// checkLeftovers has changes refused by a record and by a limit.
func checkLeftovers(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "kept", reserve("held", claim(1), 3, 10))
	wantConflict(t, s.Apply(u.ctx, ledger.Change{
		Key: key(1), Expect: 7, Limits: []ledger.LimitOp{reserve("fresh", claim(2), 5, 10), release("held", claim(1))},
	}))
	wantFull(t, u.try(key(1), "lost", reserve("fresh", claim(3), 5, 10), release("held", claim(1)), reserve("none", claim(3), 1, 0)), "none")
	u.wantUsage("held", 3)
	u.wantUsage("none", 0)
	got, err := s.(ledger.Staged).Overdue(u.ctx, farOff(), 99)
	var sum int64
	for _, r := range got {
		if r.Limit == "fresh" {
			sum += 5
			u.settle(release(r.Limit, r.ClaimID))
		}
	}
	if usage := u.usage("fresh")[0]; err != nil || usage != 0 || sum > 10 {
		t.Errorf("after giving back what Overdue lists (%d units, error %v): %d are taken, want 0", sum, err, usage)
	}
	u.wantOverdue(farOff(), ref("held", 1))
}

// handOver has claim 1 fill the limits, and then a change on another version that gives its places to claim 2.
func (u user) handOver() []ledger.LimitOp {
	u.Helper()
	u.put(key(1), "a", number("edition", claim(1), 1), reserve("budget", claim(1), 8, 8))
	ops := []ledger.LimitOp{
		release("edition", claim(1)), number("edition", claim(2), 1), release("budget", claim(1)), reserve("budget", claim(2), 5, 8),
		reserve("budget", claim(3), 3, 8),
	}
	wantConflict(u, u.s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: 9, Limits: ops}))
	u.wantUsage("edition", 1)
	u.wantUsage("budget", 8)
	wantFull(u, u.try(key(2), "b", number("edition", claim(8), 1)), "edition")
	wantFull(u, u.try(key(2), "b", reserve("budget", claim(8), 1, 8)), "budget")
	return ops
}

func checkHandoverLost(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.handOver()
	u.settle(release("edition", claim(2)), release("budget", claim(2)), release("budget", claim(3)))
	u.wantUsage("edition", 1)
	u.wantUsage("budget", 8)
	u.wantNumbers("edition", 1, 0)
	u.wantOverdue(farOff(), ref("edition", 1), ref("budget", 1))
	u.settle(post("edition", claim(1)), refund("budget", claim(1)))
	u.wantUsage("budget", 0)
}

func checkHandoverOrder(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	ops := u.handOver()
	u.settle(release("edition", claim(1)), post("budget", claim(2)))
	u.settle(release("budget", claim(1)))
	u.wantUsage("edition", 1)
	u.wantUsage("budget", 8)
	u.wantNumbers("edition", 0, 1)
	u.put(key(1), "retried", ops...)
	u.wantUsage("budget", 8)
	u.settle(release("budget", claim(2)), release("budget", claim(3)))
	u.wantUsage("budget", 5)
	u.settle(refund("budget", claim(2)), release("edition", claim(2)))
	u.wantUsage("edition", 0)
	u.put(key(1), "again", number("edition", claim(4), 1), reserve("budget", claim(4), 8, 8))
	u.wantNumbers("edition", 0, 0, 0, 1)
}

// checkHandoverTwice has a claim that borrowed its place ask again, without the one that lent it.
func checkHandoverTwice(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	ops := u.handOver()
	wantFull(t, u.try(key(1), "b", number("edition", claim(2), 1)), "edition")
	wantFull(t, u.try(key(1), "b", reserve("budget", claim(2), 5, 8)), "budget")
	u.put(key(1), "b", number("edition", claim(2), 2), reserve("budget", claim(2), 5, 16))
	u.wantUsage("edition", 2)
	u.wantNumbers("edition", 1, 2)
	u.wantUsage("budget", 13)
	u.put(key(1), "c", ops...)
	u.wantUsage("edition", 1)
	u.wantNumbers("edition", 0, 2)
	u.wantUsage("budget", 8)
}

// checkStagedLog has writers number their events while a reader follows the log.
func checkStagedLog(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	const writers, each = 8, 12
	var all sync.WaitGroup
	var want []string
	for w := range writers {
		for i := range 2 * each {
			want = append(want, fmt.Sprintf("%d %02d", w, i))
		}
		all.Go(func() {
			for i := range each {
				list := events(fmt.Sprintf("%d %02d", w, 2*i), fmt.Sprintf("%d %02d", w, 2*i+1))
				if err := s.Apply(u.ctx, ledger.Change{Key: key(w), Expect: uint64(i), Events: list}); err != nil {
					t.Errorf("Apply: %v", err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	read := u.follow(done)
	slices.SortStableFunc(read, func(a, b string) int { return cmp.Compare(a[:1], b[:1]) })
	if !slices.Equal(read, want) {
		t.Errorf("the reader got %q, want %q", read, want)
	}
	u.wantEventsOfEach("", want)
}
