package simulate

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
)

const (
	// defaultVisits is how often somebody comes in a year of whom nothing is known.
	defaultVisits = 12
	opensAt       = 10 // o'clock, where the customer is
	closesAt      = 21
	// stageTime lies between two stages of a visit.
	stageTime = 10 * time.Minute
	// maxStages ends a visit that goes around in circles.
	maxStages   = 50
	daysPerYear = 365
)

// plan is all that happens whatever the policy: every policy meets the same people at the same moments, so that what differs between
// them is the policy and not chance.
type plan struct {
	moments []moment // in the order of time
	visits  int
}

// moment is one stage of one visit.
type moment struct {
	at                    time.Time
	customer, visit, step int
	stage                 string
	// refuse is uniform in [0, 1): below the share of refusals the customer would not want anything now.
	refuse float64
}

// stream is the randomness of one purpose for one customer: no other customer and no other purpose draws from it.
func stream(seed uint64, purpose, customer string) *rand.Rand {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s", seed, purpose, customer))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]))) //nolint:gosec // a simulation, no secret
}

func newPlan(opts *Options) (*plan, error) {
	p := &plan{}
	var zones calendar.Zones
	for i, r := range people(opts.Customers) {
		loc, err := home(opts.Catalog, &zones, r)
		if err != nil {
			return nil, err
		}
		j := opts.Catalog.Journey(r.GetMoment().GetJourney())
		if j == nil {
			return nil, fmt.Errorf("simulate: customer %q: the catalogue has no journey %q", r.GetCustomer().GetId(), r.GetMoment().GetJourney())
		}
		rng := stream(opts.Seed, "visits", r.GetCustomer().GetId())
		for v, at := range opts.drawVisits(r.GetCustomer(), loc, rng) {
			p.add(i, v, at, j, rng)
		}
	}
	slices.SortStableFunc(p.moments, func(a, b moment) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.customer, b.customer), cmp.Compare(a.step, b.step))
	})
	return p, nil
}

// drawVisits returns when a customer comes: a Poisson number of visits on different days, at any time of the opening hours.
func (o *Options) drawVisits(c *surprisev1.CustomerProfile, loc *time.Location, rng *rand.Rand) []time.Time {
	mean := o.VisitsPerYear
	if mean == 0 {
		mean = float64(cmp.Or(c.GetVisits().GetLast_365D(), defaultVisits))
	}
	n := int(distuv.Poisson{Lambda: mean * float64(o.Days) / daysPerYear, Src: rng}.Rand())
	days := rng.Perm(o.Days)[:min(n, o.Days)]
	slices.Sort(days)
	y, m, d := o.From.Date()
	out := make([]time.Time, len(days))
	for i, day := range days {
		out[i] = time.Date(y, m, d+day, opensAt, rng.IntN((closesAt-opensAt)*60), 0, 0, loc)
	}
	return out
}

// add walks the journey from its first stage until it ends.
func (p *plan) add(customer, visit int, at time.Time, j *catalog.Journey, rng *rand.Rand) {
	p.visits++
	for step, s := 0, j.Stages[0]; s != nil && step < maxStages; step, s = step+1, next(s, rng) {
		p.moments = append(p.moments, moment{
			at: at.Add(time.Duration(step) * stageTime), customer: customer, visit: visit, step: step, stage: s.ID, refuse: rng.Float64(),
		})
	}
}

// next draws where a visit goes on; nil: it ends.
func next(s *catalog.Stage, rng *rand.Rand) *catalog.Stage {
	u := rng.Float64()
	for _, t := range s.Next {
		if u -= t.Probability; u < 0 {
			return t.To
		}
	}
	return nil
}
