package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

// Stream sends requests over some streams at once, as fast as the server takes them, for a while, and waits for all answers. Calls of the
// result are answers; how long one takes says nothing, as requests wait in line, and is left out.
func Stream(ctx context.Context, t *Target, calls Calls, streams int, d time.Duration) (Result, error) {
	before, err := CPU(t.pid)
	if err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var answers atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for i := range streams {
		wait.Go(func() {
			if err := oneStream(ctx, t.Conn(i), calls, i, start.Add(d), &answers); err != nil {
				cancel(fmt.Errorf("%s: %w", calls.Method, err))
			}
		})
	}
	wait.Wait()
	took := time.Since(start)
	if err := context.Cause(ctx); err != nil {
		return Result{}, err
	}
	after, err := CPU(t.pid)
	return Result{Calls: int(answers.Load()), Took: took, CPU: after - before}, err
}

func oneStream(ctx context.Context, conn *grpc.ClientConn, calls Calls, first int, deadline time.Time, answers *atomic.Int64) error {
	desc := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	s, err := conn.NewStream(ctx, desc, calls.Method, grpc.ForceCodecV2(rawCodec{}))
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { sent <- send(s, calls, first, deadline) }()
	for {
		if err := s.RecvMsg(nil); errors.Is(err, io.EOF) {
			return <-sent
		} else if err != nil {
			return err
		}
		answers.Add(1)
	}
}

func send(s grpc.ClientStream, calls Calls, first int, deadline time.Time) error {
	for n := first; time.Now().Before(deadline); n++ {
		if err := s.SendMsg(calls.Bodies[n%len(calls.Bodies)]); err != nil {
			return err
		}
	}
	return s.CloseSend()
}
