package protocolcheck

import (
	"fmt"
	"testing"
)

// everyUnits runs a test with stock of 1 and of 2: with 1 no two customers can be given anything at once, with 2 a claim can be refused for
// its customer's other claim after it got a unit.
func everyUnits(t *testing.T, test func(t *testing.T, units int)) {
	for units := 1; units <= 2; units++ {
		t.Run(fmt.Sprintf("units=%d", units), func(t *testing.T) {
			t.Parallel()
			test(t, units)
		})
	}
}

func TestProtocolKeepsItsPromises(t *testing.T) {
	everyUnits(t, func(t *testing.T, units int) {
		got := explore(protocol{units: units}, invariants()...)
		t.Logf("all %d states searched", got.states)
		if got.broken != "" {
			t.Fatalf("%s after %d states:\n%s", got.broken, got.states, tell(got.trace))
		}
		// A model in which something never happens would be clean for nothing.
		for _, name := range []string{
			reserveL, writeHeld, writeDenied, releaseL, writeGiven, postL, writeCancel, writeEnd, reapL, reserveLate, writeLate, writeOver,
		} {
			if got.taken[name] == 0 {
				t.Errorf("%q is never done in the model", name)
			}
		}
		if got.taken[wrong] != 0 {
			t.Errorf("got %d wrong steps in the protocol without a fault, want none", got.taken[wrong])
		}
	})
}

func TestFaultsAreCaught(t *testing.T) {
	for _, test := range []struct {
		fault  fault
		breaks invariant
	}{
		{limitTTL, oversold},
		{limitTTL, unbacked},
		{bareCounter, oversold},
		{bareCounter, leaked},
		{reaperNoTombstone, oversold},
		{refusalUnrecorded, oversold},
		{confirmedReleased, oversold},
		{cancelNoTombstone, oversold},
		{cancelReleasesFirst, oversold},
		{postFirst, leaked},
		{answerFirst, lost},
		{blindWrite, cooldown},
		{blindWrite, reopened},
		{blindWrite, oversold},
		{prunedEarly, oversold},
		{lateUnreserved, oversold},
		{lateOldID, oversold},
		{lateNoTombstone, oversold},
	} {
		t.Run(fmt.Sprintf("%s: %s", test.fault, test.breaks), func(t *testing.T) {
			everyUnits(t, func(t *testing.T, units int) {
				got := explore(protocol{units: units, fault: test.fault}, test.breaks)
				if got.broken != test.breaks {
					t.Fatalf("the fault is not caught in %d states", got.states)
				}
				t.Logf("%d steps to it, after %d states:\n%s", len(got.trace), got.states, tell(got.trace))
			})
		})
	}
}
