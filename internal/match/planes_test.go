package match_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rule"
)

// clauseRules draws ANDs of ORs, of which nearly all would make too many rows, some inside other rules.
func clauseRules() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		draw := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(t, label) }
		out := ors(draw, 2+draw(10, "clauses"))
		switch draw(8, "around") {
		case 0:
			return "(" + out + ") || " + atom(draw)
		case 1:
			return "(" + out + ") || (" + ors(draw, 5) + ")"
		case 2:
			return "!(" + out + ")"
		default:
			return out
		}
	})
}

// ors writes an AND of n ORs; draw returns a number below another.
func ors(draw func(n int, label string) int, n int) string {
	out := make([]string, n)
	for i := range out {
		parts := make([]string, 1+draw(4, "parts"))
		for j := range parts {
			parts[j] = atom(draw)
		}
		out[i] = "(" + strings.Join(parts, " || ") + ")"
	}
	return strings.Join(out, " && ")
}

// atom asks about one attribute: most may be in a clause, the last few may not.
func atom(draw func(n int, label string) int) string {
	word := func() string {
		return []string{`""`, `"gold"`, `"silver"`, `"tea"`, `"cake"`, `"guest"`, `"čaj"`, `"z"`}[draw(8, "word")]
	}
	small := func() int { return draw(6, "small") }
	switch draw(22, "atom") {
	case 0, 1:
		return "customer.tier == " + word()
	case 2:
		return "customer.tier != " + word()
	case 3:
		return "moment.store in [" + word() + ", " + word() + "]"
	case 4:
		return "!(moment.attributes.text in [" + word() + ", " + word() + "])"
	case 5:
		return fmt.Sprintf("customer.visits.total >= %d", small())
	case 6:
		return fmt.Sprintf("customer.attributes.int < %d", small())
	case 7:
		return fmt.Sprintf("customer.attributes.int == %d", small())
	case 8:
		return fmt.Sprintf("customer.attributes.int != %d", small())
	case 9:
		return fmt.Sprintf("customer.attributes.double > %d.5", small()-1)
	case 10:
		return fmt.Sprintf("moment.attributes.double != %d.0", small())
	case 11:
		return fmt.Sprintf("customer.satisfaction <= %d.0", small())
	case 12:
		return []string{"customer.attributes.bool", "!customer.attributes.bool", "has(customer.attributes.int)", "!has(customer.satisfaction)"}[draw(4, "bool")]
	case 13, 14:
		return word() + " in customer.likes"
	case 15:
		return "!(" + word() + " in customer.likes)"
	case 16:
		return word() + " in customer.attributes.texts"
	case 17:
		return "!customer.attributes.texts.exists(v, v in [" + word() + ", " + word() + "])"
	case 18:
		return "!customer.tags.exists(v, v == " + word() + ")"
	case 19:
		return `moment.stage == "browse"`
	case 20:
		return fmt.Sprintf(`days_to("birthday") < %d`, 10*small())
	default:
		return "customer.id.startsWith(" + word() + ")"
	}
}

// wideRules have n ORs of three, all of which columns can answer in full, and one more question.
func wideRules(t testing.TB, w *world, rules, n int) []*rule.Rule {
	t.Helper()
	return w.draw(t, rand.New(rand.NewPCG(7, 8)), func(r *rand.Rand) string {
		parts := []string{fmt.Sprintf("customer.visits.last_365d != %d", r.IntN(5))}
		for range n {
			parts = append(parts, fmt.Sprintf(`(customer.tier == "t%d" || customer.visits.total > %d || !("l%d" in customer.likes))`, r.IntN(6), 1+r.IntN(5), r.IntN(3)))
		}
		return strings.Join(parts, " && ")
	}, rules)
}

// TestPlanesAnswerInFull: ANDs of ORs take one row each, and no row is asked by itself but for what is beyond the planes.
func TestPlanesAnswerInFull(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct{ clauses, planes, checks int }{{2, 0, 0}, {3, 3, 0}, {8, 8, 0}, {10, 8, 2}} {
		w.set(wideRules(t, w, 100, tt.clauses))
		stats := match.NewIndex(w.Catalog, ceiling).Stats()
		if stats.Planes != tt.planes || stats.Planes > 0 && (stats.Rows != 100 || stats.ClausedRows != 100) || stats.Planes > 0 && stats.Checks > 100*tt.checks {
			t.Errorf("%d ORs: got %+v, want %d planes and %d checks a row", tt.clauses, stats, tt.planes, tt.checks)
		}
		if tt.checks > 0 && stats.Checks < 50*tt.checks {
			t.Errorf("%d ORs: got %+v, want checks of those beyond the planes", tt.clauses, stats)
		}
	}
}

// TestPlanesThatAreNotWorthIt: few clauses are checks.
func TestPlanesThatAreNotWorthIt(t *testing.T) {
	w := newWorld(t)
	w.set(append(wideRules(t, w, 1, 4), make([]*rule.Rule, 100)...))
	if stats := match.NewIndex(w.Catalog, ceiling).Stats(); stats.Planes != 0 || stats.Checks != 4 || stats.Attributes > 1 {
		t.Errorf("want no planes for one rule: %+v", stats)
	}
}

// TestPlanesAreBounded: where clauses ask for more attributes than there is memory for, those of the last planes are checks.
func TestPlanesAreBounded(t *testing.T) {
	w := hardWorld(t)
	r := rand.New(rand.NewPCG(1, 2))
	w.set(append(w.draw(t, r, func(r *rand.Rand) string {
		out := make([]string, 8)
		for i := range out {
			out[i] = "(" + ownAttribute(r) + " || " + ownAttribute(r) + " || " + ownAttribute(r) + ")"
		}
		return strings.Join(out, " && ")
	}, 60), make([]*rule.Rule, 4000)...))
	index := match.NewTuned(w.Catalog, ceiling, 512, 1024, 1e9)
	stats := index.Stats()
	if most := 1<<20 + 512*60; stats.Planes == 0 || stats.Planes == 8 || stats.Bytes > most+stats.Blocks*2048 || stats.Checks == 0 {
		t.Errorf("want some planes in at most %d bytes, and checks: %+v", most, stats)
	}
	for range 4 {
		w.same(t, index, w.query(t, hardRequest(r), w.stages("visit", 0, 2)))
	}
}

// TestColumnsAreBounded: attributes that come when there is no memory left have no columns, whether clauses ask for them or not.
func TestColumnsAreBounded(t *testing.T) {
	w := hardWorld(t)
	w.set(w.draw(t, rand.New(rand.NewPCG(1, 2)), func(r *rand.Rand) string {
		return fmt.Sprintf("customer.attributes.a%d == %d", r.IntN(attributes), 2*r.IntN(9))
	}, 4000))
	stats := match.NewTuned(w.Catalog, ceiling, 512, 1024, 1e9).Stats()
	if most := 1<<20 + 512*(stats.Rows+stats.DeadRows); stats.Checks == 0 || stats.Bytes > most+stats.Blocks*8192 {
		t.Errorf("want at most %d bytes, and checks: %+v", most, stats)
	}
}

// TestPlanesOfManyUnits has rows with clauses in some units only, beside others, and requests at several stages.
func TestPlanesOfManyUnits(t *testing.T) {
	w := newWorld(t)
	rules := append(wideRules(t, w, 300, 7), make([]*rule.Rule, 1500)...)
	rules = append(rules, wideRules(t, w, 1800, 3)...)
	rules = append(rules, w.draw(t, rand.New(rand.NewPCG(1, 2)), func(r *rand.Rand) string { return ors(func(n int, _ string) int { return r.IntN(n) }, 6) }, 700)...)
	w.set(rules)
	for _, c := range []match.Ceiling{ceiling, nil} {
		index := match.NewIndex(w.Catalog, c)
		if stats := index.Stats(); stats.Planes < 7 || stats.ClausedRows < 2500 {
			t.Fatalf("want planes: %+v", stats)
		}
		r := rand.New(rand.NewPCG(5, 6))
		for range 20 {
			request := hardRequest(r)
			request.Customer.Attributes = nil
			request.Customer.Likes = request.Customer.Likes[:r.IntN(3)]
			for range r.IntN(4) {
				request.Customer.Likes = append(request.Customer.Likes, []string{"l0", "l1", "l2", "tea"}[r.IntN(4)])
			}
			request.Customer.Tier = fmt.Sprintf("t%d", r.IntN(8))
			w.same(t, index, w.query(t, request, w.stages("visit", r.IntN(2), 1+r.IntN(2))))
		}
	}
}

// TestPlanesAllocateNothing searches an index with planes, lists among them.
func TestPlanesAllocateNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector makes pools forget")
	}
	w := newWorld(t)
	w.set(wideRules(t, w, 1000, 6))
	request := hardRequestWithout()
	request.Customer.Likes, request.Customer.Visits.Total = []string{"l0", "l1", "tea"}, 4
	index, q, found := match.NewIndex(w.Catalog, ceiling), w.query(t, request, w.stages("visit", 0, 1)), 0
	allocated := testing.AllocsPerRun(200, func() {
		s := index.Search(q)
		for s.Next() {
			found += len(s.Matches())
		}
		s.Close()
	})
	if allocated != 0 || found == 0 {
		t.Errorf("%v allocations a search, %d found", allocated, found)
	}
}
