package workload_test

import (
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/workload"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/wire"
)

const customers = 1000

// BenchmarkDecide decides from the bytes of requests to answers, with the ledger in memory.
func BenchmarkDecide(b *testing.B) {
	const group = 64
	shop := workload.New(1000)
	dir := filepath.Join(b.TempDir(), "catalog")
	if err := shop.WriteCatalog(dir); err != nil {
		b.Fatal(err)
	}
	e, err := app.NewEngine(b.Context(), app.EngineOptions{CatalogDir: dir, Store: "mem:"})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	requests := shop.Requests("known", customers)
	for i, r := range requests {
		if _, _, err := e.Ledger.RecordDelivery(b.Context(), &surprisev1.RecordDeliveryRequest{
			DeliveryId: "bench-" + r.GetRequestId(), CustomerId: r.GetCustomer().GetId(), Kind: surprisev1.Kind_NOTE,
			Channel: surprisev1.Channel_POS, Store: "store-001", VisitId: "visit", StaffId: "ann",
			Delivered: timestamppb.New(time.Now().AddDate(0, 0, -40)), MemoryTag: "a note by hand, read twice and put into the wallet",
		}); err != nil {
			b.Fatal(i, err)
		}
	}
	bodies, err := workload.Encode(requests)
	if err != nil {
		b.Fatal(err)
	}
	if err := e.Headroom.Refresh(b.Context()); err != nil {
		b.Fatal(err)
	}
	reqs := make([]*surprisev1.RecommendRequest, group)
	rooms := make([]wire.Request, group)
	b.ReportAllocs()
	var answer []byte
	n := 0
	for b.Loop() {
		for i := range reqs {
			var ok bool
			if reqs[i], ok = rooms[i].Read(string(bodies[n%len(bodies)])); !ok {
				b.Fatal("not read")
			}
			n++
		}
		e.Recommender.BatchTo(b.Context(), reqs, func(_ int, r recommend.Result) {
			var written bool
			if answer, written = wire.AppendResponse(answer[:0], r.Response); r.Err != nil || !written {
				b.Fatal(r.Err, written)
			}
		})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/decision")
}
