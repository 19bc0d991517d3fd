package redisstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

func TestWalk(t *testing.T) {
	url := ledgertest.Redis(t)
	var tenants atomic.Int64
	ledgertest.RunWalk(t, func(t *testing.T) ledger.Store {
		return open(t, url, redisstore.Options{Tenant: fmt.Sprint("tenant-", tenants.Add(1))})
	})
}
