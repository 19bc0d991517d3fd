package redisstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

// TestStore gives each check a tenant of its own on one server, so it also shows that tenants don't meet.
func TestStore(t *testing.T) {
	url := ledgertest.Redis(t)
	var tenants atomic.Int64
	ledgertest.Run(t, func(t *testing.T) ledger.Store {
		return open(t, url, redisstore.Options{Tenant: fmt.Sprint("tenant-", tenants.Add(1))})
	})
}

func TestPersistence(t *testing.T) {
	url := ledgertest.Redis(t)
	ledgertest.RunPersistence(t, func(t *testing.T) ledger.Store { return open(t, url, redisstore.Options{}) })
}

// TestLayout pins what is in Redis, which other versions of the program will read.
func TestLayout(t *testing.T) {
	url := ledgertest.Redis(t)
	s, look := open(t, url, redisstore.Options{Tenant: "shop"}), direct(t, url)
	const amount = 9_000_000_000_000_000
	post := ledger.LimitOp{Limit: "cake", Action: ledger.Post, ClaimID: "a"}
	err := s.Apply(t.Context(), ledger.Change{
		Key: customer(1), Data: []byte("data"), Due: time.UnixMicro(1_234_567),
		Limits: []ledger.LimitOp{cake("a", amount-3, amount), cake("b", 2, amount), post},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Secret(t.Context(), "key", []byte("hidden")); err != nil {
		t.Fatal(err)
	}
	ctx, prefix := t.Context(), "surprised:{shop}:"
	got := map[string]any{
		"record": look.Get(ctx, prefix+"c:"+customer(1).String()).Val(),
		"due":    look.ZRangeWithScores(ctx, prefix+"due", 0, -1).Val(),
		"limit":  look.HGetAll(ctx, prefix+"l:cake").Val(),
		"secret": look.Get(ctx, prefix+"s:key").Val(),
		"format": look.Get(ctx, prefix+"format").Val(),
		"keys":   look.DBSize(ctx).Val(),
	}
	key := customer(1)
	want := map[string]any{
		"record": "\x00\x00\x00\x00\x00\x00\x00\x01data",
		"due":    []redis.Z{{Score: 1_234_567, Member: string(key[:])}},
		"limit":  map[string]string{"": "8999999999999999", "a": "p8999999999999997", "b": "r2"},
		"secret": "hidden",
		"format": "1",
		"keys":   int64(5),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys in Redis (-want +got):\n%s", diff)
	}
}

func BenchmarkStore(b *testing.B) {
	ledgertest.Bench(b, open(b, ledgertest.Redis(b), redisstore.Options{}))
}

// open opens a store that ends with the test.
func open(t testing.TB, url string, opts redisstore.Options) *redisstore.Store {
	t.Helper()
	s, err := redisstore.Open(t.Context(), url, opts)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
