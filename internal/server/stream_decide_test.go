package server

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/telemetry"
)

// decider is echo, with something before it.
type decider struct {
	echo
	before func(reqs []*surprisev1.RecommendRequest)
}

func (d decider) BatchTo(ctx context.Context, reqs []*surprisev1.RecommendRequest, use func(int, recommend.Result)) {
	d.before(reqs)
	d.echo.BatchTo(ctx, reqs, use)
}

// streamTo opens a stream to a server with this decider.
func streamTo(t testing.TB, d Decider) surprisev1.RecommendationService_RecommendStreamClient {
	t.Helper()
	s, err := New(Options{Decider: d, Log: zap.NewNop(), Metrics: telemetry.NewMetrics(), Clock: time.Now, Deadline: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	go s.ServeGRPC(l) //nolint:errcheck // a test
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.Stop(ctx)
	})
	stream, err := surprisev1.NewRecommendationServiceClient(conn).RecommendStream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func streamRequest(id string) *surprisev1.RecommendStreamRequest {
	return &surprisev1.RecommendStreamRequest{Request: &surprisev1.RecommendRequest{
		RequestId: id, Customer: &surprisev1.CustomerProfile{Id: "x"}, Moment: &surprisev1.Moment{Stage: "leave", Channel: surprisev1.Channel_POS},
	}}
}

// sendAll sends requests with the ids 0 to n-1, and ends the sending.
func sendAll(t testing.TB, stream surprisev1.RecommendationService_RecommendStreamClient, n int) {
	t.Helper()
	for i := range n {
		if err := stream.Send(streamRequest(fmt.Sprint(i))); err != nil {
			t.Error(err)
			return
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}
}

func wantAnswers(t testing.TB, stream surprisev1.RecommendationService_RecommendStreamClient, n int) {
	t.Helper()
	for i := range n {
		got, err := stream.Recv()
		if err != nil || got.GetRequestId() != fmt.Sprint(i) || got.GetError() != nil {
			t.Fatalf("answer %d: got %v, %v", i, got, err)
		}
	}
}

// TestStreamGroupsOverlap has the first group wait until two later ones are being decided. Answers keep their order.
func TestStreamGroupsOverlap(t *testing.T) {
	var groups atomic.Int64
	later := make(chan struct{}, 100)
	stream := streamTo(t, decider{before: func(reqs []*surprisev1.RecommendRequest) {
		if len(reqs) > streamBatch {
			t.Errorf("a group of %d, want %d at most", len(reqs), streamBatch)
		}
		if groups.Add(1) > 1 {
			later <- struct{}{}
			return
		}
		for range 2 {
			select {
			case <-later:
			case <-time.After(10 * time.Second):
				t.Error("while one group was decided, no two others began")
			}
		}
	}})
	const n = 5 * streamBatch
	go sendAll(t, stream, n)
	wantAnswers(t, stream, n)
	if got := groups.Load(); got < 5 || got > n/4 {
		t.Errorf("%d requests sent at once were decided in %d groups, want few", n, got)
	}
}

// TestStreamSlowCaller answers each request of a caller who waits for it, though no group is full.
func TestStreamSlowCaller(t *testing.T) {
	stream := streamTo(t, echo{})
	for i := range 20 {
		if err := stream.Send(streamRequest(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		got, err := stream.Recv()
		if err != nil || got.GetRequestId() != fmt.Sprint(i) {
			t.Fatalf("answer %d: got %v, %v", i, got, err)
		}
	}
}

// TestStreamNobodyReads takes no more requests of a caller who does not read, and goes on when it does.
func TestStreamNobodyReads(t *testing.T) {
	var decided atomic.Int64
	stream := streamTo(t, decider{before: func(reqs []*surprisev1.RecommendRequest) { decided.Add(int64(len(reqs))) }})
	const n = 6_000
	go sendAll(t, stream, n)
	last, still := int64(0), 0
	for end := time.Now().Add(20 * time.Second); still < 20; time.Sleep(10 * time.Millisecond) {
		now := decided.Load()
		if still++; now != last || now == 0 {
			last, still = now, 0
		}
		if time.Now().After(end) {
			t.Fatal("the service does not stop deciding")
		}
	}
	if last > n/2 {
		t.Errorf("%d requests were decided of a caller who reads no answers", last)
	}
	wantAnswers(t, stream, n)
}

// TestStreamPanic fails what was to be decided with what panicked, and not the stream.
func TestStreamPanic(t *testing.T) {
	stream := streamTo(t, decider{before: func(reqs []*surprisev1.RecommendRequest) {
		if reqs[0].GetRequestId() == "boom" {
			panic("boom")
		}
	}})
	for _, id := range []string{"a", "boom", "b"} {
		if err := stream.Send(streamRequest(id)); err != nil {
			t.Fatal(err)
		}
		got, err := stream.Recv()
		if err != nil || got.GetRequestId() != id {
			t.Fatalf("%s: got %v, %v", id, got, err)
		}
		if problem := got.GetError(); (problem != nil) != (id == "boom") || problem != nil && (problem.GetReason() != surprisev1.Reason_INTERNAL ||
			strings.Contains(problem.GetMessage(), "boom")) {
			t.Errorf("%s: got error %v", id, problem)
		}
	}
}
