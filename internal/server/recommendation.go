package server

import (
	"context"
	"errors"
	"io"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Decider answers recommendations.
type Decider interface {
	Batch(ctx context.Context, reqs []*surprisev1.RecommendRequest) []recommend.Result
	Explain(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.ExplainResponse, error)
}

type recommendationServer struct {
	surprisev1.UnimplementedRecommendationServiceServer
	guard   *guard
	decider Decider
}

func (s *recommendationServer) Recommend(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.RecommendResponse, error) {
	if err := mayHaveTime(ctx, req); err != nil {
		return nil, err
	}
	res := s.decider.Batch(ctx, []*surprisev1.RecommendRequest{req})[0]
	s.count(res.Response)
	return res.Response, res.Err
}

func (s *recommendationServer) Explain(ctx context.Context, req *surprisev1.ExplainRequest) (*surprisev1.ExplainResponse, error) {
	if err := mayHaveTime(ctx, req.GetRequest()); err != nil {
		return nil, err
	}
	return s.decider.Explain(ctx, req.GetRequest())
}

// mayHaveTime refuses a time of the caller's own to callers who may not set it.
func mayHaveTime(ctx context.Context, req *surprisev1.RecommendRequest) error {
	if req.GetMoment().GetTime() != nil && !callerOf(ctx).May(MaySetTime) {
		return surprise.FieldErrorf(surprise.TimeNotAllowed, "moment.time", "this key may not set the time; leave it out")
	}
	return nil
}

func (s *recommendationServer) count(r *surprisev1.RecommendResponse) {
	if r == nil {
		return
	}
	best := ""
	if len(r.GetOffers()) > 0 {
		best = r.GetOffers()[0].GetTemplate()
	}
	s.guard.metrics.Decision(r.GetOutcome().String(), best)
}

// streamBatch is how many waiting requests of a stream are decided together, with one read of the store.
const streamBatch = 64

// RecommendStream decides whatever has arrived while the last batch was decided: one by one for a slow caller, many at once for a fast one.
func (s *recommendationServer) RecommendStream(stream surprisev1.RecommendationService_RecommendStreamServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	arriving := make(chan *surprisev1.RecommendStreamRequest, streamBatch)
	failed := make(chan error, 1)
	go func() {
		defer close(arriving)
		failed <- receive(ctx, stream, arriving)
	}()
	for {
		batch := gather(arriving)
		if len(batch) == 0 {
			return <-failed
		}
		if err := s.answer(ctx, stream, batch); err != nil {
			return err
		}
	}
}

func receive(ctx context.Context, stream surprisev1.RecommendationService_RecommendStreamServer, arriving chan<- *surprisev1.RecommendStreamRequest) error {
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case arriving <- req:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// gather waits for one request and takes what else is there. It returns nothing at the end of the stream.
func gather(arriving <-chan *surprisev1.RecommendStreamRequest) []*surprisev1.RecommendStreamRequest {
	var batch []*surprisev1.RecommendStreamRequest
	if req, ok := <-arriving; ok {
		batch = append(batch, req)
	}
	for len(batch) > 0 && len(batch) < streamBatch {
		select {
		case req, ok := <-arriving:
			if !ok {
				return batch
			}
			batch = append(batch, req)
		default:
			return batch
		}
	}
	return batch
}

func (s *recommendationServer) answer(ctx context.Context, stream surprisev1.RecommendationService_RecommendStreamServer, batch []*surprisev1.RecommendStreamRequest) error {
	ctx, cancel := context.WithTimeout(ctx, s.guard.deadline)
	defer cancel()
	results := make([]recommend.Result, len(batch))
	var valid []*surprisev1.RecommendRequest
	var positions []int
	for i, element := range batch {
		if results[i].Err = s.checkElement(ctx, element); results[i].Err == nil {
			valid = append(valid, element.GetRequest())
			positions = append(positions, i)
		}
	}
	if len(valid) > 0 {
		for i, res := range s.decide(ctx, valid) {
			results[positions[i]] = res
		}
	}
	for i, res := range results {
		if err := stream.Send(s.element(batch[i].GetRequest().GetRequestId(), res)); err != nil {
			return err
		}
	}
	return nil
}

// decide answers a batch; a panic fails its elements, not the stream.
func (s *recommendationServer) decide(ctx context.Context, reqs []*surprisev1.RecommendRequest) (results []recommend.Result) {
	var err error
	defer func() {
		if err != nil {
			results = make([]recommend.Result, len(reqs))
			for i := range results {
				results[i].Err = err
			}
		}
	}()
	defer s.guard.recover(&err)
	return s.decider.Batch(ctx, reqs)
}

func (s *recommendationServer) checkElement(ctx context.Context, element *surprisev1.RecommendStreamRequest) error {
	if err := s.guard.check(element); err != nil {
		return err
	}
	return mayHaveTime(ctx, element.GetRequest())
}

func (s *recommendationServer) element(requestID string, res recommend.Result) *surprisev1.RecommendStreamResponse {
	out := &surprisev1.RecommendStreamResponse{RequestId: requestID}
	if res.Err != nil {
		err := s.guard.finish("RecommendStream/element", s.guard.clock(), res.Err)
		out.Result = &surprisev1.RecommendStreamResponse_Error{Error: streamError(toStatus(err, time.Time{}))}
		return out
	}
	s.count(res.Response)
	out.Result = &surprisev1.RecommendStreamResponse_Response{Response: res.Response}
	return out
}
