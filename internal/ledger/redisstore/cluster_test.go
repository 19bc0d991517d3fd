package redisstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

// TestCluster shares one cluster, because it takes seconds to start. Each test has tenants of its own; those that break nodes come last.
func TestCluster(t *testing.T) {
	nodes := ledgertest.Cluster(t)
	t.Run("Conformance", func(t *testing.T) {
		var tenants atomic.Int64
		ledgertest.RunStaged(t, func(t *testing.T) ledgertest.StagedStore {
			return openCluster(t, nodes.URL(), redisstore.Options{Tenant: fmt.Sprint("tenant-", tenants.Add(1))})
		})
	})
	t.Run("Walk", func(t *testing.T) {
		var tenants atomic.Int64
		ledgertest.RunWalk(t, func(t *testing.T) ledger.Store {
			return openCluster(t, nodes.URL(), redisstore.Options{Tenant: fmt.Sprint("walked-", tenants.Add(1))})
		})
	})
	t.Run("Persistence", func(t *testing.T) {
		ledgertest.RunPersistence(t, func(t *testing.T) ledger.Store {
			return openCluster(t, nodes.URL(), redisstore.Options{Tenant: "persistent"})
		})
	})
	for _, test := range []struct {
		name string
		run  func(*testing.T, *ledgertest.ClusterNodes)
	}{
		{"Claims", clusterClaims}, {"Redirects", clusterRedirects}, {"Moves", clusterMoves}, {"Failover", clusterFailover}, {"Kill", clusterKill},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, nodes) })
	}
}

func openCluster(t testing.TB, url string, opts redisstore.Options) *redisstore.Cluster {
	t.Helper()
	c, err := redisstore.OpenCluster(t.Context(), url, opts)
	if err != nil {
		t.Fatalf("OpenCluster: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func BenchmarkCluster(b *testing.B) {
	ledgertest.Bench(b, openCluster(b, ledgertest.Cluster(b).URL(), redisstore.Options{}))
}
