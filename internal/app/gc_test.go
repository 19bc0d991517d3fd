package app

import (
	"runtime/debug"
	"testing"
)

// TestTuneGC leaves GOGC to the operator; a memory limit is no reason to collect more often than it demands.
func TestTuneGC(t *testing.T) {
	was := debug.SetGCPercent(100)
	defer debug.SetGCPercent(was)
	for _, tc := range []struct {
		gogc, limit string
		want        int
	}{{"", "", gcPercent}, {"", "1GiB", gcPercent}, {"100", "", 100}, {"off", "", 100}} {
		t.Setenv("GOGC", tc.gogc)
		t.Setenv("GOMEMLIMIT", tc.limit)
		debug.SetGCPercent(100)
		tuneGC()
		if got := debug.SetGCPercent(100); got != tc.want {
			t.Errorf("GOGC=%q GOMEMLIMIT=%q: got %d percent, want %d", tc.gogc, tc.limit, got, tc.want)
		}
	}
}
