package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// service is a fake of the server: it answers by the request's id.
type service struct {
	surprisev1.UnimplementedRecommendationServiceServer
}

func (service) RecommendStream(stream surprisev1.RecommendationService_RecommendStreamServer) error {
	for {
		got, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		id := got.GetRequest().GetRequestId()
		out := &surprisev1.RecommendStreamResponse{RequestId: id, Result: &surprisev1.RecommendStreamResponse_Response{
			Response: &surprisev1.RecommendResponse{RequestId: id, Outcome: surprisev1.Outcome_OFFER}}}
		switch id {
		case "refuse":
			out.Result = &surprisev1.RecommendStreamResponse_Error{Error: &surprisev1.StreamError{Code: 3, Reason: surprisev1.Reason_UNKNOWN_STAGE,
				Message: "no such stage", Violations: []*surprisev1.FieldViolation{{Field: "moment.stage", Description: "no such stage"}}}}
		case "end":
			return status.Error(codes.PermissionDenied, "not you")
		case "swap":
			out.RequestId = "other"
		case "hang":
			<-stream.Context().Done()
			return stream.Context().Err()
		}
		if err := stream.Send(out); err != nil {
			return err
		}
	}
}

func remote(t *testing.T) Remote {
	t.Helper()
	l := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	surprisev1.RegisterRecommendationServiceServer(server, service{})
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///fake", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return Remote{Client: surprisev1.NewRecommendationServiceClient(conn), Timeout: 5 * time.Second}
}

func requests(ids ...string) []*surprisev1.RecommendRequest {
	out := make([]*surprisev1.RecommendRequest, len(ids))
	for i, id := range ids {
		out[i] = &surprisev1.RecommendRequest{RequestId: id}
	}
	return out
}

func TestRemoteAnswers(t *testing.T) {
	answers, err := remote(t).Decide(t.Context(), requests("a", "refuse", "", ""))
	if err != nil {
		t.Fatal(err)
	}
	if got := answers[0].Response.GetRequestId() + answers[3].Response.GetOutcome().String(); got != "aOFFER" {
		t.Errorf("got %q", got)
	}
	want := &Failure{Reason: surprise.UnknownStage, Message: "no such stage", Violations: []Violation{{"moment.stage", "no such stage"}}}
	if diff := cmp.Diff(want, answers[1].Failure); diff != "" {
		t.Errorf("failure (-want +got):\n%s", diff)
	}
}

func TestRemoteFailsAsAWhole(t *testing.T) {
	r := remote(t)
	if _, err := r.Decide(t.Context(), requests("a", "end", "b")); status.Code(err) != codes.PermissionDenied {
		t.Errorf("got %v, want the status of the stream", err)
	}
	if _, err := r.Decide(t.Context(), requests("swap")); err == nil || !strings.Contains(err.Error(), `answered "other"`) {
		t.Errorf("got %v, want a complaint about the order", err)
	}
	r.Timeout = 20 * time.Millisecond
	if _, err := r.Decide(t.Context(), requests("hang")); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v, want the timeout", err)
	}
}

func TestRemoteInARun(t *testing.T) {
	n := 0
	err := Run(t.Context(), NewJSONLines(strings.NewReader(jsonl(1000))), remote(t), func(r Result) error {
		if n++; r.Response.GetRequestId() != fmt.Sprint("r", n) {
			t.Errorf("result %d is of %s", n, r.Response.GetRequestId())
		}
		return nil
	}, Options{Workers: 4})
	if err != nil || n != 1000 {
		t.Errorf("got %d results and %v", n, err)
	}
}
