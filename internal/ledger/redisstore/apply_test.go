package redisstore_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

// TestNothingToChange posts and gives back what nobody has: no limit comes into being by that, alone or beside one that changes.
func TestNothingToChange(t *testing.T) {
	url := ledgertest.Redis(t)
	s, look := open(t, url, redisstore.Options{Tenant: "shop"}), direct(t, url)
	var ops []ledger.LimitOp
	for i, action := range []ledger.LimitAction{ledger.Post, ledger.Release, ledger.Refund} {
		op := ledger.LimitOp{Limit: "gift", Action: action, ClaimID: "nobody"}
		if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: uint64(i), Limits: []ledger.LimitOp{op}}); err != nil {
			t.Fatal(err)
		}
		ops = append(ops, op)
	}
	ops = append([]ledger.LimitOp{cake("a", 1, 1)}, ops...)
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: 3, Limits: ops}); err != nil {
		t.Fatal(err)
	}
	got := look.Keys(t.Context(), "surprised:{shop}:l:*").Val()
	if diff := cmp.Diff([]string{"surprised:{shop}:l:cake"}, got); diff != "" {
		t.Errorf("limits in Redis (-want +got):\n%s", diff)
	}
}

// TestNumberThereAndBack takes a number that came back, and gives it back in the same change: the next gets it.
func TestNumberThereAndBack(t *testing.T) {
	s := open(t, ledgertest.Redis(t), redisstore.Options{})
	free := func(op ledger.LimitOp) ledger.LimitOp {
		return ledger.LimitOp{Limit: op.Limit, Action: ledger.Release, ClaimID: op.ClaimID}
	}
	changes := [][]ledger.LimitOp{{piece("a"), piece("b")}, {free(piece("a"))}, {piece("c"), free(piece("c"))}, {piece("d")}}
	for i, ops := range changes {
		if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: uint64(i), Limits: ops}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Numbers(t.Context(), ledger.LimitRef{Limit: "edition", ClaimID: "b"}, ledger.LimitRef{Limit: "edition", ClaimID: "d"})
	if err != nil || !slices.Equal(got, []int64{2, 1}) {
		t.Errorf("numbers of b and d: got %v, error %v, want 2 and 1", got, err)
	}
}
