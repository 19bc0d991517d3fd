package workload

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/load"
)

// Remember enters a past delivery for the customer of each request, so that each has a record to be read.
func Remember(ctx context.Context, t *load.Target, reqs []*surprisev1.RecommendRequest, when time.Time) error {
	err := each(ctx, t, len(reqs), func(ctx context.Context, conn grpc.ClientConnInterface, i int) error {
		_, err := surprisev1.NewClaimServiceClient(conn).RecordDelivery(ctx, &surprisev1.RecordDeliveryRequest{
			DeliveryId: fmt.Sprintf("bench-%d", i), CustomerId: reqs[i].GetCustomer().GetId(), Kind: surprisev1.Kind_NOTE,
			Channel: surprisev1.Channel_POS, Store: "taipei-1", VisitId: fmt.Sprintf("visit-%d", i), StaffId: "ann",
			Delivered: timestamppb.New(when), MemoryTag: "a note by hand, read twice and put into the wallet",
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("enter past deliveries: %w", err)
	}
	return nil
}

// Claims prepares claims on one service. Every claim is of a customer of its own.
type Claims struct {
	target    *load.Target
	customers Customers // those who are offered something
	next      int       // number of the next customer
}

// NewClaims finds out which of the customers are offered anything.
func NewClaims(ctx context.Context, t *load.Target, customers Customers) (*Claims, error) {
	c := &Claims{target: t}
	for i := range customers {
		res, err := surprisev1.NewRecommendationServiceClient(t.Conn(0)).Recommend(ctx, customers.Request("ask", i))
		if err != nil {
			return nil, fmt.Errorf("recommend for the example customers: %w", err)
		}
		if len(res.GetOffers()) > 0 {
			c.customers = append(c.customers, customers[i])
		}
	}
	if len(c.customers) == 0 {
		return nil, fmt.Errorf("none of %d customers is offered anything; look at the catalogue, for example with: surprised recommend", len(customers))
	}
	return c, nil
}

// Prepare gets n offers and returns the calls that claim them.
func (c *Claims) Prepare(ctx context.Context, n int) (load.Calls, error) {
	calls := load.Calls{Method: surprisev1.ClaimService_Claim_FullMethodName, Bodies: make([][]byte, n)}
	first := c.next
	c.next += n
	err := each(ctx, c.target, n, func(ctx context.Context, conn grpc.ClientConnInterface, i int) (err error) {
		calls.Bodies[i], err = claim(ctx, conn, c.customers.Request("new", first+i))
		return err
	})
	return calls, err
}

// claim returns the request that claims the best offer. Some are valid for one order only.
func claim(ctx context.Context, conn grpc.ClientConnInterface, req *surprisev1.RecommendRequest) ([]byte, error) {
	res, err := surprisev1.NewRecommendationServiceClient(conn).Recommend(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("recommend for a claim: %w", err)
	}
	if len(res.GetOffers()) == 0 {
		return nil, fmt.Errorf("customer %s is offered nothing any more: %v", req.GetCustomer().GetId(), res.GetReasons())
	}
	id := req.GetCustomer().GetId()
	return proto.Marshal(&surprisev1.ClaimRequest{OfferToken: res.GetOffers()[0].GetToken(), CustomerId: id, StaffId: "ann", OrderId: "order-" + id})
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
