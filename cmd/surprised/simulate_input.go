package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
)

// readCustomers reads all requests of a file. They are checked as those of recommend are; the first that is wrong ends it.
func readCustomers(ctx context.Context, env *environment, file string) (customers []*surprisev1.RecommendRequest, err error) {
	text, _, closeFile, err := openInput(env, file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeFile()) }()
	var found collector
	source := namedSource{newSource(file, text, nil, nil), file}
	err = batch.Run(ctx, source, &found, func(r batch.Result) error {
		if r.Failure != nil {
			return fmt.Errorf("%s, line %d: %s", displayName(file), r.Line, r.Failure)
		}
		return nil
	}, batch.Options{Workers: 1})
	if err == nil && len(found.requests) == 0 {
		err = fmt.Errorf("%s has no customers", displayName(file))
	}
	return found.requests, err
}

// collector takes requests in where others would be decided.
type collector struct {
	mu       sync.Mutex
	requests []*surprisev1.RecommendRequest // guarded by mu
}

// Decide implements batch.Decider.
func (c *collector) Decide(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]batch.Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, reqs...)
	return make([]batch.Answer, len(reqs)), ctx.Err()
}

// simulationBar shows on the standard error how far a simulation is, if a person is watching.
type simulationBar struct {
	bar *progressbar.ProgressBar // nil: nothing is shown
}

func newSimulationBar(env *environment) *simulationBar {
	if !env.isTerminal(env.stderr) {
		return &simulationBar{}
	}
	return &simulationBar{progressbar.NewOptions(1,
		progressbar.OptionSetWriter(env.stderr), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(30), progressbar.OptionSetDescription("simulating"))}
}

func (b *simulationBar) show(done, total int) {
	if b.bar == nil {
		return
	}
	if b.bar.GetMax() != total {
		b.bar.ChangeMax(total)
	}
	_ = b.bar.Set(done) // a bar that cannot be drawn stops nothing
}

func (b *simulationBar) finish() {
	if b.bar != nil {
		_ = b.bar.Finish() // as above
	}
}
