package history

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/boltstore"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

// opener opens a store that nobody used before.
type opener func(t *testing.T, tenant string) ledger.Store

// kinds are the stores that the tests below run on, each on servers of its own. A further kind is one more line.
var kinds = []struct {
	name  string
	start func(t *testing.T) opener
}{
	{"memstore", func(*testing.T) opener { return func(*testing.T, string) ledger.Store { return memstore.New() } }},
	{"boltstore", func(*testing.T) opener { return openBolt }},
	{"redis", func(t *testing.T) opener { return redisAt(ledgertest.Redis(t)) }},
	{"sentinel", func(t *testing.T) opener { return redisAt(ledgertest.Sentinel(t).URL()) }},
	{"cluster", func(t *testing.T) opener { return clusterAt(ledgertest.Cluster(t).URL()) }},
}

// TestStores runs what holds for every store.
func TestStores(t *testing.T) {
	tests := []struct {
		name string
		run  func(t *testing.T, store ledger.Store)
	}{
		{"linearizable", testLinearizable},
		{"offline till", testOfflineTill},
		{"confirm after expiry", testConfirmAfterExpiry},
		{"random budgets", testRandomBudgets},
		{"every call several times", testEveryCallSeveralTimes},
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			open := kind.start(t)
			for i, test := range tests {
				t.Run(test.name, func(t *testing.T) {
					store := open(t, fmt.Sprint("tenant-", i))
					t.Cleanup(func() { _ = store.Close() })
					test.run(t, store)
				})
			}
		})
	}
}

func openBolt(t *testing.T, _ string) ledger.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "ledger.db"), boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func redisAt(url string) opener {
	return func(t *testing.T, tenant string) ledger.Store {
		t.Helper()
		s, err := redisstore.Open(t.Context(), url, redisstore.Options{Tenant: tenant, Connections: 64})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func clusterAt(url string) opener {
	return func(t *testing.T, tenant string) ledger.Store {
		t.Helper()
		s, err := redisstore.OpenCluster(t.Context(), url, redisstore.Options{Tenant: tenant, Connections: 64})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// isStaged reports whether limits do not commit together with records.
func isStaged(store ledger.Store) bool {
	_, staged := store.(ledger.Staged)
	return staged
}
