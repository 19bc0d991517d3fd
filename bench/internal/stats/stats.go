// Package stats has the little arithmetic that a measurement needs.
package stats

import (
	"cmp"
	"math"
	"slices"
)

// Percentile returns the smallest of sorted values that p percent of them do not exceed, with 0 < p <= 100; zero for no values.
func Percentile[T cmp.Ordered](sorted []T, p float64) T {
	if len(sorted) == 0 {
		var none T
		return none
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Median returns the middle of values in any order: of an even number, halfway between the two in the middle; NaN for none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// Ratio returns the median of the ratios of pairs: a[i] and b[i] were measured in the same round, so what slowed both down drops out.
// It is NaN where there is no pair, or one has nothing to divide by.
func Ratio(a, b []float64) float64 {
	ratios := make([]float64, 0, len(a))
	for i := range min(len(a), len(b)) {
		if b[i] == 0 || math.IsNaN(b[i]) {
			return math.NaN()
		}
		ratios = append(ratios, a[i]/b[i])
	}
	return Median(ratios)
}
