package batch

import (
	"context"
	"fmt"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Remote is a Decider that asks a server. Each group is a stream of its own: its requests are sent without waiting for answers, several
// groups are under way at once, and none lives long enough to be cut when the server renews its connections.
type Remote struct {
	Client surprisev1.RecommendationServiceClient
	// Timeout bounds one group. Required.
	Timeout time.Duration
}

var _ Decider = Remote{}

// Decide implements Decider. The error is that of gRPC.
func (r Remote) Decide(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel() // also ends the sending
	stream, err := r.Client.RecommendStream(ctx)
	if err != nil {
		return nil, err
	}
	go func() {
		for _, req := range reqs {
			if stream.Send(&surprisev1.RecommendStreamRequest{Request: req}) != nil {
				return // Recv has the reason
			}
		}
		_ = stream.CloseSend() // as above
	}()
	answers := make([]Answer, len(reqs))
	for i, req := range reqs {
		got, err := stream.Recv()
		if err != nil {
			return nil, err
		}
		if got.GetRequestId() != req.GetRequestId() {
			return nil, fmt.Errorf("the server answered %q where %q was asked", got.GetRequestId(), req.GetRequestId())
		}
		answers[i] = answerOf(got)
	}
	return answers, nil
}

func answerOf(got *surprisev1.RecommendStreamResponse) Answer {
	if err := got.GetError(); err != nil {
		return Answer{Failure: streamFailure(err)}
	}
	return Answer{Response: got.GetResponse()}
}
