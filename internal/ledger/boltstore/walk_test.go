package boltstore_test

import (
	"path/filepath"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
)

func TestWalk(t *testing.T) {
	ledgertest.RunWalk(t, func(t *testing.T) ledger.Store { return open(t, filepath.Join(t.TempDir(), "ledger.db")) })
}
