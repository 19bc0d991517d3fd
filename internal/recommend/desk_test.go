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
	"github.com/surprise-service/surprised/internal/catalog"
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
		if diff := cmp.Diff(got, borrowed(t, used, req), protocmp.Transform(), ignoreChance()); gotErr == nil && diff != "" {
			t.Errorf("request %d: -kept +lent:\n%s", i, diff)
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

// borrowed returns a copy of what is lent, once alone and once among others, and fails where these differ.
func borrowed(t *testing.T, r *recommend.Recommender, req *surprisev1.RecommendRequest) (alone *surprisev1.RecommendResponse) {
	t.Helper()
	if err := r.RecommendTo(t.Context(), req, func(m *surprisev1.RecommendResponse) { alone = proto.CloneOf(m) }); err != nil {
		return nil
	}
	calls := 0
	r.BatchTo(t.Context(), []*surprisev1.RecommendRequest{req, {Moment: &surprisev1.Moment{Journey: "none"}}, req}, func(i int, res recommend.Result) {
		calls++
		if i == 1 {
			if res.Err == nil {
				t.Error("a request of no journey: got no error")
			}
			return
		}
		if diff := cmp.Diff(alone, proto.CloneOf(res.Response), protocmp.Transform(), ignoreChance()); diff != "" {
			t.Errorf("-alone +among others:\n%s", diff)
		}
	})
	if calls != 3 {
		t.Errorf("got %d answers, want 3", calls)
	}
	return alone
}

// ignoreChance leaves out what differs each time.
func ignoreChance() cmp.Option {
	return cmp.Options{protocmp.IgnoreFields(&surprisev1.RecommendResponse{}, "decision_id"), protocmp.IgnoreFields(&surprisev1.Offer{}, "token", "claim_id")}
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

// TestCatalogChanges has one recommender decide by one catalogue and then by others, as new ones do.
func TestCatalogChanges(t *testing.T) {
	var snapshot *recommend.Snapshot
	cats := []*catalog.Catalog{generated(t, 1, 20, 3), generated(t, 2, 300, 3), generated(t, 1, 20, 3)}
	opts := optionsIn(t, cats[0], &testv1.DecisionCase{Now: timestamppb.New(benchTime()), Request: benchRequest("browse")}, benchRecord(), endless{})
	opts.Snapshot = func() *recommend.Snapshot { return snapshot }
	used, fitting := recommend.New(opts), 0
	for i, cat := range cats {
		snapshot = &recommend.Snapshot{Catalog: cat, Matcher: match.NewIndex(cat, recommend.Ceiling(cat))}
		for _, req := range differentRequests() {
			got, gotErr := used.Recommend(t.Context(), req)
			want, wantErr := recommend.New(opts).Recommend(t.Context(), req)
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || (gotErr == nil) != (wantErr == nil) {
				t.Errorf("catalogue %d: got error %v, want %v; -want +got:\n%s", i, gotErr, wantErr, diff)
			}
			fitting += len(got.GetOffers())
		}
	}
	if fitting == 0 {
		t.Error("there are no offers")
	}
}
