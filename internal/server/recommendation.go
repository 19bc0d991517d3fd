package server

import (
	"context"

	"google.golang.org/grpc"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Decider answers recommendations.
type Decider interface {
	// RecommendTo lends the answer to use; where there is none, it returns an error and does not call it.
	RecommendTo(ctx context.Context, req *surprisev1.RecommendRequest, use func(*surprisev1.RecommendResponse)) error
	// BatchTo lends each answer, or has its error, to use.
	BatchTo(ctx context.Context, reqs []*surprisev1.RecommendRequest, use func(i int, res recommend.Result))
	Explain(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.ExplainResponse, error)
}

type recommendationServer struct {
	surprisev1.UnimplementedRecommendationServiceServer
	guard   *guard
	decider Decider
	codec   codec
	// recommend tells the guard which method Recommend is.
	recommend *grpc.UnaryServerInfo
	decisions decisions
}

func newRecommendationServer(g *guard, d Decider, c codec) *recommendationServer {
	s := &recommendationServer{guard: g, decider: d, codec: c}
	s.recommend = &grpc.UnaryServerInfo{Server: s, FullMethod: surprisev1.RecommendationService_Recommend_FullMethodName}
	return s
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
	best := ""
	if len(r.GetOffers()) > 0 {
		best = r.GetOffers()[0].GetTemplate()
	}
	s.guard.metrics.Decision(r.GetOutcome().String(), best)
}
