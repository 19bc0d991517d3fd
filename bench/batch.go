package main

import (
	"context"
	"strconv"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/child"
	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/report"
	"github.com/surprise-service/surprised/bench/internal/workload"
)

// streams is how many streams there are at once.
const streams = 4

// batch has a stream to the service and the engine in a process of its own take turns, on the same store.
func (c *contest) batch(ctx context.Context) ([]report.Throughput, error) {
	if c.redis == "" || c.find(recommendOn+"redis") == nil {
		return nil, nil
	}
	p, err := c.launch(ctx, "batch", child.Batch, c.path("catalog"), "redis://"+c.redis, strconv.Itoa(c.opts.templates))
	if err != nil {
		return nil, err
	}
	calls, err := c.streamed()
	if err != nil {
		return nil, err
	}
	target := c.find(recommendOn + "redis").target
	stream, alone := report.NewThroughput(report.BatchStream), report.NewThroughput(report.BatchAlone)
	for round := range c.opts.rounds + 1 { // the first one warms up
		c.say("batch, round %d of %d", round, c.opts.rounds)
		streamed, err := load.Stream(ctx, target, calls, streams, c.opts.turn())
		if err != nil {
			return nil, err
		}
		var decided child.BatchRound
		if err := p.Ask(ctx, child.BatchTurn{For: c.opts.turn()}, &decided); err != nil {
			return nil, err
		}
		if round > 0 {
			stream.Add(streamed.Calls, streamed.Took, streamed.CPU)
			alone.Add(decided.Decisions, decided.Took, decided.CPU)
		}
	}
	return []report.Throughput{stream.Medians(), alone.Medians()}, c.stop(p)
}

// streamed are the requests as elements of a stream.
func (c *contest) streamed() (load.Calls, error) {
	elements := make([]*surprisev1.RecommendStreamRequest, len(c.requests))
	for i, req := range c.requests {
		elements[i] = &surprisev1.RecommendStreamRequest{Request: req}
	}
	bodies, err := workload.Encode(elements)
	return load.Calls{Method: surprisev1.RecommendationService_RecommendStream_FullMethodName, Bodies: bodies}, err
}
