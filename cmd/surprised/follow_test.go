package main

import (
	"context"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	cloudeventsv1 "github.com/surprise-service/surprised/api/io/cloudevents/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
)

// flaky is an event service that is gone after each event.
type flaky struct {
	surprisev1.UnimplementedEventServiceServer
	mu    sync.Mutex
	after []string // what it was asked for
}

func (f *flaky) Watch(req *surprisev1.WatchRequest, stream surprisev1.EventService_WatchServer) error {
	f.mu.Lock()
	f.after = append(f.after, req.GetAfter())
	n := len(f.after)
	f.mu.Unlock()
	if n > 3 {
		if err := stream.SendHeader(metadata.MD{}); err != nil {
			return err
		}
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	data, err := event.Encode(&surprisev1.Event{Type: event.WishPosted, CustomerKey: "key", Time: timestamppb.New(time.Unix(int64(n), 0)), Wish: &surprisev1.Wish{WishId: "w"}}, 1, 0)
	if err != nil {
		return err
	}
	ce := &cloudeventsv1.CloudEvent{}
	if err := proto.Unmarshal(data, ce); err != nil {
		return err
	}
	if err := stream.Send(&surprisev1.WatchResponse{Cursor: "cursor-" + strconv.Itoa(n), Event: ce}); err != nil {
		return err
	}
	return status.Error(codes.Unavailable, "gone")
}

// TestEventsFollowsOverCuts goes on after the last event that it has, however often the service goes away, and Ctrl-C is no failure.
func TestEventsFollowsOverCuts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service, server := &flaky{}, grpc.NewServer()
	surprisev1.RegisterEventServiceServer(server, service)
	go server.Serve(l) //nolint:errcheck // a test
	t.Cleanup(server.Stop)
	ctx, interrupt := context.WithCancel(t.Context())
	w := newWorld("")
	out := &watcher{found: make(chan string, 1), pattern: regexp.MustCompile(`"cursor":"(cursor-3)"`)}
	w.stdout = out
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"events", "--follow", "--server", l.Addr().String()}, &w.environment)
	}()
	select {
	case <-out.found:
	case <-time.After(20 * time.Second):
		t.Fatalf("it did not come to the third event: %s", &w.err)
	}
	interrupt()
	if got := <-code; got != exitOK || strings.Count(out.text, "\n") != 3 {
		t.Errorf("exit code %d, got %s%s", got, out.text, &w.err)
	}
	service.mu.Lock()
	defer service.mu.Unlock()
	if got := strings.Join(service.after[:3], " "); got != " cursor-1 cursor-2" {
		t.Errorf("it asked for what comes after %q", got)
	}
}
