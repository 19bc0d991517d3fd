package memstore_test

import (
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
)

func open(*testing.T) ledger.Store { return memstore.New() }

func TestStore(t *testing.T) { ledgertest.Run(t, open) }

func BenchmarkStore(b *testing.B) {
	ledgertest.Bench(b, memstore.New())
}
