package recommend_test

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/recommend"
)

// inBlocks finds what a scan finds, in small blocks, those first that can score most.
type inBlocks struct {
	cat     *catalog.Catalog
	ceiling match.Ceiling
	size    int
	// stopped counts the searches that were ended before their last block.
	stopped int
}

// highest is the highest factor of all stages.
func (m *inBlocks) highest() (out float64) {
	for _, s := range m.cat.Journey("").Stages {
		out = max(out, s.Factor)
	}
	return out
}

type blockSearch struct {
	of     *inBlocks
	stages []*catalog.Stage
	found  map[*catalog.Template]match.Match
	// order are the templates, at those from to to the search is.
	order    []*catalog.Template
	from, to int
	matches  []match.Match
}

func (m *inBlocks) Search(q match.Query) match.Search {
	s := &blockSearch{of: m, stages: q.Stages, found: map[*catalog.Template]match.Match{}, order: slices.Clone(m.cat.Templates)}
	all := match.NewScan(m.cat).Search(q)
	defer all.Close()
	for all.Next() {
		for _, f := range all.Matches() {
			f.Most = m.ceiling(f.Template, m.highest())
			s.found[f.Template] = f
		}
	}
	slices.SortStableFunc(s.order, func(a, b *catalog.Template) int { return cmp.Compare(m.ceiling(b, 1), m.ceiling(a, 1)) })
	return s
}

func (s *blockSearch) Next() bool {
	s.from, s.to = s.to, min(s.to+s.of.size, len(s.order))
	s.matches = nil
	for _, t := range s.order[s.from:s.to] {
		if f, ok := s.found[t]; ok {
			s.matches = append(s.matches, f)
		}
	}
	return s.from < s.to
}

func (s *blockSearch) Ceiling(i int) float64 {
	highest := math.Inf(-1)
	for _, t := range s.order[s.from:] {
		if t.OnStage(s.stages[i]) {
			highest = max(highest, s.of.ceiling(t, s.stages[i].Factor))
		}
	}
	return highest
}

func (s *blockSearch) Seen() int              { return s.to }
func (s *blockSearch) Matches() []match.Match { return s.matches }

func (s *blockSearch) Close() {
	if s.from < len(s.order) {
		s.of.stopped++
	}
}

// drawVisit is a customer of a generated shop.
func drawVisit(t *rapid.T) *testv1.DecisionCase {
	some := func(name string, of ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(of), 0, 2).Draw(t, name)
	}
	req := benchRequest(rapid.SampledFrom([]string{"arrive", "browse", "taste", "basket", "checkout", "leave", "after"}).Draw(t, "stage"))
	c, m := req.GetCustomer(), req.GetMoment()
	c.Id = fmt.Sprint("c", rapid.IntRange(0, 1000).Draw(t, "customer"))
	c.Tier = rapid.SampledFrom([]string{"gold", "silver", ""}).Draw(t, "tier")
	c.Likes, c.Allergies, c.Tags = some("likes", "tea", "cake", "music"), some("allergies", "Milk ", "nuts"), some("tags", "vip", "new", "angry")
	c.LifetimeValueMinor = rapid.Int64Range(0, 2_000_000).Draw(t, "lifetime value")
	c.Visits = &surprisev1.Visits{Total: rapid.Int32Range(0, 50).Draw(t, "visits"), Last_365D: rapid.Int32Range(0, 30).Draw(t, "visits of the year")}
	c.HouseholdId = rapid.SampledFrom([]string{"", "h1"}).Draw(t, "household")
	m.Party.Size = rapid.Int32Range(0, 4).Draw(t, "party")
	m.VisitId = rapid.SampledFrom([]string{"v1", "v2", "v7"}).Draw(t, "visit")
	req.MaxOffers = rapid.Int32Range(0, 10).Draw(t, "max offers")
	return &testv1.DecisionCase{Now: timestamppb.New(benchTime()), Request: req}
}

func drawPast(t *rapid.T, templates int) *storev1.Record {
	rec := &storev1.Record{}
	for i := range rapid.IntRange(0, 4).Draw(t, "past") {
		e := drawEntry(t, i, benchTime())
		e.Template = fmt.Sprintf("t%04d", rapid.IntRange(0, templates-1).Draw(t, "given"))
		e.Category = rapid.SampledFrom([]string{"sweet", "drink", "word", "walk"}).Draw(t, "category")
		e.CancelReason = rapid.SampledFrom([]surprisev1.CancelReason{0, surprisev1.CancelReason_CUSTOMER_REFUSED}).Draw(t, "why cancelled")
		rec.Entries = append(rec.Entries, e)
	}
	return rec
}

// Whoever stops early decides as whoever looks at everything, to the bit; only the reasons are of fewer templates. And no template scores more than
// its ceiling says.
func TestStoppingEarlyChangesNothing(t *testing.T) {
	const templates = 60
	var shops []*catalog.Catalog
	for seed := range 3 {
		shops = append(shops, generated(t, uint64(seed), templates, seed)) //nolint:gosec // small
	}
	stopped, offered, held := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		cat := rapid.SampledFrom(shops).Draw(rt, "shop")
		c := drawVisit(rt)
		opts := optionsIn(t, cat, c, drawPast(rt, templates), endless{})
		blocks := &inBlocks{cat: cat, ceiling: recommend.Ceiling(cat), size: rapid.IntRange(1, 9).Draw(rt, "block")}
		with := func(m match.Matcher) *recommend.Recommender {
			opts.Snapshot = func() *recommend.Snapshot { return &recommend.Snapshot{Catalog: cat, Matcher: m} }
			return recommend.New(opts)
		}
		all := with(match.NewScan(cat)) // it knows no ceilings
		want, err := all.Recommend(t.Context(), c.GetRequest())
		if err != nil {
			rt.Fatal(err)
		}
		for _, m := range []match.Matcher{blocks, match.NewIndex(cat, recommend.Ceiling(cat))} {
			got, err := with(m).Recommend(t.Context(), c.GetRequest())
			if err != nil {
				rt.Fatal(err)
			}
			checkSeen(rt, got, want)
			want := proto.CloneOf(want)
			want.Reasons = got.Reasons
			if d := gocmp.Diff(want, got, protocmp.Transform()); d != "" {
				rt.Fatalf("with %T something else is decided (-all +less):\n%s", m, d)
			}
			offered += len(got.GetOffers())
			if got.GetHold() != nil {
				held++
			}
		}
		stopped += blocks.stopped
		checkCeilings(rt, all, cat, c.GetRequest())
	})
	if stopped == 0 || offered == 0 || held == 0 {
		t.Errorf("%d searches were stopped early, %d offers were made, %d held back: nothing was tested", stopped, offered, held)
	}
}

// checkSeen compares the reasons: of fewer templates where there are options enough, the same where there are none.
func checkSeen(t *rapid.T, got, want *surprisev1.RecommendResponse) {
	counts := map[surprisev1.Reason]int32{}
	for _, r := range want.GetReasons() {
		counts[r.GetReason()] = r.GetTemplates()
	}
	for _, r := range got.GetReasons() {
		if n, ok := counts[r.GetReason()]; !ok || r.GetTemplates() > n {
			t.Fatalf("%d templates are stopped by %v, of %d in all", r.GetTemplates(), r.GetReason(), n)
		}
	}
	if len(got.GetPropensities()) >= 2 || got.GetHold() != nil || got.GetReasons()[0].GetReason() == surprisev1.Reason_CONTROL_GROUP {
		return
	}
	if d := gocmp.Diff(want.GetReasons(), got.GetReasons(), protocmp.Transform()); d != "" {
		t.Fatalf("nothing passes, and not all templates were looked at (-all +less):\n%s", d)
	}
}

func checkCeilings(t *rapid.T, r *recommend.Recommender, cat *catalog.Catalog, req *surprisev1.RecommendRequest) {
	explained, err := r.Explain(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	ceiling := recommend.Ceiling(cat)
	for _, e := range explained.GetTemplates() {
		if s := e.GetScore(); s != nil && s.GetScore() >= ceiling(cat.Template(e.GetTemplate()), s.GetMoment()) {
			t.Fatalf("%s scores %v, its ceiling is %v", e.GetTemplate(), s.GetScore(), ceiling(cat.Template(e.GetTemplate()), s.GetMoment()))
		}
	}
}

// The ceiling is reached but for rounding by who never had it, where it is least usual, if all is met.
func TestCeilingByHand(t *testing.T) {
	cat := load(t, `name: A shop
default_locale: en
time_zone: UTC
journeys: [{id: visit, stages: [{id: till}]}]
market: [{kind: GIFT, usual: 0.5}, {kind: GIFT, usual: 0.25, region: north}, {kind: NOTE, usual: 0.5, region: north}]
policies: {cost_weight: 0.01, like_weight: 0.1, pain_weight: 0.2, max_fit: 1.25, caps: [{max: 1, window: visit}]}
templates:
  - {id: gift, kind: GIFT, appeals_to: [tea], solves: [thirst], levels: [{id: a, value: 40}, {id: b, value: 60, cost_minor: 3000}], texts: {en: {title: A, message: B}}}
  - {id: note, kind: NOTE, levels: [{id: a, value: 10, cost_minor: 100}], texts: {en: {title: A, message: B}}}
`)
	ceiling := recommend.Ceiling(cat)
	for id, want := range map[string]float64{"gift": 60*0.75*2*1.25 - 30, "note": 10*2 - 1} {
		if got := ceiling(cat.Template(id), 2); got <= want || got > want+1e-6 {
			t.Errorf("%s: the ceiling is %v, want just above %v", id, got, want)
		}
	}
}

// A journey can have more stages than one search can ask for.
func TestLongJourney(t *testing.T) {
	var stages, next strings.Builder
	const last = match.MaxStages + 6
	for i := 1; i <= last; i++ {
		fmt.Fprintf(&next, "{stage: s%d, probability: %v}, ", i, map[bool]float64{true: 0.9, false: 0.001}[i == last])
		fmt.Fprintf(&stages, ", {id: s%d}", i)
	}
	cat := load(t, fmt.Sprintf(`name: A long way
default_locale: en
time_zone: UTC
journeys: [{id: visit, stages: [{id: s0, next: [%s]}%s]}]
policies: {caps: [{max: 1, window: visit}]}
templates:
  - {id: here, kind: NOTE, stages: [s0], levels: [{id: a, value: 10}], texts: {en: {title: A, message: B}}}
  - {id: there, kind: GIFT, stages: [s%d], rule: 'moment.stage == "s%d"', levels: [{id: a, value: 40}], texts: {en: {title: A, message: B}}}
`, strings.TrimSuffix(next.String(), ", "), stages.String(), last, last))
	c := &testv1.DecisionCase{Now: timestamppb.New(benchTime()), Request: benchRequest("s0")}
	opts := optionsIn(t, cat, c, &storev1.Record{}, endless{})
	response, err := recommend.New(opts).Recommend(t.Context(), c.GetRequest())
	if err != nil {
		t.Fatal(err)
	}
	if h := response.GetHold(); h.GetUntilStage() != fmt.Sprint("s", last) || math.Abs(h.GetWait()-36) > 1e-9 || math.Abs(h.GetGive()-10) > 1e-9 {
		t.Errorf("got %v, want to wait for the last stage", h)
	}
}

// load loads a catalogue of one file.
func load(t testing.TB, yaml string) *catalog.Catalog {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.yaml"), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	cat, problems, err := catalog.LoadDir(os.DirFS(dir))
	if err != nil || problems.HasErrors() {
		t.Fatal(problems, err)
	}
	return cat
}

// The cooldown of a category is what the ledger says of it.
func TestCooldownsAreTheLedgers(t *testing.T) {
	cat := generated(t, 9, 20, 0)
	rapid.Check(t, func(rt *rapid.T) {
		c, rec := drawVisit(rt), drawPast(rt, 20)
		c.Now = timestamppb.New(benchTime().Add(time.Duration(rapid.IntRange(0, 60*24).Draw(rt, "hours")) * time.Hour))
		explained, err := recommend.New(optionsIn(t, cat, c, rec, endless{})).Explain(t.Context(), c.GetRequest())
		if err != nil {
			rt.Fatal(err)
		}
		for _, e := range explained.GetTemplates() {
			checkCooldown(rt, cat, c, rec, e)
		}
	})
}

func checkCooldown(t *rapid.T, cat *catalog.Catalog, c *testv1.DecisionCase, rec *storev1.Record, e *surprisev1.TemplateExplanation) {
	terms := ledger.TermsFor(cat, cat.Template(e.GetTemplate()), surprisev1.Channel_POS, c.GetRequest().GetMoment().GetVisitId(), "", cat.Location)
	want := terms.CheckCooldowns(rec, c.GetNow().AsTime().In(cat.Location))
	// That its occasion had its surprise is said in place of the cooldown, and is not asked for here.
	if slices.ContainsFunc(e.GetBlocks(), func(b *surprisev1.Block) bool { return b.GetReason() == surprisev1.Reason_OCCASION_USED }) {
		return
	}
	i := slices.IndexFunc(e.GetBlocks(), func(b *surprisev1.Block) bool {
		return b.GetReason() == surprisev1.Reason_COOLDOWN || b.GetReason() == surprisev1.Reason_REFUSAL_COOLDOWN
	})
	switch {
	case (i >= 0) != (want != nil):
		t.Fatalf("%s: the ledger says %v, the gates %v", e.GetTemplate(), want, e.GetBlocks())
	case i >= 0 && (e.GetBlocks()[i].GetText() != want.Message || !e.GetBlocks()[i].GetEarliest().AsTime().Equal(want.Until)):
		t.Fatalf("%s: the ledger says %v, the gates %v", e.GetTemplate(), want, e.GetBlocks()[i])
	}
}
