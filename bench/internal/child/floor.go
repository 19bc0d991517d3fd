package child

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// recordSize is how many bytes the GET of a floor reads: about what the ledger keeps of a customer.
const recordSize = 300

// floor is the least that a Recommend can be: gRPC with its defaults, the messages of the API, and an answer that is ready.
type floor struct {
	surprisev1.UnimplementedRecommendationServiceServer
	answer *surprisev1.RecommendResponse
	get    func(ctx context.Context, customer string) error // nil: none
}

// Recommend answers every request with the same offers.
func (f *floor) Recommend(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.RecommendResponse, error) {
	if f.get != nil {
		if err := f.get(ctx, req.GetCustomer().GetId()); err != nil {
			return nil, err
		}
	}
	return &surprisev1.RecommendResponse{
		RequestId: req.GetRequestId(), DecisionId: f.answer.GetDecisionId(), Outcome: f.answer.GetOutcome(),
		Offers: f.answer.GetOffers(), Reasons: f.answer.GetReasons(), CatalogRevision: f.answer.GetCatalogRevision(),
	}, nil
}

func startEcho(ctx context.Context, args []string) (*server, error) {
	answer, err := readAnswer(args[0])
	if err != nil {
		return nil, err
	}
	return serveFloor(ctx, &floor{answer: answer}, func() error { return nil })
}

// startEchoGet reads one record per call through a Redis client with its defaults.
func startEchoGet(ctx context.Context, args []string) (*server, error) {
	answer, err := readAnswer(args[0])
	if err != nil {
		return nil, err
	}
	client := redis.NewClient(&redis.Options{Addr: args[1]})
	record := strings.Repeat("r", recordSize)
	get := func(ctx context.Context, customer string) error {
		got, err := client.Get(ctx, floorKey(customer)).Bytes()
		if errors.Is(err, redis.Nil) { // the first time
			return client.Set(ctx, floorKey(customer), record, 0).Err()
		}
		if err == nil && len(got) != recordSize {
			return fmt.Errorf("got %d bytes of %s, want %d", len(got), customer, recordSize)
		}
		return err
	}
	return serveFloor(ctx, &floor{answer: answer, get: get}, client.Close)
}

// floorKey keeps our records apart from those of the service, which uses the same Redis.
func floorKey(customer string) string { return "bench:floor:" + customer }

func serveFloor(ctx context.Context, f *floor, finish func() error) (*server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := grpc.NewServer()
	surprisev1.RegisterRecommendationServiceServer(g, f)
	failed := make(chan error, 1)
	go func() { failed <- g.Serve(listener) }()
	stop := func() error {
		g.Stop()
		return finish()
	}
	return &server{addrs: Addrs{Main: listener.Addr().String()}, failed: failed, stop: stop}, nil
}

func readAnswer(file string) (*surprisev1.RecommendResponse, error) {
	data, err := os.ReadFile(file) //nolint:gosec // the bench wrote it
	if err != nil {
		return nil, err
	}
	answer := new(surprisev1.RecommendResponse)
	if err := proto.Unmarshal(data, answer); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return answer, nil
}
