package boltstore_test

import (
	"path/filepath"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/boltstore"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
)

func TestStore(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) ledger.Store { return open(t, filepath.Join(t.TempDir(), "ledger.db")) })
}

func TestPersistence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	ledgertest.RunPersistence(t, func(t *testing.T) ledger.Store { return open(t, path) })
}

func BenchmarkStore(b *testing.B) {
	ledgertest.Bench(b, open(b, filepath.Join(b.TempDir(), "ledger.db")))
}

// open opens a store that ends with the test.
func open(t testing.TB, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}
