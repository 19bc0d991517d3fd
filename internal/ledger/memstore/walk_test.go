package memstore_test

import (
	"testing"

	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
)

func TestWalk(t *testing.T) {
	ledgertest.RunWalk(t, open)
}
