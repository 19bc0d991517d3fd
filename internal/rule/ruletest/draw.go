package ruletest

import (
	"maps"
	"slices"

	"pgregory.net/rapid"
)

// vocabulary is small, so that what rules ask for is often there. One word has more bytes than code points.
func vocabulary() []string {
	return []string{"", "gold", "silver", "tea", "cake", "guest", "čaj", "z"}
}

func pick[T any](t *rapid.T, values ...T) T {
	return values[rapid.IntRange(0, len(values)-1).Draw(t, "pick")]
}

func oneIn(t *rapid.T, n int) bool { return rapid.IntRange(1, n).Draw(t, "one in") == 1 }

func small(t *rapid.T) int32 { return int32(rapid.IntRange(0, 5).Draw(t, "small")) } //nolint:gosec // at most 5

func word(t *rapid.T) string { return pick(t, vocabulary()...) }

func words(t *rapid.T) []string {
	var out []string
	for range rapid.IntRange(0, 3).Draw(t, "words") {
		out = append(out, word(t))
	}
	return out
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
