package simulate

import (
	"math"
	"slices"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func TestVisitsAreInOpeningHoursAndInOrder(t *testing.T) {
	opts := Options{Catalog: load(t, smallShop), Customers: crowd(), From: newYear2027(), Days: 365, Seed: 1, VisitsPerYear: 100}
	p, err := newPlan(&opts)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(p.moments, func(a, b moment) int { return a.at.Compare(b.at) }) {
		t.Error("the moments are not in the order of time")
	}
	days := map[[2]int]bool{}
	for _, m := range p.moments {
		if m.step > 0 {
			continue
		}
		if h := m.at.Hour(); h < opensAt || h >= closesAt {
			t.Errorf("a visit begins at %s", m.at)
		}
		day := [2]int{m.customer, m.at.YearDay()}
		if days[day] || m.at.Year() != 2027 {
			t.Errorf("a second visit on one day, or outside the year: %s", m.at)
		}
		days[day] = true
	}
	// Four customers with a Poisson number of mean 100 each: 400, with a standard deviation of 20.
	if math.Abs(float64(p.visits)-400) > 80 || len(p.moments) != 2*p.visits {
		t.Errorf("got %d visits and %d moments", p.visits, len(p.moments))
	}
	if loc := p.moments[0].at.Location(); loc == nil {
		t.Error("no zone")
	}
}

func TestVisitsFollowTheProfile(t *testing.T) {
	often, seldom, unknown := guest("often"), guest("seldom"), guest("unknown")
	often.Customer.Visits = &surprisev1.Visits{Last_365D: 200}
	seldom.Customer.Visits = &surprisev1.Visits{Last_365D: 2}
	opts := Options{Catalog: load(t, smallShop), Customers: []*surprisev1.RecommendRequest{often, seldom, unknown}, From: newYear2027(), Days: 3650, Seed: 1}
	p, err := newPlan(&opts)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]float64, 3)
	for _, m := range p.moments {
		if m.step == 0 {
			counts[m.customer]++
		}
	}
	for i, mean := range []float64{2000, 20, 10 * defaultVisits} {
		if math.Abs(counts[i]-mean) > 4*math.Sqrt(mean) {
			t.Errorf("customer %d: got %g visits in ten years, want about %g", i, counts[i], mean)
		}
	}
}

// The shares of those who go on and of those who end are those of the journey, cycles included.
func TestWalksFollowTheJourney(t *testing.T) {
	cat := load(t, `
default_locale: en
journeys:
  - id: loop
    stages:
      - {id: in, next: [{stage: in, probability: 0.5}, {stage: out, probability: 0.3}]}
      - {id: out}
templates: [{id: note, kind: NOTE, levels: [{id: card, value: 10}], texts: {en: {title: A note, message: Thank you.}}}]
`)
	p := &plan{}
	rng := stream(1, "test", "")
	const visits = 20_000
	for v := range visits {
		p.add(0, v, newYear2027(), cat.Journey(""), rng)
	}
	in, out := 0.0, 0.0
	for _, m := range p.moments {
		if m.stage == "in" {
			in++
		} else {
			out++
		}
	}
	// "in" is seen 1 / (1 - 0.5) = 2 times, "out" with probability 0.3 / 0.5 = 0.6.
	if math.Abs(in/visits-2) > 0.05 || math.Abs(out/visits-0.6) > 0.02 {
		t.Errorf("got %.3f and %.3f a visit, want 2 and 0.6", in/visits, out/visits)
	}
}

func TestProfileIsKeptUpToDate(t *testing.T) {
	r := guest("a")
	r.Moment.Time = nil
	r.Customer.Visits = &surprisev1.Visits{Last: &surprisev1.Date{Year: 2026, Month: 12, Day: 22}, Last_30D: 3, Last_365D: 9, Total: 40}
	opts := Options{Catalog: load(t, smallShop), From: newYear2027(), Seed: 5}
	c := newCustomer(&opts, r, time.UTC)
	v := c.request.GetCustomer().GetVisits()
	arrive := func(days int) { c.arrive(newYear2027().AddDate(0, 0, days)) }
	check := func(what string, last string, month, total int32) {
		t.Helper()
		d := v.GetLast()
		got := time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay()), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if got != last || v.GetLast_30D() != month || v.GetTotal() != total {
			t.Errorf("%s: got last %s, %d in 30 days, %d in all; want %s, %d, %d", what, got, v.GetLast_30D(), v.GetTotal(), last, month, total)
		}
	}
	arrive(0)
	check("the first visit is that of the profile", "2026-12-22", 3, 40)
	if v.GetLast_365D() != 9 {
		t.Errorf("got %d visits within a year, want 9", v.GetLast_365D())
	}
	arrive(60)
	check("two months later", "2027-01-01", 0, 41)
	arrive(61)
	check("the day after", "2027-03-02", 1, 42)
	arrive(60 + 365 + 1)
	if v.GetLast_365D() != 1 || v.GetLast_30D() != 0 {
		t.Errorf("more than a year later: got %d within a year, %d within 30 days, want 1 and 0", v.GetLast_365D(), v.GetLast_30D())
	}
}

func TestRecencyIsThatOfTheRequest(t *testing.T) {
	for _, test := range []struct {
		name string
		last *surprisev1.Date
		want int
	}{
		{"unknown", nil, 0},
		{"ten days before the request", &surprisev1.Date{Year: 2020, Month: 5, Day: 21}, 10},
		{"on the day of the request", &surprisev1.Date{Year: 2020, Month: 5, Day: 31}, 1},
	} {
		r := guest("a")
		r.Moment.Time = timestamp("2020-05-31T10:00:00Z")
		r.Customer.Visits = &surprisev1.Visits{Last: test.last}
		if got := sinceLast(r, newYear2027(), time.UTC); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}

func TestUnknownVisitsStayUnknown(t *testing.T) {
	opts := Options{Catalog: load(t, smallShop), From: newYear2027()}
	c := newCustomer(&opts, guest("a"), time.UTC)
	c.arrive(newYear2027())
	c.arrive(newYear2027().AddDate(0, 0, 1))
	if v := c.request.GetCustomer().GetVisits(); v != nil {
		t.Errorf("got %v, want none", v)
	}
}
