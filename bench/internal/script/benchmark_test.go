package script

import (
	"strings"
	"testing"
	"time"
)

const printed = `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 1 k 1","50000.00","0.411","0.112","0.351","0.719","1.823","5.319"
`

func TestRead(t *testing.T) {
	got, err := read(printed, 25_000)
	if err != nil || got.Calls != 25_000 || got.Took != time.Second/2 || got.P50 != 351*time.Microsecond || got.P99 != 1823*time.Microsecond {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReadNothing(t *testing.T) {
	for _, text := range []string{"", "Error from server: NOSCRIPT", strings.ReplaceAll(printed, "50000.00", "nan"), strings.ReplaceAll(printed, `"rps"`, `"x"`)} {
		if got, err := read(text, 1); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}
