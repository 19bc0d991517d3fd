package main

import (
	"context"
	"strconv"

	"github.com/surprise-service/surprised/bench/internal/child"
	"github.com/surprise-service/surprised/bench/internal/report"
	"github.com/surprise-service/surprised/bench/internal/workload"
)

// memory enters customers into an empty store of each kind.
func (f *field) memory(ctx context.Context, doc *report.Document) error {
	if err := workload.New(10).WriteCatalog(f.path("small")); err != nil {
		return err
	}
	redis, err := f.startRedis(ctx, "redis-memory")
	if err != nil {
		return err
	}
	stores := map[string]string{"mem": "mem:", "bolt": "bolt:" + f.path("kept.db"), "redis": "redis://" + redis}
	for _, name := range f.opts.stores {
		if name == "redis" && redis == "" {
			continue
		}
		f.say("memory, %d customers in %s", f.opts.customers, name)
		p, err := f.launch(ctx, "keeper-"+name, child.Keeper, f.path("small"), stores[name], strconv.Itoa(f.opts.customers))
		if err != nil {
			return err
		}
		var kept child.Kept
		if err := p.Ask(ctx, struct{}{}, &kept); err != nil {
			return err
		}
		doc.Customers = append(doc.Customers, report.Customers{
			Store: name, Customers: kept.Customers, Deliveries: kept.Deliveries, Bytes: float64(kept.Bytes) / float64(kept.Customers),
		})
		if err := f.stop(p); err != nil {
			return err
		}
	}
	return nil
}
