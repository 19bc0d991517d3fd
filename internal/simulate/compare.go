package simulate

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat"
)

// Result is the year of the first seed in full, and how the policies compare over all seeds.
type Result struct {
	Report
	// Seeds are all that were lived through.
	Seeds []uint64 `json:"seeds"`
	// Ratios compare the catalogue's own policy with each baseline.
	Ratios []Ratio `json:"ratios"`
}

// Ratio is the catalogue's own policy divided by a baseline, seed by seed.
type Ratio struct {
	Baseline    string `json:"baseline"`
	Remembered  Spread `json:"remembered"`
	AtItsMoment Spread `json:"at_its_moment"`
	Cost        Spread `json:"cost"`
	Surprises   Spread `json:"surprises"`
	// Better counts the seeds in which more was remembered at equal or lower cost, BetterAtItsMoment those in which that holds at_its_moment.
	Better            int `json:"better"`
	BetterAtItsMoment int `json:"better_at_its_moment"`
}

// Spread is a ratio over seeds. Seeds in which the baseline has nothing to divide by are left out: N counts the others.
type Spread struct {
	N      int       `json:"n"`
	Mean   float64   `json:"mean"`
	SD     float64   `json:"sd"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	BySeed []float64 `json:"by_seed"`
}

// Compare lives through a year under each policy for so many seeds, from the one of the options on.
func Compare(ctx context.Context, opts Options, seeds int) (*Result, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	if seeds < 1 || seeds > MaxSeeds {
		return nil, fmt.Errorf("simulate: %d seeds: give 1 to %d", seeds, MaxSeeds)
	}
	reports := make([]Report, seeds)
	var jobs []func(context.Context) error
	progress := newProgress(opts.Progress, seeds*len(policies()))
	for i := range reports {
		own := opts
		own.Seed += uint64(i) //nolint:gosec // not negative
		more, err := prepare(&own, &reports[i], progress)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, more...)
	}
	if err := inParallel(ctx, jobs); err != nil {
		return nil, err
	}
	return compared(reports), nil
}

// prepare returns one job for each policy, which fills in its part of the report.
func prepare(opts *Options, report *Report, progress *progress) ([]func(context.Context) error, error) {
	p, err := newPlan(opts)
	if err != nil {
		return nil, err
	}
	*report = Report{
		From: opts.From.Format("2006-01-02"), Days: opts.Days, Seed: opts.Seed, Customers: len(people(opts.Customers)), Visits: p.visits, Moments: len(p.moments),
		Currency: opts.Catalog.Source.GetCurrency(), Policies: make([]PolicyReport, len(policies())),
	}
	var jobs []func(context.Context) error
	for i, policy := range policies() {
		jobs = append(jobs, func(ctx context.Context) error {
			y, err := newYear(ctx, opts, policy, progress)
			if err != nil {
				return err
			}
			if err := y.live(ctx, p); err != nil {
				return err
			}
			report.Policies[i] = y.report()
			return nil
		})
	}
	return jobs, nil
}

// inParallel does all jobs, one for each processor at a time. The first error ends the others.
func inParallel(ctx context.Context, jobs []func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan func(context.Context) error)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for job := range todo {
				if err := job(ctx); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, job := range jobs {
		todo <- job
	}
	close(todo)
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

func compared(reports []Report) *Result {
	out := &Result{Report: reports[0]}
	for _, r := range reports {
		out.Seeds = append(out.Seeds, r.Seed)
	}
	for i := 1; i < len(reports[0].Policies); i++ {
		out.Ratios = append(out.Ratios, ratio(reports, i))
	}
	return out
}

func ratio(reports []Report, baseline int) Ratio {
	over := func(of func(PolicyReport) float64) Spread {
		var by []float64
		for _, r := range reports {
			if below := of(r.Policies[baseline]); below != 0 {
				by = append(by, of(r.Policies[0])/below)
			}
		}
		return spread(by)
	}
	out := Ratio{
		Baseline:    reports[0].Policies[baseline].Policy,
		Remembered:  over(func(p PolicyReport) float64 { return p.Remembered.Total }),
		AtItsMoment: over(func(p PolicyReport) float64 { return p.Remembered.AtItsMoment }),
		Cost:        over(func(p PolicyReport) float64 { return float64(p.CostMinor) }),
		Surprises:   over(func(p PolicyReport) float64 { return float64(p.Surprises) }),
	}
	for _, r := range reports {
		own, base := r.Policies[0], r.Policies[baseline]
		if own.CostMinor > base.CostMinor {
			continue
		}
		if own.Remembered.Total > base.Remembered.Total {
			out.Better++
		}
		if own.Remembered.AtItsMoment > base.Remembered.AtItsMoment {
			out.BetterAtItsMoment++
		}
	}
	return out
}

func spread(by []float64) Spread {
	out := Spread{N: len(by), BySeed: by}
	if len(by) == 0 {
		out.BySeed = []float64{}
		return out
	}
	out.Mean, out.Min, out.Max = stat.Mean(by, nil), slices.Min(by), slices.Max(by)
	if len(by) > 1 {
		out.SD = stat.StdDev(by, nil)
	}
	return out
}
