package batch

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
)

// Recommender decides in this process; *recommend.Recommender does.
type Recommender interface {
	Batch(ctx context.Context, reqs []*surprisev1.RecommendRequest) []recommend.Result
}

// Local is a Decider in this process.
type Local struct{ Recommender Recommender }

var _ Decider = Local{}

// Decide implements Decider.
func (l Local) Decide(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error) {
	answers := make([]Answer, len(reqs))
	for i, res := range l.Recommender.Batch(ctx, reqs) {
		answers[i].Response = res.Response
		if res.Err != nil {
			answers[i] = Answer{Failure: failureOf(res.Err)}
		}
	}
	// Rather than fail one by one what was only interrupted.
	return answers, ctx.Err()
}
