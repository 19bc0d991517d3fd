package main

import (
	"context"
	"strings"
	"testing"

	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/storeurl"
	"github.com/surprise-service/surprised/internal/surprise"
)

// spoil opens a store and reserves for a claim that nobody made.
func spoil(t *testing.T, store string) {
	t.Helper()
	s, err := storeurl.Open(t.Context(), store, storeurl.Options{Tenant: "default"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	hash, err := app.CustomerHash(t.Context(), s, "default")
	if err != nil {
		t.Fatal(err)
	}
	lost := surprise.NewClaimID(hash("somebody else"), "offer", []byte("lost"))
	op := ledger.LimitOp{Limit: "cakes||", Action: ledger.Reserve, ClaimID: lost, Amount: 1, Capacity: 10}
	if err := s.Apply(t.Context(), ledger.Change{Key: hash("c-2"), Limits: []ledger.LimitOp{op}}); err != nil {
		t.Fatal(err)
	}
}

func TestLedgerVerify(t *testing.T) {
	fromRoot(t)
	store := claimed(t)
	verify := func(args ...string) (int, string, string) {
		w := newWorld("")
		code := run(context.Background(), append([]string{"ledger", "verify", "--store", store}, args...), &w.environment)
		return code, w.out.String(), w.err.String()
	}
	if code, out, told := verify(); code != exitOK || out != "" || !strings.Contains(told, "1 records with 2 claims") {
		t.Fatalf("a good store: %d, %s, %s", code, out, told)
	}
	spoil(t, store)
	if code, out, told := verify("-o", "table"); code != exitFailed || !strings.Contains(out, "ENTRY_ORPHAN") || !strings.Contains(told, "1 findings are not repaired") {
		t.Fatalf("a spoiled store: %d, %s, %s", code, out, told)
	}
	if code, out, told := verify("--repair"); code != exitOK || !strings.Contains(out, `"repaired":true,"done":"it was given back"`) {
		t.Fatalf("repaired: %d, %s, %s", code, out, told)
	}
	if code, out, told := verify(); code != exitOK || out != "" {
		t.Fatalf("after it: %d, %s, %s", code, out, told)
	}
}

func TestLedgerVerifyNeedsAStore(t *testing.T) {
	for want, args := range map[string][]string{
		"name the store": {"ledger", "verify"},
		"no such file":   {"ledger", "verify", "--store", "bolt:/nowhere/at/all.db"},
	} {
		w := newWorld("")
		if code := run(context.Background(), args, &w.environment); code == exitOK || !strings.Contains(w.err.String(), want) {
			t.Errorf("%v: %d, %s", args, code, w.err.String())
		}
	}
}
