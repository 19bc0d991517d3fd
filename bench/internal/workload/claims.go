package workload

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/load"
)

// Claims prepares claims on one service. Every claim is of a customer of its own.
type Claims struct {
	target *load.Target
	shop   *Shop
	next   atomic.Int64 // number of the next customer
}

// NewClaims returns the claims of customers whom nobody knows yet.
func NewClaims(t *load.Target, s *Shop) *Claims { return &Claims{target: t, shop: s} }

// Prepare gets n offers and returns the calls that claim them.
func (c *Claims) Prepare(ctx context.Context, n int) (load.Calls, error) {
	calls := load.Calls{Method: surprisev1.ClaimService_Claim_FullMethodName, Bodies: make([][]byte, n)}
	err := each(ctx, c.target, n, func(ctx context.Context, conn grpc.ClientConnInterface, i int) (err error) {
		calls.Bodies[i], err = c.claim(ctx, conn)
		return err
	})
	return calls, err
}

// unlucky is how many customers in a row may be offered nothing: some are told to wait for a better moment.
const unlucky = 1000

// claim returns the request that claims the best offer of the next customer who gets one.
func (c *Claims) claim(ctx context.Context, conn grpc.ClientConnInterface) ([]byte, error) {
	for range unlucky {
		req := c.shop.Request("new", int(c.next.Add(1)))
		res, err := surprisev1.NewRecommendationServiceClient(conn).Recommend(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("recommend for a claim: %w", err)
		}
		if offers := res.GetOffers(); len(offers) > 0 {
			return proto.Marshal(&surprisev1.ClaimRequest{OfferToken: offers[0].GetToken(), CustomerId: req.GetCustomer().GetId(), StaffId: "ann"})
		}
	}
	return nil, fmt.Errorf("none of %d customers was offered anything", unlucky)
}

// The rates that a first round is prepared for, in claims per second.
const (
	firstRatePerCaller = 1500
	firstRate          = 8000
)

// Enough returns how many claims a round of some callers will need, judging by the last such round; 0 calls: there was none. Where they
// are too few, the round ends early, and its rate is still right.
func Enough(callers int, last load.Result, d time.Duration) int {
	rate := float64(min(callers*firstRatePerCaller, firstRate))
	if last.Calls > 0 {
		rate = 1.1 * float64(last.Calls) / last.Took.Seconds()
	}
	return max(callers, int(rate*d.Seconds()))
}
