package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Table returns figures as an aligned table, with an empty line where the number of callers changes.
func Table(all []Figures) string {
	cells := [][]string{{"", "callers", "req/s", "p50 µs", "p99 µs", "CPU µs", "rate/1a", "CPU/1a", "CPU/1b"}}
	for i, f := range all {
		if i > 0 && f.Callers != all[i-1].Callers {
			cells = append(cells, nil)
		}
		cells = append(cells, []string{
			f.Name, fmt.Sprint(f.Callers), fmt.Sprintf("%.0f", f.PerSecond), fmt.Sprintf("%.0f", f.P50), fmt.Sprintf("%.0f", f.P99),
			optional("%.1f", f.CPU), optional("%.2f", f.RateTo1a), optional("%.2f", f.CPUTo1a), optional("%.2f", f.CPUTo1b),
		})
	}
	return align(cells)
}

func optional(format string, x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf(format, *x)
}

// align puts the first column to the left and all others to the right.
func align(lines [][]string) string {
	widths := map[int]int{}
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	for _, line := range lines {
		for i, cell := range line {
			if i == 0 {
				fmt.Fprintf(&out, "%-*s", widths[i], cell)
			} else {
				fmt.Fprintf(&out, "  %*s", widths[i], cell)
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}
