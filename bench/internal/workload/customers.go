package workload

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/load"
)

// helpers is how many calls prepare at once.
const helpers = 32

// each does n pieces of work, many at once, and returns the first error.
func each(ctx context.Context, t *load.Target, n int, work func(ctx context.Context, conn grpc.ClientConnInterface, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wait sync.WaitGroup
	for h := range min(helpers, n) {
		wait.Go(func() {
			for i := int(next.Add(1) - 1); i < n && ctx.Err() == nil; i = int(next.Add(1) - 1) {
				if err := work(ctx, t.Conn(h), i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// Remember enters a past delivery for the customer of each request, so that each has a record to be read.
func Remember(ctx context.Context, t *load.Target, reqs []*surprisev1.RecommendRequest, when time.Time) error {
	err := each(ctx, t, len(reqs), func(ctx context.Context, conn grpc.ClientConnInterface, i int) error {
		_, err := surprisev1.NewClaimServiceClient(conn).RecordDelivery(ctx, &surprisev1.RecordDeliveryRequest{
			DeliveryId: fmt.Sprintf("bench-%d", i), CustomerId: reqs[i].GetCustomer().GetId(), Kind: surprisev1.Kind_NOTE,
			Channel: surprisev1.Channel_POS, Store: "store-001", VisitId: fmt.Sprintf("visit-%d", i), StaffId: "ann",
			Delivered: timestamppb.New(when), MemoryTag: "a note by hand, read twice and put into the wallet",
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("enter past deliveries: %w", err)
	}
	return nil
}

// Answers counts what a service answers.
type Answers struct {
	// Typical is the answer whose length is the median.
	Typical *surprisev1.RecommendResponse
	// Outcomes are the shares of answers, by outcome.
	Outcomes map[string]float64
	// Offers is the mean number of offers.
	Offers float64
}

// Ask asks for every request.
func Ask(ctx context.Context, t *load.Target, reqs []*surprisev1.RecommendRequest) (Answers, error) {
	answers := make([]*surprisev1.RecommendResponse, len(reqs))
	err := each(ctx, t, len(reqs), func(ctx context.Context, conn grpc.ClientConnInterface, i int) (err error) {
		answers[i], err = surprisev1.NewRecommendationServiceClient(conn).Recommend(ctx, reqs[i])
		return err
	})
	if err != nil {
		return Answers{}, fmt.Errorf("recommend: %w", err)
	}
	out := Answers{Typical: typical(answers), Outcomes: map[string]float64{}}
	for _, a := range answers {
		out.Outcomes[a.GetOutcome().String()] += 1 / float64(len(answers))
		out.Offers += float64(len(a.GetOffers())) / float64(len(answers))
	}
	return out, nil
}
