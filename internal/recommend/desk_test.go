package recommend_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/recommend"
)

// TestNothingIsLeftOver has one recommender, which uses its room again, answer as new ones do, and its earlier answers stay what they were.
func TestNothingIsLeftOver(t *testing.T) {
	cat := generated(t, 1, 1000, 12)
	requests := differentRequests()
	opts := optionsIn(t, cat, &testv1.DecisionCase{Now: timestamppb.New(benchTime()), Request: requests[0]}, benchRecord(), endless{})
	index := match.NewIndex(cat, recommend.Ceiling(cat))
	opts.Snapshot = func() *recommend.Snapshot { return &recommend.Snapshot{Catalog: cat, Matcher: index} }
	used := recommend.New(opts)
	var answers, copies []*surprisev1.RecommendResponse
	offers := 0
	for i, req := range append(requests, requests...) {
		got, gotErr := used.Recommend(t.Context(), req)
		want, wantErr := recommend.New(opts).Recommend(t.Context(), req)
		if (gotErr == nil) != (wantErr == nil) {
			t.Fatalf("request %d: got error %v, want %v", i, gotErr, wantErr)
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("request %d: -want +got:\n%s", i, diff)
		}
		offers += len(got.GetOffers())
		answers, copies = append(answers, got), append(copies, proto.CloneOf(got))
	}
	if offers < 10 {
		t.Errorf("got %d offers, want more, so that there is something to be left over", offers)
	}
	if diff := cmp.Diff(copies, answers, protocmp.Transform()); diff != "" {
		t.Errorf("answers changed later: -then +now:\n%s", diff)
	}
}

func differentRequests() []*surprisev1.RecommendRequest {
	var out []*surprisev1.RecommendRequest
	for i, stage := range []string{"arrive", "browse", "taste", "nowhere", "leave"} {
		plain, unknown, unhappy, wary := benchRequest(stage), benchRequest(stage), benchRequest(stage), benchRequest(stage)
		unknown.Customer.Id, unknown.Moment.Region = "nobody", ""
		unhappy.Customer.OpenComplaints = 2
		wary.Customer.Allergies, wary.Customer.HouseholdId = []string{"nuts", "milk"}, "h1"
		wary.Customer.Consents = &surprisev1.Consents{PublicDelivery: surprisev1.Consent_WITHHELD}
		wary.Moment.VisitId = fmt.Sprint("v", i)
		out = append(out, plain, unknown, unhappy, wary)
	}
	return out
}
