package server

import (
	"context"
	"time"

	"google.golang.org/grpc/metadata"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/telemetry"
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
	w := &watcher{stream: stream, metrics: s.guard.metrics}
	err := s.ledger.Watch(ctx, req, w.send, w.wait)
	if s.stopping.Err() != nil && stream.Context().Err() == nil {
		return errStopping()
	}
	return err
}

// watcher is one stream of events.
type watcher struct {
	stream    surprisev1.EventService_WatchServer
	metrics   *telemetry.Metrics
	connected bool // the client knows
}

func (w *watcher) send(res *surprisev1.WatchResponse) error {
	w.connected = true
	w.metrics.Event(res.GetEvent().GetType())
	return w.stream.Send(res)
}

// wait is for where the log ends for now. A client that has heard nothing yet is let know that it is connected.
func (w *watcher) wait(ctx context.Context) error {
	if !w.connected {
		w.connected = true
		if err := w.stream.SendHeader(metadata.MD{}); err != nil {
			return err
		}
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
