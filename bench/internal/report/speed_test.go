package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/surprise-service/surprised/bench/internal/load"
)

func speedRows() []*Row {
	return []*Row{
		{Floor2a, 64, []load.Result{round(100_000, 0), round(90_000, 0), round(120_000, 0)}},
		{Floor2b, 64, []load.Result{round(40_000, 0), round(50_000, 0), round(20_000, 0)}},
		{Floor2cHot, 64, []load.Result{round(8_000, 0), round(7_000, 0), round(9_000, 0)}},
		{Floor2cSpread, 64, []load.Result{round(16_000, 0)}},
		{ClaimHot, 64, []load.Result{round(10_000, 0), round(9_000, 0), round(12_000, 0)}},
		{ClaimSpread, 64, []load.Result{{Calls: 6_000, Took: time.Second / 2}}},
	}
}

func TestSpeed(t *testing.T) {
	want := strings.Join([]string{
		"                                        callers   req/s  p50 µs  p99 µs",
		"2a EVALSHA, redis-benchmark                  64  100000    1000    2000",
		"2b EVALSHA, go-redis                         64   40000    1000    2000",
		"2c apply.lua, redis-benchmark (hot)          64    8000    1000    2000",
		"2c apply.lua, redis-benchmark (spread)       64   16000    1000    2000",
		"Claim, one hot limit                         64   10000    1000    2000",
		"Claim, 20000 customers                       64   12000       0       0",
		"",
		"figure claim_hot_vs_evalsha_64 0.100",
		"figure claim_20000_vs_evalsha_64 0.120",
		"figure claim_hot_vs_go_evalsha_64 0.250",
		"figure claim_20000_vs_go_evalsha_64 0.300",
		"figure claim_hot_vs_own_script_64 1.250",
		"figure claim_20000_vs_own_script_64 0.750",
		"",
	}, "\n")
	if got := NewSpeed(speedRows(), 64).String(); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSpeedWithoutBenchmark says what stands in for redis-benchmark.
func TestSpeedWithoutBenchmark(t *testing.T) {
	rows := slices.DeleteFunc(speedRows(), func(r *Row) bool { return strings.Contains(r.Name, "redis-benchmark") })
	got := NewSpeed(rows, 64).String()
	for _, want := range []string{"figure claim_hot_vs_evalsha_64 0.250\n", "redis-benchmark is not installed"} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant in it: %s", got, want)
		}
	}
	if strings.Contains(got, "vs_own_script") {
		t.Errorf("got\n%s\nwant no figure of a floor that was left out", got)
	}
}

func TestNoSpeed(t *testing.T) {
	if got := (*Speed)(nil).String(); got != "" {
		t.Errorf("got %q", got)
	}
}
