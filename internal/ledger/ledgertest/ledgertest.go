// Package ledgertest is the conformance suite of ledger.Store: every duty that the contract names is a check here, and each store's
// own test joins with a few lines. Checks compare answers with the contract; the model test compares whole histories with memstore,
// the reference.
package ledgertest

import (
	"slices"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
)

// TB is the part of testing.TB that checks use, small enough for a fake that records whether a check noticed a broken store.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// check is one rule of the contract.
type check struct {
	name string
	// run gets a store that nobody used before. It calls Fatalf only in its own goroutine.
	run func(t TB, s ledger.Store)
}

// Run checks that a store keeps the contract. open returns a new, empty store each time; whoever opens also closes.
func Run(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
	t.Run("model", func(t *testing.T) { checkModel(t, open(t)) })
}

// checks returns all rules, in the order of the contract.
func checks() []check {
	return slices.Concat(recordChecks(), conflictChecks(), dueChecks(), limitChecks(), refundChecks(), numberChecks(), behindChecks(),
		refusalChecks(), indexChecks(), logChecks(), secretChecks(), concurrencyChecks(), numberRaceChecks(), contextChecks(), closeChecks())
}
