package match_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rule"
)

// sizes are how many templates the catalogues of the benchmarks have.
func sizes() []int { return []int{100, 1_000, 10_000, 100_000} }

// shop makes a catalogue of so many templates of the workload, and requests.
func shop(t testing.TB, n, requests int) (*world, []match.Query) {
	t.Helper()
	w, load := load(t, workloadYAML), newWorkload(1)
	rules := make([]*rule.Rule, n)
	for i := range rules {
		if rules[i] = w.compile(load.rule()); rules[i] == nil {
			t.Fatal("a rule of the workload does not compile")
		}
	}
	w.set(rules)
	queries := make([]match.Query, requests)
	for i := range queries {
		r := load.request(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
		queries[i] = w.query(t, r, []*catalog.Stage{w.Journey("visit").Stage(r.Moment.GetStage())})
	}
	return w, queries
}

// worth is the static score of the benchmark, bounded at a quarter above it.
func worth(t *catalog.Template) float64 { return float64(t.Position * 7919 % 100_003) }

func worthCeiling(t *catalog.Template, factor float64) float64 { return worth(t) * factor * 1.25 }

func BenchmarkIndex(b *testing.B) {
	for _, n := range sizes() {
		var w *world
		var queries []match.Query
		var ix *match.Index
		prepare := func(b *testing.B) {
			b.Helper()
			if w == nil {
				w, queries = shop(b, n, 256)
				ix = match.NewIndex(w.Catalog, worthCeiling)
			}
			b.ReportAllocs()
		}
		b.Run(fmt.Sprintf("all/%d", n), func(b *testing.B) {
			prepare(b)
			found := 0
			for i := 0; b.Loop(); i++ {
				s := ix.Search(queries[i%len(queries)])
				for s.Next() {
					found += len(s.Matches())
				}
				s.Close()
			}
			b.ReportMetric(float64(found)/float64(b.N), "matches")
		})
		b.Run(fmt.Sprintf("top3/%d", n), func(b *testing.B) {
			prepare(b)
			seen := 0
			for i := 0; b.Loop(); i++ {
				seen += top3(ix, queries[i%len(queries)])
			}
			b.ReportMetric(float64(seen)/float64(b.N), "templates")
		})
		b.Run(fmt.Sprintf("build/%d", n), func(b *testing.B) {
			prepare(b)
			for b.Loop() {
				match.NewIndex(w.Catalog, worthCeiling)
			}
		})
	}
}

// top3 finds the best three by a score that is a quarter above or below the static one, and returns how many templates were passed.
func top3(m match.Matcher, q match.Query) int {
	s := m.Search(q)
	defer s.Close()
	var best [3]float64
	for s.Next() && s.Ceiling(0) > best[2] {
		for _, found := range s.Matches() {
			h := uint32(found.Template.Position) * 2654435761 //nolint:gosec // any number will do
			x := worth(found.Template) * (0.75 + float64(h>>8)/(1<<25))
			for i := range best {
				if x > best[i] {
					x, best[i] = best[i], x
				}
			}
		}
	}
	return s.Seen()
}
