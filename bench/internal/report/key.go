package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/surprise-service/surprised/bench/internal/matchers"
	"github.com/surprise-service/surprised/bench/internal/stats"
)

// Key returns the figures that the service is judged by, as far as they were measured.
func Key(d Document) []Ratio {
	var out []Ratio
	add := func(name string, value float64) {
		if !math.IsNaN(value) && value > 0 {
			out = append(out, Ratio{name, value})
		}
	}
	for _, n := range []int{100, 1000, 10_000} {
		if peer := d.bestPeer(n); peer != nil {
			add(fmt.Sprintf("match_%d_vs_best_peer", n), peer.Slower)
		}
	}
	if m := d.matching(matchers.Closures, 100_000); m != nil {
		add("match_100000_vs_closures", m.Slower)
	}
	if m := d.matching(matchers.Surprised, 100_000); m != nil && m.Top != nil {
		add("top3_100000_us", m.Top.CPU)
	}
	for _, callers := range []int{64, 256} {
		add(fmt.Sprintf("recommend_cpu_vs_floor_%d", callers), d.cpuOf("Recommend, redis", Floor1b, callers))
	}
	add("claim_cpu_vs_recommend_64", d.cpuOf("Claim, redis", "Recommend, redis", 64))
	for _, b := range d.Batch {
		if b.Name == BatchAlone {
			add("batch_decisions_per_core_s", b.PerCoreSecond)
		}
	}
	return out
}

// cpuOf is the CPU of one row beside that of another, the median over rounds; NaN where one was not measured.
func (d *Document) cpuOf(name, beside string, callers int) float64 {
	var a, b []float64
	for _, f := range d.Figures {
		if f.Callers == callers && f.Name == name {
			a = f.cpus
		}
		if f.Callers == callers && f.Name == beside {
			b = f.cpus
		}
	}
	return stats.Ratio(a, b)
}

// Lines returns figures, one on a line.
func Lines(figures []Ratio) string {
	var out strings.Builder
	for _, f := range figures {
		fmt.Fprintf(&out, "figure %s %s\n", f.Name, digits(f.Value))
	}
	return out.String()
}
