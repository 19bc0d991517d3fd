package match_test

import (
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// TestEqualToScan draws catalogues and requests, and compares the index with the scan: what is found, at which stages, the best few, and the
// bound that lets a search stop. Blocks are small, so that there are several; slots are few in half of the cases, so that words and numbers
// share them.
func TestEqualToScan(t *testing.T) {
	w := newWorld(t)
	pairs, claused := 0, 0
	rounds := 1
	if os.Getenv("SURPRISED_SOAK") != "" {
		rounds = 1_000_000
	}
	for pairs < rounds {
		rapid.Check(t, func(rt *rapid.T) {
			n, stats := w.compare(rt)
			pairs, claused = pairs+n, claused+min(stats.ClausedRows, 1)
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("compared %d pairs of a rule and a request; %d catalogues had planes", pairs, claused)
	if claused == 0 {
		t.Error("no catalogue had planes")
	}
}

func (w *world) compare(t *rapid.T) (pairs int, stats match.Stats) {
	w.set(w.drawRules(t))
	index := match.NewTuned(w.Catalog, ceiling, rapid.SampledFrom([]int{64, 192}).Draw(t, "rows"), rapid.SampledFrom([]int{8, 9, 1024}).Draw(t, "slots"),
		rapid.SampledFrom([]float64{0, 1, 1e9, 1e9}).Draw(t, "check"))
	for range 6 {
		q := w.drawQuery(t)
		w.same(t, index, q)
		w.bounded(t, index, q)
		seed, k := rapid.IntRange(0, 1000).Draw(t, "seed"), rapid.IntRange(1, 4).Draw(t, "k")
		want, _ := best(match.NewScan(w.Catalog), q, seed, k)
		if got, _ := best(index, q, seed, k); !slices.Equal(got, want) {
			t.Fatalf("the best %d: got %v, want %v", k, got, want)
		}
		pairs += len(w.Templates)
	}
	return pairs, index.Stats()
}

// drawRules draws a few rules, and repeats them: a rule's cost is its compilation.
func (w *world) drawRules(t *rapid.T) []*rule.Rule {
	var out []*rule.Rule
	for range rapid.IntRange(1, 24).Draw(t, "rules") {
		source := rapid.OneOf(ruletest.SimpleRules(), ruletest.Rules(), clauseRules(), clauseRules(), rapid.Just("true"), rapid.Just("false")).Draw(t, "rule")
		if r := w.compile(source); r != nil {
			out = append(out, r)
		}
	}
	out = append(out, nil)
	for len(out) < 200 && rapid.IntRange(0, 3).Draw(t, "repeat") > 0 {
		out = append(out, out...)
	}
	return out
}

func (w *world) drawQuery(t *rapid.T) match.Query {
	r := ruletest.Requests().Draw(t, "request")
	r.Moment.Channel = rapid.SampledFrom([]surprisev1.Channel{0, 1, 2, 3, 5, 6, 63, 64, 99, -1}).Draw(t, "channel")
	journey := rapid.SampledFrom([]string{"visit", "tour"}).Draw(t, "journey")
	stages := w.stages(journey, rapid.IntRange(0, 2).Draw(t, "from"), rapid.IntRange(1, 3).Draw(t, "stages"))
	return w.query(t, r, stages)
}
