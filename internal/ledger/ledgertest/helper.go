package ledgertest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// patience bounds one check, so that a store that hangs fails instead of stopping the suite.
const patience = 30 * time.Second

// key returns the n-th customer.
func key(n int) surprise.CustomerKey {
	var k surprise.CustomerKey
	binary.BigEndian.PutUint64(k[8:], uint64(n)+1)
	return k
}

// claim returns the n-th claim id.
func claim(n int) surprise.ClaimID { return surprise.ClaimID(fmt.Sprintf("claim-%d", n)) }

// noon is some fixed time; the stores have no clock, so it need not be near now.
func noon() time.Time { return time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC) }

func reserve(limit string, id surprise.ClaimID, amount, capacity int64) ledger.LimitOp {
	return ledger.LimitOp{Limit: limit, Action: ledger.Reserve, ClaimID: id, Amount: amount, Capacity: capacity}
}

func post(limit string, id surprise.ClaimID) ledger.LimitOp {
	return ledger.LimitOp{Limit: limit, Action: ledger.Post, ClaimID: id}
}

func release(limit string, id surprise.ClaimID) ledger.LimitOp {
	return ledger.LimitOp{Limit: limit, Action: ledger.Release, ClaimID: id}
}

// user calls a store and fails the check where a call fails that must not.
type user struct {
	TB
	ctx context.Context
	s   ledger.Store
}

// use returns a user and what ends it.
func use(t TB, s ledger.Store) (u user, stop func()) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	return user{TB: t, ctx: ctx, s: s}, stop
}

func (u user) load(keys ...surprise.CustomerKey) []ledger.Versioned {
	u.Helper()
	got, err := u.s.Load(u.ctx, keys...)
	if err != nil || len(got) != len(keys) {
		u.Fatalf("Load of %d keys: %d records, error %v", len(keys), len(got), err)
	}
	return got
}

func (u user) apply(c ledger.Change) {
	u.Helper()
	if err := u.s.Apply(u.ctx, c); err != nil {
		u.Fatalf("Apply: %v", err)
	}
}

// put writes the record of a customer over whatever it is now, with limit operations.
func (u user) put(k surprise.CustomerKey, data string, ops ...ledger.LimitOp) {
	u.Helper()
	u.apply(ledger.Change{Key: k, Expect: u.load(k)[0].Version, Data: []byte(data), Limits: ops})
}

// try is put, for changes that the store may refuse.
func (u user) try(k surprise.CustomerKey, data string, ops ...ledger.LimitOp) error {
	u.Helper()
	return u.s.Apply(u.ctx, ledger.Change{Key: k, Expect: u.load(k)[0].Version, Data: []byte(data), Limits: ops})
}

func (u user) due(at time.Time, n int) []surprise.CustomerKey {
	u.Helper()
	got, err := u.s.Due(u.ctx, at, n)
	if err != nil {
		u.Fatalf("Due: %v", err)
	}
	return got
}

func (u user) usage(limits ...string) []int64 {
	u.Helper()
	got, err := u.s.Usage(u.ctx, limits...)
	if err != nil || len(got) != len(limits) {
		u.Fatalf("Usage of %d limits: %d sums, error %v", len(limits), len(got), err)
	}
	return got
}

func (u user) wantRecord(k surprise.CustomerKey, version uint64, data string) {
	u.Helper()
	if got := u.load(k)[0]; got.Version != version || string(got.Data) != data {
		u.Errorf("record: got version %d with %.40q, want version %d with %.40q", got.Version, got.Data, version, data)
	}
}

func (u user) wantUsage(limit string, want int64) {
	u.Helper()
	if got := u.usage(limit)[0]; got != want {
		u.Errorf("usage of limit %q: got %d, want %d", limit, got, want)
	}
}

func (u user) wantDue(at time.Time, n int, want ...surprise.CustomerKey) {
	u.Helper()
	if got := u.due(at, n); !slices.Equal(got, want) {
		u.Errorf("due at %s, %d at most: got %v, want %v", at.Format(time.RFC3339Nano), n, got, want)
	}
}

// wantFull asks for a LimitError that names limit, and does not speak of others in line.
func wantFull(t TB, err error, limit string) {
	t.Helper()
	var full *ledger.LimitError
	if !errors.As(err, &full) || full.Limit != limit || full.Behind {
		t.Errorf("got error %v, want a LimitError of limit %q because it is full", err, limit)
	}
}

func wantConflict(t TB, err error) {
	t.Helper()
	if !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("got error %v, want ErrConflict", err)
	}
}

// wantFailure asks for an error that tells nothing of the ledger's content.
func wantFailure(t TB, what string, err error) {
	t.Helper()
	var full *ledger.LimitError
	if err == nil || errors.Is(err, ledger.ErrConflict) || errors.As(err, &full) {
		t.Errorf("%s: got error %v, want one that is neither ErrConflict nor a LimitError", what, err)
	}
}
