// Package simulate lives through a year before it comes: visits drawn from the journey go through the real recommender and the real
// ledger, in memory and on a simulated clock.
//
//	customers -> plan: who comes when, and how far -> the same plan under each policy -> report
//
// The policies are the catalogue's own and baselines to compare it with. The same seed gives the same report, whatever the number of
// processors. From the same years come histories, which say how well somebody who only watches could have guessed the next surprise.
package simulate

import (
	"context"
	"errors"
	"fmt"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
)

// Options says what to simulate.
type Options struct {
	Catalog *catalog.Catalog
	// Customers each have a profile, and a moment whose channel, store and scene all their visits have. Of several requests of one
	// customer the first counts.
	Customers []*surprisev1.RecommendRequest
	// From is the first day: its date, wherever the customer is.
	From time.Time
	Days int
	// Seed decides all that is random.
	Seed uint64
	// VisitsPerYear is how often everybody comes on average. 0: as often as their profile says, without a word of it defaultVisits.
	VisitsPerYear float64
	// RefusalShare is the share of offers that customers refuse.
	RefusalShare float64
	// BaselineMinGap is the least gap that the baselines offer, in delight points. Nil: the catalogue's min_gap. 0 is for a shop that gives
	// no thought to what is expected.
	BaselineMinGap *float64
	// Progress, if not nil, is told how much is done. It may be called from several goroutines, one at a time.
	Progress func(done, total int)
}

// Bounds of a simulation.
const (
	MaxDays          = 3660
	MaxSeeds         = 1000
	MaxVisitsPerYear = 365
	maxGap           = 1e6
)

func (o *Options) check() error {
	switch {
	case o.Catalog == nil:
		return errors.New("simulate: a catalogue is needed")
	case len(o.Customers) == 0:
		return errors.New("simulate: there are no customers")
	case o.Days < 1 || o.Days > MaxDays:
		return fmt.Errorf("simulate: %d days: give 1 to %d", o.Days, MaxDays)
	case !(o.VisitsPerYear >= 0 && o.VisitsPerYear <= MaxVisitsPerYear):
		return fmt.Errorf("simulate: %g visits a year: give at most %d", o.VisitsPerYear, MaxVisitsPerYear)
	case !(o.RefusalShare >= 0 && o.RefusalShare <= 1):
		return fmt.Errorf("simulate: a share of %g refuses: give 0 to 1", o.RefusalShare)
	case o.BaselineMinGap != nil && !(*o.BaselineMinGap >= 0 && *o.BaselineMinGap <= maxGap):
		return fmt.Errorf("simulate: a least gap of %g: give 0 to %g", *o.BaselineMinGap, float64(maxGap))
	}
	return nil
}

// Run lives through one year under each policy.
func Run(ctx context.Context, opts Options) (*Report, error) {
	result, err := Compare(ctx, opts, 1)
	if err != nil {
		return nil, err
	}
	return &result.Report, nil
}

// Histories returns what each customer saw happen under the catalogue's own policy.
func Histories(ctx context.Context, opts Options) ([]History, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	p, err := newPlan(&opts)
	if err != nil {
		return nil, err
	}
	y, err := newYear(ctx, &opts, ownPolicy(), newProgress(opts.Progress, 1))
	if err != nil {
		return nil, err
	}
	if err := y.live(ctx, p); err != nil {
		return nil, err
	}
	out := make([]History, len(y.customers))
	for i, c := range y.customers {
		out[i] = c.history
	}
	return out, nil
}

// people returns the customers, each once.
func people(requests []*surprisev1.RecommendRequest) []*surprisev1.RecommendRequest {
	seen := map[string]bool{}
	var out []*surprisev1.RecommendRequest
	for _, r := range requests {
		if id := r.GetCustomer().GetId(); !seen[id] {
			seen[id] = true
			out = append(out, r)
		}
	}
	return out
}

// home returns the zone in which a customer lives, or that of the catalogue.
func home(cat *catalog.Catalog, zones *calendar.Zones, r *surprisev1.RecommendRequest) (*time.Location, error) {
	name := r.GetCustomer().GetTimeZone()
	if name == "" {
		return cat.Location, nil
	}
	loc, ok := zones.Find(name)
	if !ok {
		return nil, fmt.Errorf("simulate: customer %q: there is no time zone %q", r.GetCustomer().GetId(), name)
	}
	return loc, nil
}
