package stats_test

import (
	"math"
	"testing"

	"github.com/surprise-service/surprised/bench/internal/stats"
)

func TestPercentile(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for _, c := range []struct {
		sorted []int
		p      float64
		want   int
	}{
		{nil, 50, 0},
		{[]int{7}, 1, 7},
		{[]int{7}, 100, 7},
		{[]int{1, 2, 3}, 50, 2},
		{[]int{1, 2, 3, 4}, 50, 2},
		{[]int{1, 2, 3, 4}, 51, 3},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 100, 100},
	} {
		if got := stats.Percentile(c.sorted, c.p); got != c.want {
			t.Errorf("percentile %v of %v: got %v, want %v", c.p, c.sorted, got, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, math.NaN()},
		{[]float64{4}, 4},
		{[]float64{9, 1, 5}, 5},
		{[]float64{9, 1, 5, 2}, 3.5},
	} {
		got := stats.Median(c.values)
		if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("median of %v: got %v, want %v", c.values, got, c.want)
		}
	}
	values := []float64{3, 1, 2}
	stats.Median(values)
	if values[0] != 3 {
		t.Errorf("the values were sorted in place: %v", values)
	}
}

// TestRatio has one slow round, which slows both: the ratio of the medians would be 2.5.
func TestRatio(t *testing.T) {
	if got := stats.Ratio([]float64{10, 200, 20}, []float64{5, 100, 8}); got != 2 {
		t.Errorf("got %v, want 2", got)
	}
	for name, pair := range map[string][2][]float64{
		"no pair":              {{1, 2}, nil},
		"nothing to divide by": {{1, 2}, {1, 0}},
		"not measured":         {{1}, {math.NaN()}},
	} {
		if got := stats.Ratio(pair[0], pair[1]); !math.IsNaN(got) {
			t.Errorf("%s: got %v, want NaN", name, got)
		}
	}
}
