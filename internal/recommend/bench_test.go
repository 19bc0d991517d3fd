package recommend_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// BenchmarkRecommend decides at each stage of the example journey. Templates are matched once, whatever stages are ahead: a decision at the
// first stage, which plans for six more, costs what their scores and the induction cost beyond one at the last.
func BenchmarkRecommend(b *testing.B) {
	for i, stage := range []string{"arrive", "browse", "taste", "basket", "checkout", "leave", "after"} {
		b.Run(fmt.Sprintf("%s/ahead=%d", stage, 6-i), func(b *testing.B) {
			c := &testv1.DecisionCase{Catalog: "../../../../examples/catalog", Now: timestamppb.New(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)),
				Request: &surprisev1.RecommendRequest{
					Customer: &surprisev1.CustomerProfile{Id: "c1", Likes: []string{"tea"}, Tags: []string{"wish"}, Visits: &surprisev1.Visits{Last_365D: 20, Total: 40}},
					Moment:   &surprisev1.Moment{Stage: stage, Channel: surprisev1.Channel_POS, VisitId: "v1", Store: "taipei-1"},
				}}
			r := newRecommenderWith(b, c, endless{})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Recommend(b.Context(), c.GetRequest()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
