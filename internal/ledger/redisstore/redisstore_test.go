package redisstore_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
	"github.com/surprise-service/surprised/internal/surprise"
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
	free := ledger.LimitOp{Limit: "edition", Action: ledger.Release, ClaimID: "b"}
	err := s.Apply(t.Context(), ledger.Change{
		Key: customer(1), Data: []byte("data"), Due: time.UnixMicro(1_234_567),
		Limits: []ledger.LimitOp{cake("a", amount-3, amount), cake("b", 2, amount), post, piece("a"), piece("b"), piece("c"), free},
		Index:  []ledger.IndexOp{code("first", 255), code("second", 9)},
		Events: []ledger.Event{{Time: time.Unix(1, 0), Data: []byte("it happened")}},
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
		"pieces": look.HGetAll(ctx, prefix+"l:edition").Val(),
		"freed":  look.ZRangeWithScores(ctx, prefix+"f:edition", 0, -1).Val(),
		"order":  look.ZRangeWithScores(ctx, prefix+"i:codes", 0, -1).Val(),
		"codes":  look.HGetAll(ctx, prefix+"m:codes").Val(),
		"events": look.XRange(ctx, prefix+"e", "-", "+").Val()[0].Values,
		"secret": look.Get(ctx, prefix+"s:key").Val(),
		"format": look.Get(ctx, prefix+"format").Val(),
		"keys":   look.DBSize(ctx).Val(),
	}
	key := customer(1)
	want := map[string]any{
		"record": "\x00\x00\x00\x00\x00\x00\x00\x01data",
		"due":    []redis.Z{{Score: 1_234_567, Member: string(key[:])}},
		"limit":  map[string]string{"": "8999999999999999", "a": "p8999999999999997", "b": "r2"},
		"pieces": map[string]string{"": "2", "#n": "3", "a": "r1#1", "c": "r1#3"},
		"freed":  []redis.Z{{Score: 2, Member: "2"}},
		"order":  []redis.Z{{Member: "0000000000000009second"}, {Member: "00000000000000fffirst"}},
		"codes":  map[string]string{"first": "00000000000000ffof first", "second": "0000000000000009of second"},
		"events": map[string]any{"event": "it happened"},
		"secret": "hidden",
		"format": "1",
		"keys":   int64(10),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys in Redis (-want +got):\n%s", diff)
	}
}

// piece reserves a numbered one.
func piece(id surprise.ClaimID) ledger.LimitOp {
	return ledger.LimitOp{Limit: "edition", Action: ledger.Reserve, ClaimID: id, Amount: 1, Capacity: 100, Numbered: true}
}

func code(member string, score int64) ledger.IndexOp {
	e := ledger.IndexEntry{IndexPlace: ledger.IndexPlace{Score: score, Member: member}, Data: []byte("of " + member)}
	return ledger.IndexOp{Index: "codes", IndexEntry: e}
}

// TestForeignCursor asks for what follows events that this log never had, as after its Redis lost its data.
func TestForeignCursor(t *testing.T) {
	s := open(t, ledgertest.Redis(t), redisstore.Options{})
	want := func(cursor string, want error) {
		t.Helper()
		if _, err := s.Events(t.Context(), cursor, 1); !errors.Is(err, want) {
			t.Errorf("events after %s: got error %v, want %v", cursor, err, want)
		}
	}
	want("1-1", ledger.ErrCursor)
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Events: []ledger.Event{{Data: []byte("x")}}}); err != nil {
		t.Fatal(err)
	}
	want("1-1", nil) // it may have been trimmed
	want("99999999999999-0", ledger.ErrCursor)
	if n, err := s.TrimEvents(t.Context(), time.UnixMilli(99999999999999), 9); n != 1 || err != nil {
		t.Fatalf("TrimEvents: got %d, error %v, want 1", n, err)
	}
	want("1-1", nil)
	want("99999999999999-0", ledger.ErrCursor)
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
