package report

import (
	"strings"
	"testing"
	"time"

	"github.com/surprise-service/surprised/bench/internal/load"
)

func speedRows() []*Row {
	return []*Row{
		{Floor2a, 64, []load.Result{round(100_000, 0), round(90_000, 0), round(120_000, 0)}},
		{Floor2b, 64, []load.Result{round(40_000, 0), round(50_000, 0), round(20_000, 0)}},
		{ClaimHot, 64, []load.Result{round(10_000, 0), round(9_000, 0), round(12_000, 0)}},
		{ClaimSpread, 64, []load.Result{{Calls: 6_000, Took: time.Second / 2}}},
	}
}

func TestSpeed(t *testing.T) {
	want := strings.Join([]string{
		"                             callers   req/s  p50 µs  p99 µs",
		"2a EVALSHA, redis-benchmark       64  100000    1000    2000",
		"2b EVALSHA, go-redis              64   40000    1000    2000",
		"Claim, one hot limit              64   10000    1000    2000",
		"Claim, 20000 customers            64   12000       0       0",
		"",
		"figure claim_hot_vs_evalsha_64 0.100",
		"figure claim_20000_vs_evalsha_64 0.120",
		"figure claim_hot_vs_go_evalsha_64 0.250",
		"figure claim_20000_vs_go_evalsha_64 0.300",
		"",
	}, "\n")
	if got := NewSpeed(speedRows(), 64).String(); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSpeedWithoutBenchmark says what stands in for redis-benchmark.
func TestSpeedWithoutBenchmark(t *testing.T) {
	got := NewSpeed(speedRows()[1:], 64).String()
	for _, want := range []string{"figure claim_hot_vs_evalsha_64 0.250\n", "redis-benchmark is not installed"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant in it: %s", got, want)
		}
	}
}

func TestNoSpeed(t *testing.T) {
	if got := (*Speed)(nil).String(); got != "" {
		t.Errorf("got %q", got)
	}
}
