package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/child"
	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/report"
	"github.com/surprise-service/surprised/bench/internal/workload"
)

// reloadCallers is how many callers there are while the catalogue is loaded again.
const reloadCallers = 4

// starting loads catalogues of the two largest sizes.
func (f *field) starting(ctx context.Context, doc *report.Document) error {
	for _, n := range f.opts.sizes[max(0, len(f.opts.sizes)-2):] {
		s, err := f.startWith(ctx, n)
		if err != nil {
			return err
		}
		doc.Start = append(doc.Start, s)
	}
	return nil
}

// startWith loads n templates in a new process, and then has a service load them again while there are callers.
func (f *field) startWith(ctx context.Context, n int) (out report.Start, err error) {
	f.say("start with %d templates", n)
	shop, dir := workload.New(n), f.path(fmt.Sprintf("catalog-%d", n))
	if err := shop.WriteCatalog(dir); err != nil {
		return out, err
	}
	p, err := f.launch(ctx, fmt.Sprintf("loader-%d", n), child.Loader, dir)
	if err != nil {
		return out, err
	}
	var loaded child.Loaded
	if err := p.Ask(ctx, struct{}{}, &loaded); err != nil {
		return out, err
	}
	if err := f.stop(p); err != nil {
		return out, err
	}
	out = report.Start{Templates: n, Load: loaded.Load.Seconds(), Index: loaded.Index.Seconds(), BytesEach: float64(loaded.Heap) / float64(n)}
	return out, f.reload(ctx, shop, dir, &out)
}

// reload measures the longest call without and with a reload, in as long a time.
func (f *field) reload(ctx context.Context, shop *workload.Shop, dir string, out *report.Start) error {
	p, err := f.launch(ctx, fmt.Sprintf("reloaded-%d", out.Templates), child.Service, dir, "mem:", f.path(keysFile))
	if err != nil {
		return err
	}
	t, err := f.dial(p, f.key)
	if err != nil {
		return err
	}
	calls := load.Calls{Method: surprisev1.RecommendationService_Recommend_FullMethodName, Repeat: true}
	if calls.Bodies, err = workload.Encode(shop.Requests("new", workload.Known)); err != nil {
		return err
	}
	took, during, err := whileReloading(ctx, p, t, calls)
	if err != nil {
		return err
	}
	calm, err := load.Run(ctx, t, calls, reloadCallers, during.Took)
	if err != nil {
		return err
	}
	out.Reload, out.Longest, out.LongestCalm = took.Seconds(), during.Max.Seconds(), calm.Max.Seconds()
	out.P99, out.P99Calm = during.P99.Seconds(), calm.P99.Seconds()
	return f.stop(p)
}

// whileReloading has callers call until a reload is over, and a little longer.
func whileReloading(ctx context.Context, p *child.Process, t *load.Target, calls load.Calls) (took time.Duration, during load.Result, err error) {
	var over atomic.Bool
	asked := make(chan error, 1)
	go func() {
		err := p.Ask(ctx, child.Reload{}, &took)
		time.AfterFunc(aftermath, func() { over.Store(true) })
		asked <- err
	}()
	during, err = load.While(ctx, t, calls, reloadCallers, func(time.Time) bool { return !over.Load() })
	return took, during, errors.Join(err, <-asked)
}

// aftermath is how long calls go on after a reload: the old catalogue is garbage then.
const aftermath = time.Second / 2
