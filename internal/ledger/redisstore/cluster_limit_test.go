package redisstore_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// clusterLoans has changes hold what they take and then not be written, so that what they borrowed is still lent.
func clusterLoans(t *testing.T, node single) {
	s := openCluster(t, node.url, redisstore.Options{Tenant: "loans"})
	give := func(limit string) ledger.LimitOp {
		return ledger.LimitOp{Limit: limit, Action: ledger.Release, ClaimID: "a"}
	}
	take := func(limit string, id surprise.ClaimID, amount int64) ledger.LimitOp {
		return ledger.LimitOp{Limit: limit, Action: ledger.Reserve, ClaimID: id, Amount: amount, Capacity: 6}
	}
	for _, limit := range []string{"once", "grows", "shared"} {
		if err := s.Apply(t.Context(), ledger.Change{Key: surprise.CustomerKey{byte(len(limit))}, Limits: []ledger.LimitOp{take(limit, "a", 3)}}); err != nil {
			t.Fatal(err)
		}
	}
	hold := func(ops ...ledger.LimitOp) {
		t.Helper()
		if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: 9, Limits: ops}); !errors.Is(err, ledger.ErrConflict) {
			t.Fatalf("got %v, want a conflict after the reservation", err)
		}
	}
	hold(give("once"), take("once", "b", 3))
	hold(give("once"), take("once", "c", 3)) // what a lends is lent to b already
	hold(give("grows"), take("grows", "b", 2))
	hold(give("grows"), ledger.LimitOp{Limit: "grows", Action: ledger.Refund, ClaimID: "b"}, take("grows", "b", 3)) // b needs one more, and borrows no more
	hold(give("shared"), take("shared", "b", 3), take("shared", "c", 3))                                            // what a lends is enough for b only
	for limit, want := range map[string]int64{"once": 6, "grows": 4, "shared": 6} {
		if limit == "shared" { // what is mended counts loans too
			damage := node.look.HSet(t.Context(), "surprised:{loans:l:shared}:l", "", 99).Err()
			if err := errors.Join(damage, s.MendLimit(t.Context(), limit)); err != nil {
				t.Fatal(err)
			}
		}
		state, err := s.AuditLimit(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		adds := int64(0)
		for _, e := range state.Entries {
			adds += e.Amount
		}
		if state.Sum != want || adds != want {
			t.Errorf("%s: it counts %d, and its entries add up to %d, want %d", limit, state.Sum, adds, want)
		}
	}
}

// clusterMarks settles what is not there: its mark goes, and what else the change settles is settled all the same.
func clusterMarks(t *testing.T, node single) {
	s := openCluster(t, node.url, redisstore.Options{Tenant: "marks"})
	piece := func(id surprise.ClaimID, capacity int64) ledger.LimitOp {
		return ledger.LimitOp{Limit: "edition", Action: ledger.Reserve, ClaimID: id, Amount: 1, Capacity: capacity, Numbered: true}
	}
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Limits: []ledger.LimitOp{piece("a", 9), piece("b", 9), piece("c", 9)}}); err != nil {
		t.Fatal(err)
	}
	mark := redis.Z{Score: 1, Member: "nobody"}
	if err := node.look.ZAdd(t.Context(), "surprised:{marks:l:edition}:o", mark).Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.Settle(t.Context(), ledger.LimitOp{Limit: "edition", Action: ledger.Release, ClaimID: "nobody"}); err != nil {
		t.Fatal(err)
	}
	if open, err := s.Overdue(t.Context(), time.Now().Add(-time.Minute), 9); err != nil || len(open) != 0 {
		t.Errorf("marks of nobody: %v, error %v", open, err)
	}
	// The capacity is smaller by now than the number that c gives back and takes again.
	again := ledger.LimitOp{Limit: "edition", Action: ledger.Refund, ClaimID: "c"}
	if err := s.SettleLate(t.Context(), ledger.LimitOp{Limit: "edition", Action: ledger.Post, ClaimID: "a"}, again, piece("c", 1)); err != nil {
		t.Fatal(err)
	}
	state, err := s.AuditLimit(t.Context(), "edition")
	slices.Sort(state.Open)
	if err != nil || state.Sum != 3 || !slices.Equal(state.Open, []surprise.ClaimID{"b", "c"}) {
		t.Fatalf("%+v, error %v", state, err)
	}
	for _, e := range state.Entries {
		if want := map[surprise.ClaimID]int64{"a": 1, "b": 2, "c": 3}[e.ClaimID]; e.Number != want || e.Posted != (e.ClaimID == "a") {
			t.Errorf("%+v, want number %d", e, want)
		}
	}
}

// clusterHeldNumbers has a change give a number back and take a lower one, and then not be written: what it gave back is not free.
func clusterHeldNumbers(t *testing.T, node single) {
	s := openCluster(t, node.url, redisstore.Options{Tenant: "held-numbers"})
	piece := func(id surprise.ClaimID) ledger.LimitOp {
		return ledger.LimitOp{Limit: "edition", Action: ledger.Reserve, ClaimID: id, Amount: 1, Capacity: 9, Numbered: true}
	}
	give := func(id surprise.ClaimID) ledger.LimitOp {
		return ledger.LimitOp{Limit: "edition", Action: ledger.Release, ClaimID: id}
	}
	wantNumbers := func(want map[surprise.ClaimID]int64, free ...int64) {
		t.Helper()
		state, err := s.AuditLimit(t.Context(), "edition")
		got := make(map[surprise.ClaimID]int64)
		for _, e := range state.Entries {
			got[e.ClaimID] = e.Number
		}
		if diff := cmp.Diff(want, got) + cmp.Diff(free, state.Free); err != nil || diff != "" {
			t.Errorf("error %v, numbers and free numbers (-want +got):\n%s", err, diff)
		}
		state.Numbers(func(kind string, id surprise.ClaimID, what string) { t.Errorf("%s %s: %s", kind, id, what) })
	}
	apply := func(expect uint64, ops ...ledger.LimitOp) error {
		return s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: expect, Limits: ops})
	}
	if err := errors.Join(apply(0, piece("x"), piece("a")), apply(1, give("x"))); err != nil {
		t.Fatal(err)
	}
	if err := apply(9, give("a"), piece("b")); !errors.Is(err, ledger.ErrConflict) {
		t.Fatal(err)
	}
	wantNumbers(map[surprise.ClaimID]int64{"a": 2, "b": 1})
	if err := apply(2, give("a"), piece("b")); err != nil {
		t.Fatal(err)
	}
	wantNumbers(map[surprise.ClaimID]int64{"b": 1}, 2)
	refund := give("y")
	refund.Action = ledger.Refund
	if err := apply(3, piece("y"), refund); err != nil { // y takes what is free, and gives it back in the same change
		t.Fatal(err)
	}
	wantNumbers(map[surprise.ClaimID]int64{"b": 1}, 2)
}

// clusterForeignKeys has something else where a partition keeps what it has besides records: a change fails, and nothing of it is written.
func clusterForeignKeys(t *testing.T, node single) {
	for kind, key := range map[string]string{"due": "due", "log": "e", "order": "i:wall", "members": "m:wall"} {
		tenant := "foreign-" + kind
		s := openCluster(t, node.url+"?partitions=1", redisstore.Options{Tenant: tenant})
		key = "surprised:{" + tenant + ":p0}:" + key
		if err := node.look.Set(t.Context(), key, "of another program", 0).Err(); err != nil {
			t.Fatal(err)
		}
		entry := ledger.IndexEntry{IndexPlace: ledger.IndexPlace{Score: 1, Member: "a"}}
		err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Data: []byte("x"), Due: time.Unix(1, 0), Index: []ledger.IndexOp{{Index: "wall", IndexEntry: entry}},
			Events: []ledger.Event{{Time: time.Unix(1, 0), Data: []byte("e")}}})
		wantUnknown(t, err)
		if got, err := s.Load(t.Context(), customer(1)); err != nil || got[0].Version != 0 {
			t.Errorf("%s: the record is %+v, error %v, want none", kind, got, err)
		}
		for _, other := range []string{"due", "e", "i:wall", "m:wall"} {
			other = "surprised:{" + tenant + ":p0}:" + other
			if n, err := node.look.Exists(t.Context(), other).Result(); other != key && (n != 0 || err != nil) {
				t.Errorf("%s: there is %s, error %v", kind, other, err)
			}
		}
	}
}
