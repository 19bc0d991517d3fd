package simulate

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func timestamp(text string) *timestamppb.Timestamp {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return timestamppb.New(t)
}

func on(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// seen is a history of visits; a day that ends in + brought the template "x".
func seen(days ...string) History {
	var h History
	for _, d := range days {
		v := Visit{Day: on(d[:10])}
		if len(d) > 10 {
			v.Gifts = []string{"x"}
		}
		h.Visits = append(h.Visits, v)
	}
	return h
}

func judged(histories ...History) Predictability {
	p := Predictability{Template: "x", By: map[string]int{}}
	for _, h := range histories {
		p.observe(h)
	}
	p.judge()
	return p
}

func TestGuessesByHand(t *testing.T) {
	for _, test := range []struct {
		name    string
		history History
		gifts   int
		n       int
		guessed int
		by      map[string]int
	}{
		{"nothing", seen("2027-01-01"), 0, 0, 0, map[string]int{}},
		{"the first cannot be guessed", seen("2027-01-01+"), 1, 0, 0, map[string]int{}},
		{"a year later, within a day", seen("2027-03-08+", "2027-05-01", "2028-03-09+"), 2, 1, 1, map[string]int{SameDate: 1}},
		{"a year later, two days off", seen("2027-03-08+", "2027-05-01", "2028-03-10+"), 2, 1, 0, map[string]int{}},
		{"two years later", seen("2027-03-08+", "2027-05-01", "2029-03-07+"), 2, 1, 1, map[string]int{SameDate: 1}},
		{"across New Year's Eve", seen("2026-12-31+", "2027-05-01", "2028-01-01+"), 2, 1, 1, map[string]int{SameDate: 1}},
		{"29 February", seen("2028-02-29+", "2028-05-01", "2029-02-28+"), 2, 1, 1, map[string]int{SameDate: 1}},
		{"the same interval", seen("2027-01-01+", "2027-01-31+", "2027-02-10", "2027-03-01+"), 3, 2, 1, map[string]int{SameInterval: 1}},
		{"another interval", seen("2027-01-01+", "2027-01-31+", "2027-02-10", "2027-03-04+"), 3, 2, 0, map[string]int{}},
		// From the fourth visit on, every visit so far had it; their intervals differ.
		{"every visit", seen("2027-01-01+", "2027-01-03+", "2027-01-10+", "2027-02-20+", "2027-06-01+"), 5, 4, 2, map[string]int{EveryVisit: 2}},
		{"four of five visits are not more than 80 %", seen("2027-01-01", "2027-01-03+", "2027-01-10+", "2027-02-20+", "2027-06-01+", "2027-07-01+"), 5, 4, 0, map[string]int{}},
	} {
		got := judged(test.history)
		if got.Gifts != test.gifts || got.N != test.n || got.Guessed != test.guessed || !cmp.Equal(test.by, got.By) {
			t.Errorf("%s: got %+v, want %d gifts, %d with a past, %d guessed by %v", test.name, got, test.gifts, test.n, test.guessed, test.by)
		}
	}
}

func TestKnownOccasion(t *testing.T) {
	visit := func(day, occurrence string, gift bool) Visit {
		v := Visit{Day: on(day), Occasions: map[string]string{}}
		if occurrence != "" {
			v.Occasions["x"] = occurrence
		}
		if gift {
			v.Gifts = []string{"x"}
		}
		return v
	}
	first := visit("2027-03-08", "birthday/2027", true)
	for _, test := range []struct {
		name   string
		visits []Visit
		want   int
	}{
		{"it came the year before", []Visit{first, visit("2028-03-11", "birthday/2028", true)}, 1},
		{"and at the second visit of this one", []Visit{first, visit("2028-03-05", "birthday/2028", false), visit("2028-03-11", "birthday/2028", true)}, 1},
		{"a year without a visit says nothing", []Visit{first, visit("2028-08-01", "", false), visit("2029-03-11", "birthday/2029", true)}, 1},
		{"a year with a visit and without it", []Visit{first, visit("2028-03-08", "birthday/2028", false), visit("2029-03-11", "birthday/2029", true)}, 0},
	} {
		if got := judged(History{Visits: test.visits}); got.By[KnownOccasion] != test.want {
			t.Errorf("%s: guessed %d times, want %d", test.name, got.By[KnownOccasion], test.want)
		}
	}
}

// A gift on the same day of every year against one at any time of it.
func TestClockworkAgainstChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var yearly, random []History
	for range 20 {
		var y, r History
		for year := 2027; year < 2032; year++ {
			day := time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)
			y.Visits = append(y.Visits, Visit{Day: day, Gifts: []string{"x"}}, Visit{Day: day.AddDate(0, 2, 0)})
			for range 2 {
				r.Visits = append(r.Visits, Visit{Day: day.AddDate(0, 0, rng.IntN(150)), Gifts: []string{"x"}}, Visit{Day: day.AddDate(0, 0, 151+rng.IntN(100))})
			}
		}
		yearly, random = append(yearly, y), append(random, r)
	}
	if got := judged(yearly...); got.Verdict != Clockwork || got.Share != 1 || got.N != 80 {
		t.Errorf("on the same day: got %+v", got)
	}
	if got := judged(random...); got.Verdict != Surprising {
		t.Errorf("at any time: got %+v", got)
	}
	if got := judged(yearly[:1]...); got.Verdict != TooFew {
		t.Errorf("one customer: got %+v", got)
	}
}

// A cake that comes on every birthday is known; the catalogue says so, the simulation shows it.
func TestSimulatedBirthdaysAreClockwork(t *testing.T) {
	cat := load(t, `
default_locale: en
time_zone: UTC
journeys: [{id: visit, stages: [{id: door}]}]
policies: {temperature: 0}
templates:
  - id: cake
    kind: CAKE
    occasion: {name: birthday, before: 3d, after: 3d}
    levels: [{id: small, value: 40}]
    texts: {en: {title: A cake, message: Happy birthday.}}
  - id: sorry
    kind: NOTE
    purpose: RECOVERY
    levels: [{id: note, value: 10}]
    texts: {en: {title: Sorry, message: We are sorry.}}
`)
	var customers []*surprisev1.RecommendRequest
	for _, id := range []string{"a", "b", "c"} {
		g := guest(id)
		g.Customer.Birthday = &surprisev1.Birthday{Month: 3, Day: 8}
		customers = append(customers, g)
	}
	histories, err := Histories(t.Context(), Options{Catalog: cat, Customers: customers, From: newYear2027(), Days: 1460, VisitsPerYear: 180})
	if err != nil {
		t.Fatal(err)
	}
	got := Predict(cat, histories)
	if len(got) != 1 || got[0].Template != "cake" || got[0].Verdict != Clockwork || got[0].By[KnownOccasion] != got[0].N || got[0].N < 6 {
		t.Errorf("got %+v, want the cake alone, guessed by its occasion", got)
	}
}
