package recommend_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/recommend"
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

// BenchmarkDecision is a whole decision among 1,000 templates but for the matching, of which the answer is known: what is left is the record, the
// gates, the scores, the plan, the choice and the offers. The customer had three surprises.
func BenchmarkDecision(b *testing.B) {
	cat := generated(b, 1, 1000, 12)
	for _, stage := range []string{"arrive", "taste", "leave"} {
		c := &testv1.DecisionCase{Now: timestamppb.New(benchTime()), Request: benchRequest(stage)}
		opts := optionsIn(b, cat, c, benchRecord(), endless{})
		found := recall(match.NewScan(cat))
		opts.Snapshot = func() *recommend.Snapshot { return &recommend.Snapshot{Catalog: cat, Matcher: found} }
		r := recommend.New(opts)
		response, err := r.Recommend(b.Context(), c.GetRequest())
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("%s/%v/matches=%d/offers=%d", stage, response.GetOutcome(), len(found.found), len(response.GetOffers()))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Recommend(b.Context(), c.GetRequest()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchTime() time.Time { return time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) }

func benchRequest(stage string) *surprisev1.RecommendRequest {
	return &surprisev1.RecommendRequest{
		Customer: &surprisev1.CustomerProfile{
			Id: "c1", DisplayName: "Mei", Locale: "en", Tier: "gold", Likes: []string{"tea", "music"}, Dislikes: []string{"sugar"}, Tags: []string{"vip"}, TimeZone: "Asia/Taipei",
			LifetimeValueMinor: 500_000, Birthday: &surprisev1.Birthday{Month: 3, Day: 1}, Visits: &surprisev1.Visits{Last_365D: 15, Total: 20}, Pains: []string{"waiting"},
		},
		Moment: &surprisev1.Moment{Stage: stage, Channel: surprisev1.Channel_POS, VisitId: "v1", Store: "s1", Region: "tw-tpe", Party: &surprisev1.Party{Size: 2}},
	}
}

func benchRecord() *storev1.Record {
	rec := &storev1.Record{}
	for i, category := range []string{"sweet", "word", "walk"} {
		at := timestamppb.New(benchTime().AddDate(0, 0, -1-20*i))
		rec.Entries = append(rec.Entries, &storev1.Entry{
			ClaimId: fmt.Sprint("c", i), State: surprisev1.ClaimState_CONFIRMED, Template: fmt.Sprintf("t%04d", i), Category: category, VisitId: fmt.Sprint("v", i+7),
			Purpose: surprisev1.Purpose_DELIGHT, Channel: surprisev1.Channel_POS, Created: at, Delivered: at, MemoryTag: "a walk in the rain",
		})
	}
	return rec
}

// recalled finds again what the first search found, for a benchmark of all but the search.
type recalled struct {
	match.Matcher
	found []match.Match
	seen  int
	begun bool
}

func recall(m match.Matcher) *recalled { return &recalled{Matcher: m} }

func (r *recalled) Search(q match.Query) match.Search {
	if r.found == nil {
		s := r.Matcher.Search(q)
		for s.Next() {
			r.found, r.seen = append(r.found, s.Matches()...), s.Seen()
		}
	}
	r.begun = false
	return r
}

func (r *recalled) Next() bool {
	first := !r.begun
	r.begun = true
	return first
}

func (r *recalled) Ceiling(int) float64    { return math.Inf(1) }
func (r *recalled) Seen() int              { return r.seen }
func (r *recalled) Matches() []match.Match { return r.found }
func (r *recalled) Close()                 {}
