package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/surprise-service/surprised/bench/internal/engine"
	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/report"
	"github.com/surprise-service/surprised/bench/internal/script"
	"github.com/surprise-service/surprised/bench/internal/workload"
)

// speedCallers is how many callers claims without gRPC have; the names of the figures tell it.
const speedCallers = 64

// gcPercent is how often the ledger's garbage is collected, in this process as in the service: there package app sets it.
const gcPercent = 400

// sprinter takes turns on the Redis of its own that claims without gRPC have.
type sprinter struct {
	row *report.Row
	// turn takes about d. Last is the turn before.
	turn  func(ctx context.Context, last load.Result, d time.Duration) (load.Result, error)
	last  load.Result
	calls int // of all turns
}

// claims compares claims of the ledger itself with scripts that run without it, where there is a redis-server.
func (f *field) claims(ctx context.Context, doc *report.Document) (err error) {
	redis, err := f.startRedis(ctx, "redis-speed")
	if err != nil || redis == "" {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	trivial, err := script.Load(ctx, redis)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, trivial.Close()) }()
	sprinters, err := floors(ctx, redis, trivial)
	if err != nil {
		return err
	}
	e, err := engine.Open(ctx, "redis://"+redis, "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	hot, spread := claimer(e, report.ClaimHot, engine.Hot), claimer(e, report.ClaimSpread, engine.Spread)
	if doc.Speed, err = f.sprint(ctx, append(sprinters, hot, spread)); err != nil {
		return err
	}
	return exact(ctx, e, hot.calls)
}

// sprint has all warm up and then take their turns, every other round backwards.
func (f *field) sprint(ctx context.Context, sprinters []*sprinter) (*report.Speed, error) {
	var rows []*report.Row
	for _, s := range sprinters {
		if err := s.run(ctx, min(f.opts.turn(), warmUpTurn)); err != nil {
			return nil, err
		}
		rows = append(rows, s.row)
	}
	for round := range f.opts.rounds {
		f.say("claims, round %d of %d", round+1, f.opts.rounds)
		for _, s := range sprinters {
			if err := s.run(ctx, f.opts.turn()); err != nil {
				return nil, err
			}
			s.row.Rounds = append(s.row.Rounds, s.last)
		}
		slices.Reverse(sprinters)
	}
	return report.NewSpeed(rows, speedCallers), nil
}

func (s *sprinter) run(ctx context.Context, d time.Duration) (err error) {
	if s.last, err = s.turn(ctx, s.last, d); err != nil {
		return fmt.Errorf("%s: %w", s.row.Name, err)
	}
	s.calls += s.last.Calls
	return nil
}

// exact checks that the one limit knows every claim of it: a speed at which some get lost is none.
func exact(ctx context.Context, e *engine.Engine, want int) error {
	got, err := e.Taken(ctx)
	if err == nil && got != int64(want) {
		err = fmt.Errorf("%d claims of one limit took %d units from it", want, got)
	}
	return err
}

func newSprinter(name string, turn func(context.Context, load.Result, time.Duration) (load.Result, error)) *sprinter {
	return &sprinter{row: &report.Row{Name: name, Callers: speedCallers}, turn: turn}
}

// claimer makes new claims in each turn. What they claim is prepared outside of the measurement.
func claimer(e *engine.Engine, name string, kind engine.Kind) *sprinter {
	offers := e.Offers(kind)
	turn := func(ctx context.Context, last load.Result, d time.Duration) (load.Result, error) {
		reqs, err := offers.Next(workload.Enough(speedCallers, last, d))
		if err != nil {
			return load.Result{}, err
		}
		return load.Do(ctx, speedCallers, len(reqs), d, func(ctx context.Context, _, n int) error { return e.Claim(ctx, reqs[n]) })
	}
	return newSprinter(name, turn)
}
