package boltstore_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/boltstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

const filledCustomers = 200

// filled makes a ledger file with customers, due times, limits and a secret.
func filled(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path)
	for n := range filledCustomers {
		if err := s.Apply(t.Context(), change(n, bytes.Repeat([]byte{byte(n)}, 300))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Secret(t.Context(), "name", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func change(n int, data []byte) ledger.Change {
	op := ledger.LimitOp{Limit: fmt.Sprint("limit ", n%3), Action: ledger.Reserve, ClaimID: surprise.ClaimID(fmt.Sprint("claim-", n)), Amount: 1, Capacity: 1e6}
	piece := ledger.LimitOp{Limit: "edition", Action: ledger.Reserve, ClaimID: op.ClaimID, Amount: 1, Capacity: 1e6, Numbered: true}
	member := ledger.IndexEntry{IndexPlace: ledger.IndexPlace{Score: int64(n), Member: fmt.Sprint(n)}, Data: data}
	return ledger.Change{
		Key: customer(n), Data: data, Due: time.Unix(int64(n), 0), Limits: []ledger.LimitOp{op, piece},
		Index: []ledger.IndexOp{{Index: "wall", IndexEntry: member}}, Events: []ledger.Event{{Time: time.Unix(int64(n), 0), Data: data}},
	}
}

func customer(n int) surprise.CustomerKey { return surprise.CustomerKey{byte(n >> 8), byte(n)} }

// TestDamagedPages overwrites pages with noise. Nothing is said about what can still be read: only that nothing panics or hangs.
func TestDamagedPages(t *testing.T) {
	whole, err := os.ReadFile(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for n := range 60 {
		path := filepath.Join(dir, fmt.Sprint(n)) // a file of its own, for a lock may outlive a failed Open
		if err := os.WriteFile(path, damage(random, bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := boltstore.Open(path, boltstore.Options{})
		if err != nil {
			refused++
			continue
		}
		useAll(t, s)
		_ = s.Close()
	}
	if refused == 0 {
		t.Error("none of 60 damaged files was refused")
	}
}

// damage overwrites one or two pages, or some bytes of them.
func damage(random *rand.Rand, file []byte) []byte {
	pages := len(file) / os.Getpagesize()
	for range 1 + random.IntN(2) {
		start := random.IntN(pages) * os.Getpagesize()
		length := 1 + random.IntN(os.Getpagesize())
		for i := range length {
			file[start+i] = byte(random.Uint32())
		}
	}
	return file
}

// useAll calls everything; each call must return, with or without an error.
func useAll(t *testing.T, s *boltstore.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for n := range filledCustomers {
		_, _ = s.Load(ctx, customer(n))
	}
	for n := range 5 {
		again := change(n, []byte("again"))
		again.Expect = 1
		_ = s.Apply(ctx, again)
		_ = s.Apply(ctx, change(filledCustomers+n, []byte("new")))
	}
	_, _ = s.Due(ctx, time.Unix(1e6, 0), filledCustomers)
	_, _ = s.Usage(ctx, "limit 0", "limit 1", "limit 2")
	_, _ = s.Secret(ctx, "name", []byte("other"))
	_, _ = s.Numbers(ctx, ledger.LimitRef{Limit: "edition", ClaimID: "claim-1"})
	_, _ = s.Range(ctx, "wall", nil, filledCustomers, false)
	_, _ = s.Range(ctx, "wall", nil, filledCustomers, true)
	_, _ = s.Find(ctx, "wall", "1", "2")
	_, _ = s.Events(ctx, "", filledCustomers)
	_, _ = s.LastEvent(ctx)
	_, _ = s.TrimEvents(ctx, time.Unix(filledCustomers/2, 0), filledCustomers)
	if ctx.Err() != nil {
		t.Error("a call on a damaged file hung")
	}
}

// TestFileCutWhileOpen takes the file's content away from under an open store.
func TestFileCutWhileOpen(t *testing.T) {
	path := filled(t)
	s := open(t, path)
	if err := os.Truncate(path, int64(2*os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), customer(1)); err == nil {
		t.Error("Load from a file that lost its pages: got no error")
	}
	useAll(t, s)
	closed := make(chan struct{})
	go func() { _ = s.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Fatal("Close hung")
	}
}
