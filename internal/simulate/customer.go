package simulate

import (
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
)

// customer is one person during one simulated year.
type customer struct {
	request *surprisev1.RecommendRequest // its own copy, kept up to date
	home    *time.Location
	// past are the days of earlier visits, the earliest first. Those before the simulation are drawn so that the profile's counts hold.
	past    []time.Time
	history History
	// outcome of the year
	gifts []gift
	held  int // the visit that was held back last; -1: none
}

func newCustomer(opts *Options, r *surprisev1.RecommendRequest, loc *time.Location) *customer {
	c := &customer{request: proto.CloneOf(r), home: loc, held: -1}
	c.history.Customer = r.GetCustomer().GetId()
	c.past = drawPast(r, civil(opts.From), loc, stream(opts.Seed, "past", r.GetCustomer().GetId()))
	return c
}

func civil(t time.Time) time.Time { return calendar.DayOf(t) }

// drawPast makes up the visits that a profile counts. How long ago the last one was is taken from the moment of the request: the profile
// is that of the first simulated visit, whenever it was written.
func drawPast(r *surprisev1.RecommendRequest, from time.Time, loc *time.Location, rng *rand.Rand) []time.Time {
	v := r.GetCustomer().GetVisits()
	month, rest := int(v.GetLast_30D()), int(v.GetLast_365D()-v.GetLast_30D())
	last := sinceLast(r, from, loc)
	var ages []int
	if last > 0 {
		ages = append(ages, last)
		if last <= 30 {
			month--
		} else {
			rest--
		}
	}
	draw := func(n, low, high int) {
		for low = max(low, last); n > 0 && low <= high; n-- {
			ages = append(ages, low+rng.IntN(high-low+1))
		}
	}
	draw(month, 1, 30)
	draw(rest, 31, daysPerYear)
	slices.Sort(ages)
	out := make([]time.Time, 0, len(ages))
	for _, age := range slices.Backward(ages) {
		out = append(out, from.AddDate(0, 0, -age))
	}
	return out
}

// sinceLast returns the days between the last visit and the request; 0: not known.
func sinceLast(r *surprisev1.RecommendRequest, from time.Time, loc *time.Location) int {
	last := r.GetCustomer().GetVisits().GetLast()
	if last == nil {
		return 0
	}
	at := from
	if t := r.GetMoment().GetTime(); t != nil {
		at = civil(t.AsTime().In(loc))
	}
	return max(calendar.Days(time.Date(int(last.GetYear()), time.Month(last.GetMonth()), int(last.GetDay()), 0, 0, 0, 0, time.UTC), at), 1)
}

// arrive begins a visit: the profile tells what came before it. What the profile did not tell stays untold: who does not count visits
// does not begin to count them.
func (c *customer) arrive(day time.Time) {
	if v := c.request.GetCustomer().GetVisits(); v != nil {
		if n := len(c.past); n > 0 {
			v.Last = date(c.past[n-1])
		}
		v.Last_30D, v.Last_365D = c.within(day, 30), c.within(day, daysPerYear)
		if v.GetTotal() > 0 && len(c.history.Visits) > 0 {
			v.Total++ // the first simulated visit is the one that the profile counts already
		}
	}
	c.past = append(c.past, day)
	c.history.Visits = append(c.history.Visits, Visit{Day: day, Occasions: map[string]string{}})
}

// within counts the visits of the days before a day.
func (c *customer) within(day time.Time, days int) int32 {
	n := 0
	for _, p := range c.past {
		if calendar.Days(p, day) <= days {
			n++
		}
	}
	return int32(n) //nolint:gosec // a few thousand
}

func date(day time.Time) *surprisev1.Date {
	y, m, d := day.Date()
	return &surprisev1.Date{Year: int32(y), Month: int32(m), Day: int32(d)} //nolint:gosec // civil dates
}

// at returns the request of a moment. It is the same message every time.
func (c *customer) at(m moment, visitID string, maxOffers int32) *surprisev1.RecommendRequest {
	r := c.request
	r.MaxOffers = maxOffers
	r.Moment.Stage, r.Moment.VisitId, r.Moment.Time = m.stage, visitID, timestamppb.New(m.at)
	return r
}

// recovered is what a delivered recovery changes: complaints are closed, and how satisfied the customer is must be asked anew. Tags are
// the staff's and stay.
func (c *customer) recovered(day time.Time) {
	p := c.request.GetCustomer()
	if p.GetOpenComplaints() > 0 {
		p.OpenComplaints, p.ComplaintResolved = 0, date(day)
	}
	p.Satisfaction = nil
}
