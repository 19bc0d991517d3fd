package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
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

// A file keeps one tenant only, but the name of the tenant is needed for what counts its codes.
func TestLedgerVerifyOfAnotherTenant(t *testing.T) {
	fromRoot(t)
	verify := func(store string, args ...string) (int, string, string) {
		w := newWorld("")
		code := run(context.Background(), append([]string{"ledger", "verify", "--store", store}, args...), &w.environment)
		return code, w.out.String(), w.err.String()
	}
	store := "bolt:" + filepath.Join(t.TempDir(), "codes.db")
	e, err := app.NewEngine(t.Context(), app.EngineOptions{CatalogDir: "examples/services", Store: store})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Ledger.ImportCodes(t.Context(), &surprisev1.ImportCodesRequest{Limit: "gift_cards", Codes: []string{"GC-1", "GC-2"}})
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	if code, out, told := verify(store); code != exitOK || out != "" {
		t.Errorf("its own tenant: %d, %s, %s", code, out, told)
	}
	if code, out, _ := verify(store, "--tenant", "other"); code != exitFailed || !strings.Contains(out, "2 codes, and nothing that counts them") || !strings.Contains(out, "another tenant") {
		t.Errorf("another tenant: %d, %s", code, out)
	}
	if code, out, told := verify(claimed(t), "--tenant", "other"); code != exitOK || out != "" || !strings.Contains(told, "1 records with 2 claims") {
		t.Errorf("without codes the tenant does not matter: %d, %s, %s", code, out, told)
	}
}

// A typo in the tenant's name is no clean bill for the right one, and leaves no key behind.
func TestLedgerVerifyOfNobody(t *testing.T) {
	url := ledgertest.Redis(t)
	w := newWorld("")
	if code := run(context.Background(), []string{"ledger", "verify", "--store", url + "/0", "--tenant", "shpo"}, &w.environment); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	if told := w.err.String(); !strings.Contains(told, `keeps nothing of the tenant "shpo"`) {
		t.Errorf("told %q", told)
	}
	client := redis.NewClient(&redis.Options{Addr: strings.TrimPrefix(url, "redis://")})
	t.Cleanup(func() { _ = client.Close() })
	if n, err := client.Exists(t.Context(), "surprised:{shpo}:s:customer-key").Result(); n != 0 || err != nil {
		t.Errorf("it made a key for nobody: %d, %v", n, err)
	}
}
