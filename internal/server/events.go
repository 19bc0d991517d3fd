package server

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/metadata"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
)

type eventServer struct {
	surprisev1.UnimplementedEventServiceServer
	guard    *guard
	ledger   *ledger.Ledger
	stopping context.Context //nolint:containedctx // that of the service, not of a call
}

// lookAgain is how long a watcher at the end of the log waits before it looks for more.
const lookAgain = 250 * time.Millisecond

// Watch has no deadline: it ends when its client goes, when the log's end was asked for, or when the service stops.
func (s *eventServer) Watch(req *surprisev1.WatchRequest, stream surprisev1.EventService_WatchServer) error {
	if err := s.guard.check(req); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(s.stopping, cancel)()
	s.guard.metrics.Watching(1)
	defer s.guard.metrics.Watching(-1)
	send := func(res *surprisev1.WatchResponse) error {
		s.guard.metrics.Event(res.GetEvent().GetType())
		return stream.Send(res)
	}
	err := s.ledger.Watch(ctx, req, send, atEnd(stream))
	if s.stopping.Err() != nil && stream.Context().Err() == nil {
		return errStopping()
	}
	return err
}

// atEnd returns what a watcher does where the log ends for now. The first time it lets the client know that it is connected.
func atEnd(stream surprisev1.EventService_WatchServer) func(ctx context.Context) error {
	connected := sync.OnceValue(func() error { return stream.SendHeader(metadata.MD{}) })
	return func(ctx context.Context) error {
		if err := connected(); err != nil {
			return err
		}
		timer := time.NewTimer(lookAgain)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		}
	}
}
