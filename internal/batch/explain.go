package batch

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Explainer is a Decider that also says why, of every template.
type Explainer struct {
	Explain func(context.Context, *surprisev1.RecommendRequest) (*surprisev1.ExplainResponse, error)
}

var _ Decider = Explainer{}

// Decide implements Decider. One request that cannot be explained does not stop the others.
func (e Explainer) Decide(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error) {
	answers := make([]Answer, len(reqs))
	for i, req := range reqs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		res, err := e.Explain(ctx, req)
		if err != nil {
			answers[i].Failure = failureOf(err)
			continue
		}
		answers[i] = Answer{Response: res.GetDecision(), Explanation: res}
	}
	return answers, nil
}
