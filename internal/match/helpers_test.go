package match_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// world is a catalogue whose templates are replaced for each test, so that it is loaded once.
type world struct {
	*catalog.Catalog
	shells []*catalog.Template // with all kinds of stages and channels
}

// newWorld loads a catalogue with the schema and the segments of ruletest and two journeys.
func newWorld(t testing.TB) *world {
	t.Helper()
	return load(t, schemaYAML()+journeysYAML+shellsYAML())
}

const journeysYAML = `
journeys:
  - id: visit
    stages: [{id: enter, weight: 1}, {id: browse, weight: 2, role: PEAK}, {id: checkout, weight: 0.5}]
  - id: tour
    stages: [{id: enter, weight: 3}, {id: leave}]
`

func load(t testing.TB, yaml string) *world {
	t.Helper()
	cat, problems := catalog.Load([]catalog.File{{Name: "all.yaml", Data: []byte("default_locale: en\n" + yaml)}})
	if cat == nil {
		t.Fatal(problems)
	}
	return &world{cat, cat.Templates}
}

func schemaYAML() string {
	var out strings.Builder
	schema := ruletest.Schema()
	out.WriteString("attributes:\n")
	for owner, attrs := range map[string]map[string]surprisev1.AttributeType{"customer": schema.Customer, "moment": schema.Moment} {
		fmt.Fprintf(&out, "  %s:\n", owner)
		for name, kind := range attrs {
			fmt.Fprintf(&out, "    %s: %s\n", name, kind)
		}
	}
	out.WriteString("segments:\n")
	for name, source := range ruletest.Segments() {
		fmt.Fprintf(&out, "  %s: %q\n", name, source)
	}
	return out.String()
}

func shellsYAML() string {
	var out strings.Builder
	out.WriteString("templates:\n")
	for i, stages := range []string{"", "stages: [enter]", "stages: [browse, checkout]", "stages: [leave]"} {
		for j, channels := range []string{"", "channels: [POS]", "channels: [APP, WEB]"} {
			fmt.Fprintf(&out, "  - {id: t%d%d, kind: NOTE, levels: [{id: card, value: 10}], texts: {en: {title: A note, message: Thank you.}}", i, j)
			for _, more := range []string{stages, channels} {
				if more != "" {
					out.WriteString(", " + more)
				}
			}
			out.WriteString("}\n")
		}
	}
	return out.String()
}

// compile returns the rule of a text, or nil where it does not compile.
func (w *world) compile(source string) *rule.Rule {
	r, _ := w.Rules.Compile(source)
	return r
}

// set replaces the templates: each has one of the rules, nil is everybody's, and the shell at the same place.
func (w *world) set(rules []*rule.Rule) {
	w.Templates = nil
	for i, r := range rules {
		t := *w.shells[i%len(w.shells)]
		t.ID, t.Rule, t.Position = fmt.Sprintf("t%06d", i), r, i
		w.Templates = append(w.Templates, &t)
	}
}

// stages are those of a journey from a place on, wrapping around.
func (w *world) stages(journey string, from, n int) []*catalog.Stage {
	all := w.Journey(journey).Stages
	var out []*catalog.Stage
	for i := range min(n, len(all)) {
		out = append(out, all[(from+i)%len(all)])
	}
	return out
}

// query is a request at some stages. The facts are those at the first of them.
func (w *world) query(t fataler, r ruletest.Request, stages []*catalog.Stage) match.Query {
	t.Helper()
	r.Moment.Stage = stages[0].ID
	facts, err := r.Facts(w.Rules)
	if err != nil {
		t.Fatal(err)
	}
	return match.Query{Facts: facts, Stages: stages, Channel: r.Moment.GetChannel()}
}

// matches collects what a matcher finds, by template.
func matches(t fataler, m match.Matcher, q match.Query) map[*catalog.Template]uint64 {
	t.Helper()
	out := map[*catalog.Template]uint64{}
	s := m.Search(q)
	defer s.Close()
	for s.Next() {
		for _, found := range s.Matches() {
			if out[found.Template] != 0 || found.At == 0 {
				t.Fatalf("template %s is found twice, or nowhere: %b", found.Template.ID, found.At)
			}
			out[found.Template] = found.At
		}
	}
	return out
}

// same fails where the index does not find exactly what the scan finds.
func (w *world) same(t fataler, index match.Matcher, q match.Query) {
	t.Helper()
	want, got := matches(t, match.NewScan(w.Catalog), q), matches(t, index, q)
	if maps.Equal(want, got) {
		return
	}
	for _, template := range w.Templates {
		if want[template] != got[template] {
			source := "everybody"
			if template.Rule != nil {
				source = template.Rule.Source()
			}
			t.Errorf("template %s: got %b, want %b: %s", template.ID, got[template], want[template], source)
		}
	}
	t.FailNow()
}

// ceiling is one of the tests: what a template can score differs much, and some are equal.
func ceiling(t *catalog.Template, factor float64) float64 {
	return float64(t.Position*7919%13)*factor + 0.01
}

// score is random, and at most the ceiling.
func score(seed int, t *catalog.Template, s *catalog.Stage) float64 {
	h := uint32(t.Position)*2654435761 ^ uint32(seed)*40503 //nolint:gosec // any number will do
	h = (h ^ h>>15) * 2246822519
	return ceiling(t, s.Factor) * (1 - float64(h>>8)/(1<<24)/2)
}

// best returns the k best of the first stage, the better first; the search stops as soon as no other can be among them.
func best(m match.Matcher, q match.Query, seed, k int) (out []*catalog.Template, seen int) {
	s := m.Search(q)
	defer s.Close()
	by := func(a, b *catalog.Template) int {
		return cmpFloats(score(seed, b, q.Stages[0]), score(seed, a, q.Stages[0]), a.Position-b.Position)
	}
	for s.Next() {
		if len(out) == k && s.Ceiling(0) < score(seed, out[k-1], q.Stages[0]) {
			break
		}
		for _, found := range s.Matches() {
			if found.Here() {
				out = append(out, found.Template)
			}
		}
		slices.SortFunc(out, by)
		out = out[:min(len(out), k)]
		seen = s.Seen()
	}
	return out, seen
}

func cmpFloats(a, b float64, otherwise int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return otherwise
}

// bounded fails where a ceiling is broken, by what is found there or later, or the templates seen do not add up.
func (w *world) bounded(t fataler, index match.Matcher, q match.Query) {
	t.Helper()
	s := index.Search(q)
	defer s.Close()
	last, seen := make([]float64, len(q.Stages)), 0
	for i := range last {
		last[i] = math.Inf(1)
	}
	for s.Next() {
		for i, stage := range q.Stages {
			if s.Ceiling(i) > last[i] {
				t.Fatalf("the ceiling of stage %d rises from %v to %v", i, last[i], s.Ceiling(i))
			}
			last[i] = s.Ceiling(i)
			for _, found := range s.Matches() {
				if c := ceiling(found.Template, stage.Factor); c > last[i] {
					t.Fatalf("template %s may score %v, above the ceiling %v", found.Template.ID, c, last[i])
				}
			}
		}
		if s.Seen() < seen {
			t.Fatalf("seen falls from %d to %d", seen, s.Seen())
		}
		seen = s.Seen()
	}
	if seen != len(w.Templates) {
		t.Fatalf("%d templates are seen of %d", seen, len(w.Templates))
	}
}

// fataler is a *testing.T, or one of rapid.
type fataler interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Fatal(args ...any)
	FailNow()
}
