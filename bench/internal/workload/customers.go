// Package workload makes the calls of the bench out of the example customers.
package workload

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/load"
)

// Customers are the example requests: many kinds of customers, at many moments.
type Customers []*surprisev1.RecommendRequest

// ReadCustomers reads requests, one on a line, in JSON.
func ReadCustomers(file string) (Customers, error) {
	f, err := os.Open(file) //nolint:gosec // the caller names it
	if err != nil {
		return nil, fmt.Errorf("%w; run in the folder bench, or give --examples DIR", err)
	}
	defer func() { _ = f.Close() }() // only read
	var all Customers
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		req := new(surprisev1.RecommendRequest)
		if err := protojson.Unmarshal(lines.Bytes(), req); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, len(all)+1, err)
		}
		all = append(all, req)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no customers; give one request on each line", file)
	}
	return all, nil
}

// Request returns the request of the n-th customer: the examples in turn, under ids of their own. Group keeps ids apart.
func (c Customers) Request(group string, n int) *surprisev1.RecommendRequest {
	req := proto.CloneOf(c[n%len(c)])
	req.Customer.Id = fmt.Sprintf("%s-%s-%d", req.GetCustomer().GetId(), group, n)
	return req
}

// Requests returns the first n requests of a group.
func (c Customers) Requests(group string, n int) []*surprisev1.RecommendRequest {
	out := make([]*surprisev1.RecommendRequest, n)
	for i := range out {
		out[i] = c.Request(group, i)
	}
	return out
}

// Encode returns the bytes of messages.
func Encode[M proto.Message](messages []M) ([][]byte, error) {
	out := make([][]byte, len(messages))
	for i, m := range messages {
		var err error
		if out[i], err = proto.Marshal(m); err != nil {
			return nil, err
		}
	}
	return out, nil
}

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

// Typical asks for every request and returns the answer whose length is the median.
func Typical(ctx context.Context, t *load.Target, reqs []*surprisev1.RecommendRequest) (*surprisev1.RecommendResponse, error) {
	answers := make([]*surprisev1.RecommendResponse, len(reqs))
	err := each(ctx, t, len(reqs), func(ctx context.Context, conn grpc.ClientConnInterface, i int) (err error) {
		answers[i], err = surprisev1.NewRecommendationServiceClient(conn).Recommend(ctx, reqs[i])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("recommend for the example customers: %w", err)
	}
	slices.SortFunc(answers, func(a, b *surprisev1.RecommendResponse) int { return proto.Size(a) - proto.Size(b) })
	return answers[len(answers)/2], nil
}
