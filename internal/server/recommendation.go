package server

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Decider answers recommendations.
type Decider interface {
	Recommend(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.RecommendResponse, error)
	Batch(ctx context.Context, reqs []*surprisev1.RecommendRequest) []recommend.Result
	Explain(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.ExplainResponse, error)
}

type recommendationServer struct {
	surprisev1.UnimplementedRecommendationServiceServer
	guard   *guard
	decider Decider
}

func (s *recommendationServer) Recommend(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.RecommendResponse, error) {
	if err := s.mayHaveTime(ctx, req); err != nil {
		return nil, err
	}
	response, err := s.decider.Recommend(ctx, req)
	s.count(response)
	return response, err
}

func (s *recommendationServer) Explain(ctx context.Context, req *surprisev1.ExplainRequest) (*surprisev1.ExplainResponse, error) {
	if err := s.mayHaveTime(ctx, req.GetRequest()); err != nil {
		return nil, err
	}
	return s.decider.Explain(ctx, req.GetRequest())
}

// mayHaveTime refuses a time of the caller's own to callers who may not set it.
func (s *recommendationServer) mayHaveTime(ctx context.Context, req *surprisev1.RecommendRequest) error {
	if req.GetMoment().GetTime() != nil && !s.guard.caller(ctx).May(MaySetTime) {
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
