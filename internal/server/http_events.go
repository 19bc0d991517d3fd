package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// eventsPath is Watch over HTTP: on each line a CloudEvent as JSON, with its cursor as an extension attribute. The gateway's own handler would wrap
// protobuf's form of it instead.
const eventsPath = "/v1/events"

func (s *Server) eventsHandler(gateway *runtime.ServeMux, wait patience) http.Handler {
	client := surprisev1.NewEventServiceClient(s.client)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet { // HEAD would wait for a body that it may not have
			gateway.ServeHTTP(w, r)
			return
		}
		c := &eventsCall{w: w, conn: http.NewResponseController(w), wait: wait, stop: context.Background()}
		if stop, ok := r.Context().Value(stopKey{}).(context.Context); ok {
			c.stop = stop
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(c.stop, cancel)()
		if err := c.serve(ctx, gateway, client, r); err != nil {
			c.fail(err)
		}
	})
}

// eventsCall is one watcher.
type eventsCall struct {
	w     http.ResponseWriter
	conn  *http.ResponseController
	wait  patience
	stop  context.Context //nolint:containedctx // that of the service, not of the call
	wrote bool
}

func (c *eventsCall) serve(ctx context.Context, gateway *runtime.ServeMux, client surprisev1.EventServiceClient, r *http.Request) error {
	req := &surprisev1.WatchRequest{}
	if err := readQuery(r, nil, req); err != nil {
		return toStatus(err, time.Now()).Err()
	}
	ctx, err := runtime.AnnotateContext(ctx, gateway, r, surprisev1.EventService_Watch_FullMethodName, runtime.WithHTTPPathPattern(eventsPath))
	if err != nil {
		return err
	}
	events, err := client.Watch(ctx, req)
	if err != nil {
		return err
	}
	// The header comes with the first event, or when there is none yet: who waits for more knows then that it is connected.
	if header, err := events.Header(); err == nil && header != nil {
		c.begin()
		c.flush()
	}
	return c.copy(events)
}

func (c *eventsCall) copy(events grpc.ServerStreamingClient[surprisev1.WatchResponse]) error {
	for {
		res, err := events.Recv()
		if errors.Is(err, io.EOF) {
			c.begin() // a log without events has an answer without lines
			return nil
		}
		if err != nil {
			return err
		}
		line, err := event.JSON(res.GetEvent(), res.GetCursor())
		if err != nil {
			return err
		}
		if !c.put(line) {
			return nil // the client is gone
		}
	}
}

func (c *eventsCall) begin() {
	if !c.wrote {
		c.w.Header().Set("Content-Type", "application/x-ndjson")
		c.w.Header().Set("Cache-Control", "no-store")
		c.wrote = true
	}
}

// put writes a line. A client that does not read must not keep the stream for ever.
func (c *eventsCall) put(line []byte) bool {
	c.begin()
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.wait.line)) // what is no connection has no deadline
	_, err := c.w.Write(append(line, '\n'))
	return err == nil && c.flush()
}

// flush passes on what was written. After it no write is under way, and HTTP/2 would end the stream at a deadline all the same.
func (c *eventsCall) flush() bool {
	err := c.conn.Flush()
	_ = c.conn.SetWriteDeadline(time.Time{})
	return err == nil
}

// fail says why there are no more events: as the answer if there is none yet, and else as the last line.
func (c *eventsCall) fail(err error) {
	st := explained(status.Convert(err))
	if c.stop.Err() != nil && st.Code() == codes.Canceled {
		st = toStatus(errStopping(), time.Now())
	}
	if !c.wrote {
		writeStatus(c.w, st, httpStatus(st.Code()))
		return
	}
	text, err := protojson.Marshal(st.Proto())
	if err == nil {
		c.put(append(append([]byte(`{"error":`), text...), '}'))
	}
}

// errStopping is what watchers are told when the service stops.
func errStopping() error {
	return &surprise.Error{Reason: surprise.StoreUnavailable, Retry: true, Message: "the service is stopping; go on after the last cursor that you have"}
}
