package app

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// TestTuneGC leaves GOGC to the operator; a memory limit is no reason to collect more often than it demands.
func TestTuneGC(t *testing.T) {
	was := debug.SetGCPercent(100)
	defer debug.SetGCPercent(was)
	for _, tc := range []struct {
		gogc, limit string
		tuned       bool
	}{{"", "", true}, {"", "1GiB", true}, {"100", "", false}, {"off", "", false}} {
		t.Setenv("GOGC", tc.gogc)
		t.Setenv("GOMEMLIMIT", tc.limit)
		debug.SetGCPercent(100)
		runtime.GC()
		new(gcTuner).tune()
		if got := debug.SetGCPercent(100); got >= gcPercent != tc.tuned {
			t.Errorf("GOGC=%q GOMEMLIMIT=%q: got %d percent, want it tuned: %v", tc.gogc, tc.limit, got, tc.tuned)
		}
	}
}

// TestGCPercentFor has small and large heaps grow by a fixed amount, those between by a share.
func TestGCPercentFor(t *testing.T) {
	for live, want := range map[uint64]int{0: maxGCPercent, 1 << 20: maxGCPercent, 16 << 20: 800, 32 << 20: 400, 64 << 20: 400, 256 << 20: 200, 1 << 30: minGCPercent} {
		if got := gcPercentFor(live); got != want {
			t.Errorf("%d bytes are live: got %d percent, want %d", live, got, want)
		}
	}
}
