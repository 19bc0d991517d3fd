package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// streamPath is RecommendStream over HTTP: lines of JSON in, lines of JSON out. The gateway has a handler for it as well, but that one
// loses answers: net/http stops reading a body at the first write, and the gateway takes a line that is no JSON for the end.
const streamPath = "/v1/recommendations:stream"

// linesAhead is how many lines may be on their way through gRPC.
const linesAhead = 4 * streamBatch

type stopKey struct{}

// StreamsUntil returns the base context of an http.Server whose streams end when stop does. Calls are not touched by it.
func StreamsUntil(stop context.Context) context.Context {
	return context.WithValue(context.Background(), stopKey{}, stop)
}

func (s *Server) streamHandler(gateway *runtime.ServeMux, wait patience) http.Handler {
	client, form := surprisev1.NewRecommendationServiceClient(s.client), marshaler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 1 {
			// Of a body that was not read to its end, nothing may be taken for the next request.
			w.Header().Set("Connection", "close")
		}
		conn := http.NewResponseController(w)
		deadline := &readDeadline{conn: conn}
		err := readQuery(r, nil, nil)
		if err == nil {
			err = conn.EnableFullDuplex()
		}
		if err != nil {
			deadline.end(wait.linger)
			refuse(w, err)
			return
		}
		c := &streamCall{w: w, r: r, conn: conn, form: form, wait: wait, stop: context.Background(), deadline: deadline,
			sent: make(chan *surprisev1.StreamError, linesAhead), answers: make(chan answer, streamBatch)}
		if stop, ok := r.Context().Value(stopKey{}).(context.Context); ok {
			c.stop = stop
		}
		c.serve(gateway, client)
	})
}

// streamCall is one stream. Three goroutines work on it: one sends the lines of the body over gRPC, one takes the answers, and the
// handler's own writes them.
type streamCall struct {
	w    http.ResponseWriter
	r    *http.Request
	conn *http.ResponseController
	form runtime.Marshaler
	wait patience
	stop context.Context //nolint:containedctx // that of the service, not of the call

	ctx      context.Context //nolint:containedctx // that of the call, which lives as long as this
	cancel   context.CancelFunc
	stream   surprisev1.RecommendationService_RecommendStreamClient
	deadline *readDeadline
	// sent has an entry for each line that was sent: nil, or the error that stands for its answer.
	sent    chan *surprisev1.StreamError
	answers chan answer
	// last is why the body was not read to its end.
	last  atomic.Pointer[ending]
	wrote bool
}

type answer struct {
	line []byte
	err  error
}

type ending struct {
	status *status.Status
	http   int
}

func (c *streamCall) serve(gateway *runtime.ServeMux, client surprisev1.RecommendationServiceClient) {
	// net/http cancels a request's context when a read runs into its deadline; the answers that are under way are still wanted then.
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(c.r.Context()))
	defer c.cancel()
	ctx, err := runtime.AnnotateContext(c.ctx, gateway, c.r, surprisev1.RecommendationService_RecommendStream_FullMethodName, runtime.WithHTTPPathPattern(streamPath))
	if err == nil {
		c.stream, err = client.RecommendStream(ctx)
	}
	if err != nil {
		c.deadline.end(c.wait.linger)
		c.fail(err)
		return
	}
	var work sync.WaitGroup
	work.Go(c.send)
	work.Go(c.receive)
	work.Go(c.watchStop)
	c.write()
	c.cancel()
	c.deadline.end(c.wait.linger)
	work.Wait()
}

// watchStop ends the stream when the service stops: no more lines, and a moment for the answers that are under way.
func (c *streamCall) watchStop() {
	select {
	case <-c.ctx.Done():
		return
	case <-c.stop.Done():
	}
	c.deadline.end(c.wait.linger)
	select {
	case <-c.ctx.Done():
	case <-time.After(c.wait.grace):
		c.cancel()
	}
}

// send sends the body over gRPC. What comes after the end is thrown away, until the deadline: a connection that is closed with bytes in
// it is reset, and the client would not get to read its answers.
func (c *streamCall) send() {
	err := c.sendLines()
	switch {
	case errors.Is(err, io.EOF):
		c.deadline.reached()
		context.AfterFunc(c.r.Context(), c.cancel) // with the body read, it ends only when the client is gone
	case c.stop.Err() != nil:
		c.last.Store(stopping())
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.last.Store(&ending{invalidBody(codes.DeadlineExceeded, fmt.Sprintf("no line came for %v", c.wait.line)), http.StatusRequestTimeout})
	case !errors.Is(err, errStreamEnded): // the client is gone, or sends what is not HTTP
		c.last.Store(&ending{invalidBody(codes.InvalidArgument, "it ended too early"), http.StatusBadRequest})
		c.cancel()
	}
	_ = c.stream.CloseSend() // an error of the stream is what receive gets
	_, _ = io.Copy(io.Discard, c.r.Body)
}

var errStreamEnded = errors.New("the stream has ended")

func (c *streamCall) sendLines() error {
	in := newLines(c.r.Body, func() { c.deadline.extend(c.wait.line) })
	for c.stop.Err() == nil {
		line, err := in.next()
		if err != nil && !errors.Is(err, errLongLine) {
			return err
		}
		// A line that is no request is sent as an empty one. It is refused like any other, and only after the caller was let in.
		req, invalid := in.parse(line, err)
		select {
		case c.sent <- invalid:
		case <-c.ctx.Done():
			return errStreamEnded
		}
		if err := c.stream.Send(req); err != nil {
			return errStreamEnded
		}
	}
	return errStreamEnded
}

// receive takes the answers, of which gRPC has exactly one for each request, in order.
func (c *streamCall) receive() {
	defer close(c.answers)
	for {
		res, err := c.stream.Recv()
		if errors.Is(err, io.EOF) {
			return
		}
		next := answer{err: err}
		if err == nil {
			next.line, next.err = c.marshal(res, <-c.sent)
		}
		select {
		case c.answers <- next:
		case <-c.ctx.Done():
			return
		}
		if next.err != nil {
			return
		}
	}
}

func (c *streamCall) marshal(res *surprisev1.RecommendStreamResponse, invalid *surprisev1.StreamError) ([]byte, error) {
	if invalid != nil {
		res = &surprisev1.RecommendStreamResponse{Result: &surprisev1.RecommendStreamResponse_Error{Error: invalid}}
	}
	return c.form.Marshal(map[string]any{"result": res})
}

func stopping() *ending {
	st := withDetails(codes.Unavailable, "the service is stopping; send the lines that have no answer again",
		&errdetails.ErrorInfo{Domain: domain, Reason: string(surprise.StoreUnavailable)}, &errdetails.RetryInfo{RetryDelay: durationpb.New(retrySoon)})
	return &ending{st, http.StatusServiceUnavailable}
}
