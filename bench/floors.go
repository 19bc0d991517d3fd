package main

import (
	"context"
	"errors"
	"math"
	"os/exec"
	"time"

	"github.com/surprise-service/surprised/bench/internal/engine"
	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/report"
	"github.com/surprise-service/surprised/bench/internal/script"
	"github.com/surprise-service/surprised/bench/internal/workload"
)

// floors are what claims without gRPC are compared with, on the Redis at an address: redis-benchmark where it is installed, and our own client.
func floors(ctx context.Context, redis string, trivial *script.Script) ([]*sprinter, error) {
	call := newSprinter(report.Floor2b, func(ctx context.Context, _ load.Result, d time.Duration) (load.Result, error) {
		return load.Do(ctx, speedCallers, math.MaxInt, d, trivial.Call)
	})
	binary, err := exec.LookPath("redis-benchmark")
	if err != nil {
		return []*sprinter{call}, nil //nolint:nilerr // the rest can be measured all the same
	}
	own, err := replays(ctx, redis, binary)
	if err != nil {
		return nil, err
	}
	run := newSprinter(report.Floor2a, func(ctx context.Context, last load.Result, d time.Duration) (load.Result, error) {
		return trivial.Benchmark(ctx, binary, speedCallers, workload.Enough(speedCallers, last, d))
	})
	return append([]*sprinter{run, call}, own...), nil
}

// replays have redis-benchmark send claims as the ledger does, of a tenant of its own.
func replays(ctx context.Context, redis, binary string) (out []*sprinter, err error) {
	e, err := engine.Open(ctx, "redis://"+redis, "replay")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	stage := script.NewStage(redis, binary, engine.Customers)
	for _, floor := range []struct {
		name string
		kind engine.Kind
	}{{report.Floor2cHot, engine.Hot}, {report.Floor2cSpread, engine.Spread}} {
		claims, err := record(ctx, e, stage, floor.kind)
		if err != nil {
			return nil, err
		}
		out = append(out, newSprinter(floor.name, func(ctx context.Context, last load.Result, d time.Duration) (load.Result, error) {
			return replay(ctx, claims, workload.Enough(speedCallers, last, d))
		}))
	}
	return out, nil
}

func record(ctx context.Context, e *engine.Engine, stage *script.Stage, kind engine.Kind) ([]*script.Replay, error) {
	samples, err := e.Samples(ctx, kind)
	if err != nil {
		return nil, err
	}
	out := make([]*script.Replay, len(samples))
	for i, s := range samples {
		claim := func(ctx context.Context) error { return e.Claim(ctx, s.Request) }
		if out[i], err = stage.Record(ctx, s.Names, claim); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// replay makes n claims, as many of each. Percentiles are those of the slower ones.
func replay(ctx context.Context, claims []*script.Replay, n int) (load.Result, error) {
	var sum load.Result
	for _, c := range claims {
		res, err := c.Benchmark(ctx, speedCallers, n/len(claims))
		if err != nil {
			return load.Result{}, err
		}
		sum.Calls, sum.Took = sum.Calls+res.Calls, sum.Took+res.Took
		sum.P50, sum.P99 = max(sum.P50, res.P50), max(sum.P99, res.P99)
	}
	return sum, nil
}
