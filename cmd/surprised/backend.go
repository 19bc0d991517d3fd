package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/batch"
)

// backend is what decides: this process or a service.
type backend struct {
	decider batch.Decider
	workers int // 0: one for each processor
	// zone is where a date has its noon.
	zone *time.Location
	// attributes are those that the catalogue declares; nil where it is not known.
	attributes *surprisev1.Attributes
	// explain says why, of every template.
	explain func(context.Context, *surprisev1.RecommendRequest) (*surprisev1.ExplainResponse, error)
	close   func() error
}

// remoteWorkers keeps a service busy while answers travel.
const remoteWorkers = 4

func (r *recommendFlags) open(ctx context.Context, env *environment) (*backend, error) {
	if r.catalog != "" {
		return r.openCatalog(ctx, env)
	}
	conn, err := r.dial(env.getenv)
	if err != nil {
		return nil, err
	}
	client := surprisev1.NewRecommendationServiceClient(conn)
	explain := func(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.ExplainResponse, error) {
		return client.Explain(ctx, &surprisev1.ExplainRequest{Request: req})
	}
	return &backend{decider: batch.Remote{Client: client, Timeout: r.timeout}, workers: remoteWorkers, zone: time.UTC, explain: explain, close: conn.Close}, nil
}

func (r *recommendFlags) openCatalog(ctx context.Context, env *environment) (*backend, error) {
	warn := func(msg string) { fmt.Fprintln(env.stderr, "warning:", msg) }
	opts := app.EngineOptions{CatalogDir: r.catalog, Store: r.store, Tenant: r.tenant, Clock: env.clock, Warn: warn}
	if r.store == "mem:" {
		opts.Reproducible = true // nobody can claim what is offered over an empty ledger
	}
	engine, err := app.NewEngine(ctx, opts)
	if err != nil {
		return nil, explainCatalog(r.catalog, err)
	}
	cat := engine.Catalog()
	local := batch.Local{Recommender: engine.Recommender}
	decider := &freshDecider{Local: local, refresh: engine.Headroom.Refresh, clock: env.clock}
	return &backend{decider: decider, zone: cat.Location, attributes: cat.Source.GetAttributes(), explain: engine.Recommender.Explain, close: engine.Close}, nil
}

// freshDecider looks every now and then at how much of stock and budgets is left, as a running service does in the background.
type freshDecider struct {
	batch.Local
	refresh func(context.Context) error
	clock   func() time.Time

	mu   sync.Mutex
	last time.Time // guarded by mu
}

const refreshEvery = time.Second

// Decide implements batch.Decider.
func (d *freshDecider) Decide(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]batch.Answer, error) {
	if err := d.keepFresh(ctx, reqs); err != nil {
		return nil, err
	}
	return d.Local.Decide(ctx, reqs)
}

func (d *freshDecider) keepFresh(ctx context.Context, reqs []*surprisev1.RecommendRequest) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.clock().Sub(d.last) < refreshEvery {
		return nil
	}
	// Which limits matter is known only after a decision, so the first group is decided twice.
	if d.last.IsZero() {
		if _, err := d.Local.Decide(ctx, reqs); err != nil {
			return err
		}
	}
	d.last = d.clock()
	return d.refresh(ctx)
}
