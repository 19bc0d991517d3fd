package match_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// hard has catalogues that are hard on an index: by name the n rules, and what a request has of the attributes.
func hard() map[string]func(r *rand.Rand) string {
	return map[string]func(r *rand.Rand) string{
		"own store":     func(r *rand.Rand) string { return fmt.Sprintf("moment.store == %q", store(r)) },
		"own threshold": func(r *rand.Rand) string { return fmt.Sprintf("customer.lifetime_value_minor >= %d", r.IntN(3000)) },
		"own interval": func(r *rand.Rand) string {
			low := r.Float64()
			return fmt.Sprintf("customer.satisfaction > %.4f && customer.satisfaction <= %.4f", low, low+0.2)
		},
		"long lists": func(r *rand.Rand) string { return "moment.store in [" + list(r, 500) + "]" },
		"long not lists": func(r *rand.Rand) string {
			return "!(moment.store in [" + list(r, 500) + "]) && customer.tier == \"gold\""
		},
		"likes": func(r *rand.Rand) string {
			return fmt.Sprintf("customer.likes.exists(l, l in [%s]) && customer.likes.exists(l, l in [%s]) && !(%q in customer.likes)", list(r, 300), list(r, 300), store(r))
		},
		"wide or":     func(r *rand.Rand) string { return wide(r, 40, " && ", " || ") },
		"wide and":    func(r *rand.Rand) string { return "(" + wide(r, 12, " || ", ") && (") + ")" },
		"common need": func(r *rand.Rand) string { return needy(r) },
		"true or false": func(r *rand.Rand) string {
			return []string{"true", "false", "customer.tier == \"gold\" || true", "customer.tier == \"gold\" && false"}[r.IntN(4)]
		},
		"stage": func(r *rand.Rand) string {
			return []string{`moment.stage == "enter"`, `moment.stage != "enter" || customer.tier == "gold"`, `moment.stage in ["browse", "leave"] && moment.store == "s1"`, wideStage(r)}[r.IntN(4)]
		},
		"stage in CEL": func(r *rand.Rand) string {
			return fmt.Sprintf("moment.stage.startsWith(%q) || moment.store.endsWith(%q)", []string{"e", "b", "x"}[r.IntN(3)], fmt.Sprint(r.IntN(30)))
		},
		"only CEL": func(r *rand.Rand) string { return fmt.Sprintf("moment.store.endsWith(%q)", fmt.Sprint(r.IntN(300))) },
		"rare":     func(r *rand.Rand) string { return ownAttribute(r) + " && " + ownAttribute(r) },
	}
}

func store(r *rand.Rand) string { return fmt.Sprintf("s%d", r.IntN(2000)) }

func list(r *rand.Rand, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%q", store(r))
	}
	return strings.Join(out, ", ")
}

// wide writes pairs of questions about the store and something else.
func wide(r *rand.Rand, n int, inner, outer string) string {
	out := make([]string, n)
	for i := range out {
		other := []string{"customer.visits.total > %d", "moment.party.size == %d", "customer.open_complaints < %d"}[r.IntN(3)]
		out[i] = fmt.Sprintf("moment.store == %q", store(r)) + inner + fmt.Sprintf(other, r.IntN(4))
	}
	return strings.Join(out, outer)
}

func wideStage(r *rand.Rand) string {
	return "(" + wide(r, 20, " && ", " || ") + fmt.Sprintf(") || moment.stage == %q && customer.visits.total > 1", []string{"enter", "browse"}[r.IntN(2)])
}

// needy has more alternatives than rows, all of which need the tier.
func needy(r *rand.Rand) string {
	out := make([]string, 30)
	for i := range out {
		out[i] = fmt.Sprintf("customer.tier == %q && customer.visits.total > %d && moment.party.size < %d", []string{"gold", "silver"}[r.IntN(2)], r.IntN(5), r.IntN(5))
	}
	return strings.Join(out, " || ")
}

const attributes = 1000

func ownAttribute(r *rand.Rand) string {
	return fmt.Sprintf("customer.attributes.a%d == 1", r.IntN(attributes))
}

// hardWorld has 1,000 custom attributes more.
func hardWorld(t testing.TB) *world {
	t.Helper()
	var out strings.Builder
	out.WriteString("attributes:\n  customer:\n")
	for i := range attributes {
		fmt.Fprintf(&out, "    a%d: INT\n", i)
	}
	return load(t, out.String()+journeysYAML+shellsYAML())
}

func hardRequest(r *rand.Rand) ruletest.Request {
	attrs := map[string]*structpb.Value{}
	for i := range attributes {
		if r.IntN(3) > 0 {
			attrs[fmt.Sprintf("a%d", i)] = structpb.NewNumberValue(float64(r.IntN(2)))
		}
	}
	satisfaction := r.Float64()
	return ruletest.Request{
		Customer: &surprisev1.CustomerProfile{
			Tier: []string{"gold", "silver", ""}[r.IntN(3)], Satisfaction: &satisfaction, LifetimeValueMinor: r.Int64N(3000), Attributes: attrs, OpenComplaints: r.Int32N(4),
			Visits: &surprisev1.Visits{Total: r.Int32N(6)}, Likes: []string{store(r), store(r), store(r), "elsewhere"},
		},
		Moment: &surprisev1.Moment{Store: store(r), Channel: surprisev1.Channel(r.Int32N(7)), Party: &surprisev1.Party{Size: r.Int32N(5)}},
	}
}

// TestHardCatalogues compares the index of catalogues that are hard on it with the scan.
func TestHardCatalogues(t *testing.T) {
	w := hardWorld(t)
	for name, draw := range hard() {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			w.set(w.draw(t, r, draw, 100))
			for _, index := range []match.Matcher{match.NewIndex(w.Catalog, ceiling), match.NewTuned(w.Catalog, ceiling, 64, 8, 8), match.NewTuned(w.Catalog, nil, 512, 1024, 1e9)} {
				for range 4 {
					request := hardRequest(r)
					w.same(t, index, w.query(t, request, w.stages([]string{"visit", "tour"}[r.IntN(2)], r.IntN(2), 1+r.IntN(3))))
				}
			}
		})
	}
}

func (w *world) draw(t testing.TB, r *rand.Rand, draw func(r *rand.Rand) string, n int) []*rule.Rule {
	t.Helper()
	out := make([]*rule.Rule, n)
	for i := range out {
		source := draw(r)
		if out[i] = w.compile(source); out[i] == nil {
			t.Fatal("does not compile:", source)
		}
	}
	return out
}

// TestMemoryIsBounded has every template ask for its own store, list and threshold.
func TestMemoryIsBounded(t *testing.T) {
	w := hardWorld(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"own store", "long lists", "own interval", "rare"} {
		w.set(w.draw(t, r, hard()[name], 200))
		if stats := match.NewTuned(w.Catalog, ceiling, 64, 16, 1e9).Stats(); stats.Columns > 20+stats.Attributes*18 || stats.Bytes > 8*8*stats.Columns*stats.Blocks*4 {
			t.Errorf("%s: the index is too large: %+v", name, stats)
		}
	}
}

// TestNeedsAreColumns: what all alternatives of a rule need is asked by a column, so that hardly any row is left to be asked in full.
func TestNeedsAreColumns(t *testing.T) {
	w := hardWorld(t)
	w.set(w.draw(t, rand.New(rand.NewPCG(1, 2)), hard()["common need"], 50))
	stats := match.NewIndex(w.Catalog, ceiling).Stats()
	if stats.Rows != 50 || stats.CheckedRows != 50 || stats.Attributes == 0 {
		t.Errorf("want one checked row a rule, and a column: %+v", stats)
	}
}

// TestRowsAreBounded: what would multiply out to thousands of rows stays in trees.
func TestRowsAreBounded(t *testing.T) {
	w := hardWorld(t)
	w.set(w.draw(t, rand.New(rand.NewPCG(1, 2)), hard()["wide and"], 10))
	if stats := match.NewIndex(w.Catalog, ceiling).Stats(); stats.Rows > 16*10 || stats.CheckedRows != stats.Rows {
		t.Errorf("want at most 16 rows a rule, and the rest in checks: %+v", stats)
	}
}

// TestColumnsAnswerInFull: where there are slots enough, no row is asked by itself, nor is one of a rule that is never true.
func TestColumnsAnswerInFull(t *testing.T) {
	w := newWorld(t)
	var rules []*rule.Rule
	for _, source := range []string{
		`customer.tier == "gold" && customer.visits.total >= 3 && customer.visits.total <= 5`, `customer.attributes.int == 3 || customer.attributes.double > 2.5`,
		`customer.attributes.double <= 2.5 && customer.attributes.double > -1.0`, `customer.attributes.double in [2.0, 3.0]`, `customer.attributes.bool && !customer.birthday.leap_month`,
		`"tea" in customer.likes && !("milk" in customer.likes)`, `customer.tier != "gold" && customer.visits.total != 3`, `moment.stage == "enter"`, `true`, `false`,
	} {
		rules = append(rules, w.compile(source))
	}
	w.set(rules)
	stats := match.NewTuned(w.Catalog, ceiling, 512, 1024, 1e9).Stats()
	if stats.Templates != len(rules) || stats.Rows != len(rules) || stats.Checks != 0 || stats.Blocks != 1 || stats.DeadRows != 512-len(rules) {
		t.Errorf("want a row for each rule but the last and two for one, and no checks: %+v", stats)
	}
	checked := match.NewTuned(w.Catalog, ceiling, 512, 1024, 0).Stats()
	if checked.Attributes != 0 || checked.CheckedRows != len(rules)-2 {
		t.Errorf("want checks instead of columns: %+v", checked)
	}
}

// TestOversizeRequests: rules may reach the limit of cost, so they are asked as they are.
func TestOversizeRequests(t *testing.T) {
	w := newWorld(t)
	w.set([]*rule.Rule{w.compile(`customer.attributes.texts.exists(v, v == "z")`), w.compile(`customer.attributes.texts.all(v, customer.attributes.texts.exists(w, v != w))`), nil})
	values := make([]*structpb.Value, 5000)
	for i := range values {
		values[i] = structpb.NewStringValue(fmt.Sprint(i))
	}
	request := ruletest.Request{Customer: &surprisev1.CustomerProfile{Attributes: map[string]*structpb.Value{"texts": structpb.NewListValue(&structpb.ListValue{Values: values})}}, Moment: &surprisev1.Moment{}}
	q := w.query(t, request, w.stages("visit", 0, 1))
	if !q.Facts.Oversize() {
		t.Fatal("the request is not large enough for this test")
	}
	w.same(t, match.NewIndex(w.Catalog, ceiling), q)
}

func TestSearchesAreIndependent(t *testing.T) {
	w := newWorld(t)
	w.set(w.draw(t, rand.New(rand.NewPCG(3, 4)), func(r *rand.Rand) string {
		return []string{`customer.tier == "gold"`, `moment.store.startsWith("t") || moment.stage == "browse"`, `"tea" in customer.likes`, `customer.visits.total > 2 && moment.stage != "enter"`, `customer.attributes.int % 2 == 0`}[r.IntN(5)]
	}, 700))
	index := match.NewIndex(w.Catalog, ceiling)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 5)) //nolint:gosec // a test
			for range 20 {
				request := hardRequest(r)
				request.Moment.Store, request.Customer.Attributes = []string{"tea", "cake"}[r.IntN(2)], map[string]*structpb.Value{"int": structpb.NewNumberValue(float64(r.IntN(3)))}
				w.same(t, index, w.query(t, request, w.stages("visit", r.IntN(3), 1+r.IntN(3))))
			}
		})
	}
	all.Wait()
}

// TestNothingIsAllocated searches an index without opaque rules.
func TestNothingIsAllocated(t *testing.T) {
	if raced {
		t.Skip("the race detector makes pools forget")
	}
	w, queries := shop(t, 2000, 8)
	index := match.NewIndex(w.Catalog, worthCeiling)
	if stats := index.Stats(); stats.OpaqueRows > 0 {
		t.Fatalf("the workload has opaque rules: %+v", stats)
	}
	queries[0].Stages = w.stages("visit", 2, 3)
	i, found := 0, 0
	allocated := testing.AllocsPerRun(200, func() {
		s := index.Search(queries[i%len(queries)])
		for s.Next() {
			found += len(s.Matches())
		}
		s.Close()
		i++
	})
	if allocated != 0 || found == 0 {
		t.Errorf("%v allocations a search, %d found", allocated, found)
	}
}

func TestContextEndsASearch(t *testing.T) {
	w := newWorld(t)
	w.set(w.draw(t, rand.New(rand.NewPCG(3, 4)), func(r *rand.Rand) string { return fmt.Sprintf("moment.store.endsWith(%q)", fmt.Sprint(r.Uint64())) }, 600))
	index := match.NewIndex(w.Catalog, ceiling)
	ctx, cancel := context.WithCancel(t.Context())
	q := w.query(t, hardRequestWithout(), w.stages("visit", 0, 1))
	q.Context = ctx
	s := index.Search(q)
	if !s.Next() {
		t.Fatal("the search ends before its time")
	}
	cancel()
	if s.Next() {
		t.Error("the search goes on after its time")
	}
	s.Close()
	// A check that looks at the clock ends the search within a unit.
	q.Context = &expiring{Context: t.Context(), after: 3}
	s = index.Search(q)
	defer s.Close()
	if s.Next() {
		t.Error("a unit of questions to CEL is asked to its end after the time was up")
	}
}

// expiring is done once it has been asked so many times.
type expiring struct {
	context.Context //nolint:containedctx // it is one
	after           int
}

func (e *expiring) Err() error {
	if e.after--; e.after < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func hardRequestWithout() ruletest.Request {
	r := hardRequest(rand.New(rand.NewPCG(1, 1)))
	r.Customer.Attributes = nil
	return r
}

// TestCeilingsThatSayNothing: what is no number bounds nothing, and an index without a ceiling has none.
func TestCeilingsThatSayNothing(t *testing.T) {
	w := newWorld(t)
	w.set(make([]*rule.Rule, 100))
	nan := func(*catalog.Template, float64) float64 { return math.NaN() }
	for _, c := range []match.Ceiling{nil, nan} {
		s := match.NewIndex(w.Catalog, c).Search(w.query(t, hardRequestWithout(), w.stages("visit", 0, 2)))
		if !s.Next() || s.Ceiling(0) < 1e300 || s.Ceiling(1) < 1e300 {
			t.Error("a ceiling that says nothing bounds the score")
		}
		s.Close()
	}
}

// TestAllIsInOrder also searches an empty catalogue.
func TestAllIsInOrder(t *testing.T) {
	w := newWorld(t)
	q := w.query(t, hardRequestWithout(), w.stages("visit", 0, 1))
	q.Channel = surprisev1.Channel_POS
	for _, n := range []int{0, 1, 700} {
		w.set(make([]*rule.Rule, n))
		want, got := match.All(match.NewScan(w.Catalog), q, nil), match.All(match.NewIndex(w.Catalog, ceiling), q, nil)
		if fmt.Sprint(ids(got)) != fmt.Sprint(ids(want)) {
			t.Errorf("of %d templates: got %v, want %v", n, ids(got), ids(want))
		}
	}
}

func ids(templates []*catalog.Template) (out []string) {
	for _, t := range templates {
		out = append(out, t.ID)
	}
	return out
}
