package match

import (
	"math"
	"testing"
)

// TestNearby finds as many bounds as there are, wherever they lie.
func TestNearby(t *testing.T) {
	for _, bounds := range [][]int64{nil, {1}, {0, 1, 2, 3}, {-5, 1000, 100_000}, {1, 2, 3, 1 << 40}, {math.MinInt64 + 1, 0, math.MaxInt64}} {
		s := &slots{ints: bounds, nearby: nearbyOf(bounds)}
		values := []int64{math.MinInt64, math.MaxInt64, 0, 511, 512, 513, 99_999}
		for _, b := range bounds {
			values = append(values, b-1, b, b+1)
		}
		for _, x := range values {
			want := 1
			for _, b := range bounds {
				if b <= x {
					want++
				}
			}
			if got := s.ofInt(x); got != want {
				t.Errorf("%d among %v: got slot %d, want %d", x, bounds, got, want)
			}
		}
	}
}
