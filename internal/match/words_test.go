package match

import (
	"fmt"
	"strings"
	"testing"
)

// TestWordTables finds all words that are there, of all lengths and however much they are alike, and none that are not.
func TestWordTables(t *testing.T) {
	long := strings.Repeat("x", 20)
	for name, word := range map[string]func(i int) string{
		"lengths":     func(i int) string { return strings.Repeat("a", i) },
		"numbers":     func(i int) string { return fmt.Sprintf("store-%03d", i) },
		"first bytes": func(i int) string { return string(rune('0'+i)) + long },
		"middles":     func(i int) string { return fmt.Sprintf("%s%05d%s", long, i, long) },
	} {
		t.Run(name, func(t *testing.T) {
			const n = 500
			table := newWordTable(n)
			for i := range n {
				table.put(word(i), uint32(i+1))
			}
			for i := range n {
				if got := table.get(word(i)); got != uint32(i+1) {
					t.Errorf("%q: got %d, want %d", word(i), got, i+1)
				}
				if w := word(i) + "?"; table.get(w) != unknown {
					t.Errorf("%q is not there", w)
				}
			}
			if run := table.longest(); run > 8*longestRun {
				t.Errorf("some word is looked for among %d", run)
			}
		})
	}
}

// longest is the longest run of entries that are taken.
func (t *wordTable) longest() (most int) {
	run := 0
	for i := range 2 * len(t.entries) {
		if run++; t.entries[i%len(t.entries)].slot == unknown {
			run = 0
		}
		most = max(most, run)
	}
	return most
}
