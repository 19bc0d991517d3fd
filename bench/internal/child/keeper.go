package child

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
)

// Kept is what customers take in a store.
type Kept struct {
	Customers, Deliveries int
	// Bytes is the growth of the heap, of the file, or of used_memory of Redis.
	Bytes int64
}

const (
	// PastDeliveries is how many each customer of a keeper has.
	PastDeliveries = 3
	keepers        = 64 // calls at once: a file is synced for all of them together
)

// startKeeper enters deliveries into a new store.
func startKeeper(ctx context.Context, args []string) (*server, error) {
	customers, err := strconv.Atoi(args[2])
	if err != nil {
		return nil, fmt.Errorf("%s: %q is not a number of customers", Keeper, args[2])
	}
	e, err := app.NewEngine(ctx, app.EngineOptions{CatalogDir: args[0], Store: args[1]})
	if err != nil {
		return nil, err
	}
	before, err := storeSize(ctx, args[1])
	if err != nil {
		return nil, err
	}
	if err := deliver(ctx, e, customers); err != nil {
		return nil, err
	}
	after, err := storeSize(ctx, args[1])
	out := Kept{customers, PastDeliveries, after - before}
	return answering(func(struct{}) (any, error) { return out, nil }, e.Close), err
}

// storeSize is what a store takes, in bytes.
func storeSize(ctx context.Context, store string) (int64, error) {
	kind, place, _ := strings.Cut(store, ":")
	switch kind {
	case "mem":
		return heap(), nil
	case "bolt":
		info, err := os.Stat(place)
		if err != nil {
			return 0, err
		}
		return info.Size(), nil
	}
	opts, err := redis.ParseURL(store)
	if err != nil {
		return 0, err
	}
	client := redis.NewClient(opts)
	defer func() { _ = client.Close() }() // only read
	text, err := client.Info(ctx, "memory").Result()
	for line := range strings.Lines(text) {
		if used, ok := strings.CutPrefix(line, "used_memory:"); ok {
			return strconv.ParseInt(strings.TrimSpace(used), 10, 64)
		}
	}
	return 0, err
}

func deliver(ctx context.Context, e *app.Engine, customers int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wait sync.WaitGroup
	now := time.Now()
	for range keepers {
		wait.Go(func() {
			for i := int(next.Add(1) - 1); i < customers*PastDeliveries && ctx.Err() == nil; i = int(next.Add(1) - 1) {
				customer, n := i%customers, i/customers
				_, _, err := e.Ledger.RecordDelivery(ctx, &surprisev1.RecordDeliveryRequest{
					DeliveryId: fmt.Sprintf("kept-%d", i), CustomerId: fmt.Sprintf("customer-%d", customer), Kind: surprisev1.Kind_NOTE,
					Channel: surprisev1.Channel_POS, Store: "store-001", VisitId: fmt.Sprintf("visit-%d", n), StaffId: "ann",
					Delivered: timestamppb.New(now.AddDate(0, 0, -40*(n+1))), MemoryTag: "a note by hand, read twice and put into the wallet",
				})
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}
