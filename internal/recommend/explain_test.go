package recommend_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat/distuv"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/surprise"
)

// drawCase returns a random customer at a random moment, with a random past.
func drawCase(t *rapid.T) *testv1.DecisionCase {
	now := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours")) * time.Hour)
	c := &testv1.DecisionCase{
		Catalog: rapid.SampledFrom([]string{"shop", "days", "journey", "chance", "services", "../../../../examples/catalog"}).Draw(t, "catalog"), Now: timestamppb.New(now),
		Request: &surprisev1.RecommendRequest{MaxOffers: 10, Customer: drawCustomer(t), Moment: &surprisev1.Moment{
			Stage: "till", Channel: rapid.SampledFrom([]surprisev1.Channel{surprisev1.Channel_POS, surprisev1.Channel_APP}).Draw(t, "channel"),
			VisitId: rapid.SampledFrom([]string{"v1", "v2", "v3", ""}).Draw(t, "visit"), Store: rapid.SampledFrom([]string{"taipei-1", "taipei-2", "nowhere", ""}).Draw(t, "store"),
			Party: &surprisev1.Party{Size: rapid.Int32Range(0, 4).Draw(t, "party")},
		}},
	}
	switch c.GetCatalog() {
	case "shop", "journey", "chance":
		c.Request.Moment.Stage = rapid.SampledFrom([]string{"door", "till"}).Draw(t, "stage")
	case "days":
	case "services":
		c.Request.Moment.Stage = "shop"
		c.Used = drawUsed(t, c.GetNow().AsTime())
	default:
		c.Request.Moment.Stage = rapid.SampledFrom([]string{"arrive", "browse", "taste", "basket", "checkout", "leave", "after"}).Draw(t, "stage")
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "past") {
		c.History = append(c.History, drawEntry(t, i, now))
	}
	return c
}

// drawUsed uses some limits of the catalogue services up, those of the household h1 among them.
func drawUsed(t *rapid.T, now time.Time) map[string]int64 {
	key := ledger.HouseholdKey(func(id string) surprise.CustomerKey { return surprise.HashCustomer([]byte("secret"), "test", id) }, "h1")
	limits := []string{"codes||", "advisers||taipei-1", "advisers||", "pieces||", ledger.HouseholdMaxLimit("edition", key)}
	limits = append(limits, ledger.Household{Key: key, Category: "shopping", Cooldown: 3 * 24 * time.Hour}.Steps(now)...)
	limits = append(limits, ledger.Household{Key: key, Category: "shopping", Cooldown: 7 * 24 * time.Hour, Cap: true, Capacity: 1}.Steps(now)...)
	out := map[string]int64{}
	for _, l := range limits {
		out[l] = rapid.SampledFrom([]int64{0, 1, 100}).Draw(t, l)
	}
	return out
}

// drawRecord is a past with wishes and trials.
func drawRecord(t *rapid.T, c *testv1.DecisionCase) *storev1.Record {
	now := c.GetNow().AsTime()
	rec := &storev1.Record{Entries: c.GetHistory(), Tried: rapid.SampledFrom([][]string{nil, {"tea_club"}}).Draw(t, "tried")}
	for i := range rapid.IntRange(0, 3).Draw(t, "wishes") {
		posted := now.Add(-time.Duration(rapid.IntRange(0, 72).Draw(t, "posted")) * time.Hour)
		rec.Wishes = append(rec.Wishes, &storev1.Wish{
			WishId: fmt.Sprint("w", i), State: rapid.SampledFrom([]surprisev1.WishState{surprisev1.WishState_OPEN, surprisev1.WishState_OPEN, surprisev1.WishState_PROMISED, surprisev1.WishState_WITHDRAWN}).Draw(t, "wish state"),
			Text:   rapid.SampledFrom([]string{"matcha", "一碗抹茶", "静かな席", "an umbrella", "a pony"}).Draw(t, "wish"),
			Posted: timestamppb.New(posted), GrantFrom: timestamppb.New(posted.Add(24 * time.Hour)), Until: timestamppb.New(posted.Add(48 * time.Hour)),
		})
	}
	return rec
}

func drawCustomer(t *rapid.T) *surprisev1.CustomerProfile {
	some := func(name string, words ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(words), 0, 2).Draw(t, name)
	}
	c := &surprisev1.CustomerProfile{
		Id: fmt.Sprint("c", rapid.IntRange(0, 50).Draw(t, "id")), Tier: rapid.SampledFrom([]string{"", "gold", "silver"}).Draw(t, "tier"),
		Visits: &surprisev1.Visits{Total: rapid.Int32Range(0, 12).Draw(t, "total"), Last_365D: rapid.Int32Range(0, 40).Draw(t, "last")},
		Likes:  some("likes", "tea", "sweets", "sesame", "cake"), Allergies: some("allergies", "nuts", "milk"), Dislikes: some("dislikes", "milk"), HouseholdId: rapid.SampledFrom([]string{"", "h1"}).Draw(t, "household"), Tags: some("tags", "gift", "wish", "angry"),
		LifetimeValueMinor: rapid.Int64Range(0, 9_000_000).Draw(t, "value"), OpenComplaints: rapid.SampledFrom([]int32{0, 0, 0, 1}).Draw(t, "complaints"),
	}
	if rapid.Bool().Draw(t, "has birthday") {
		c.Birthday = &surprisev1.Birthday{Month: rapid.Int32Range(2, 4).Draw(t, "month"), Day: rapid.Int32Range(1, 28).Draw(t, "day")}
	}
	if rapid.Bool().Draw(t, "is measured") {
		c.Satisfaction = proto.Float64(rapid.Float64Range(0, 1).Draw(t, "satisfaction"))
	}
	return c
}

func drawEntry(t *rapid.T, i int, now time.Time) *storev1.Entry {
	at := timestamppb.New(now.Add(-time.Duration(rapid.IntRange(0, 100*24).Draw(t, "ago")) * time.Hour))
	return &storev1.Entry{
		ClaimId: fmt.Sprint(i), State: rapid.SampledFrom([]surprisev1.ClaimState{surprisev1.ClaimState_HELD, surprisev1.ClaimState_CONFIRMED, surprisev1.ClaimState_CANCELLED}).Draw(t, "state"),
		Template: rapid.SampledFrom([]string{"cake", "sweet", "pearls", "small_gift", "birthday_cake", "edition", "delivery"}).Draw(t, "template"), Category: "gift", VisitId: "v1",
		Purpose: surprisev1.Purpose_DELIGHT, Created: at, Delivered: at, Ended: at, HoldUntil: timestamppb.New(at.AsTime().Add(30 * time.Minute)),
		Returned: rapid.SampledFrom([]*timestamppb.Timestamp{nil, nil, at}).Draw(t, "returned"),
	}
}

// Whatever Recommend offers, Explain calls taken, and the reverse; what is not taken has a reason, and the first is one that Recommend counts.
func TestExplainAgreesWithRecommend(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := drawCase(rt)
		r := recommend.New(optionsFor(t, c, drawRecord(rt, c), endless{}))
		recommended, err := r.Recommend(t.Context(), c.GetRequest())
		if err != nil {
			rt.Fatal(err)
		}
		explained, err := r.Explain(t.Context(), c.GetRequest())
		if err != nil {
			rt.Fatal(err)
		}
		var offered, taken []string
		for _, o := range recommended.GetOffers() {
			offered = append(offered, o.GetTemplate())
		}
		for _, e := range explained.GetTemplates() {
			if e.GetTaken() {
				taken = append(taken, e.GetTemplate())
			}
			if e.GetTaken() != (len(e.GetBlocks()) == 0) {
				rt.Fatalf("%s: taken %v with blocks %v", e.GetTemplate(), e.GetTaken(), e.GetBlocks())
			}
			for _, b := range e.GetBlocks() {
				if b.GetReason() == surprisev1.Reason_REASON_UNSPECIFIED || b.GetText() == "" {
					rt.Fatalf("%s: a block without a reason: %v", e.GetTemplate(), b)
				}
			}
		}
		slices.Sort(offered)
		if !slices.Equal(offered, taken) {
			rt.Fatalf("offered %v, taken %v", offered, taken)
		}
		for _, r := range []*surprisev1.RecommendResponse{explained.GetDecision(), recommended} {
			r.DecisionId = ""
			for _, o := range r.GetOffers() {
				o.Token, o.ClaimId = "", ""
			}
		}
		if d := cmp.Diff(recommended, explained.GetDecision(), protocmp.Transform()); d != "" {
			rt.Fatalf("Explain decides something else than Recommend (-recommend +explain):\n%s", d)
		}
		checkPropensities(rt, recommended)
	})
}

func checkPropensities(t *rapid.T, r *surprisev1.RecommendResponse) {
	sum := 0.0
	for _, p := range r.GetPropensities() {
		sum += p.GetProbability()
	}
	if len(r.GetPropensities()) > 0 && (sum < 1-1e-12 || sum > 1+1e-12) {
		t.Fatalf("propensities add up to %v", sum)
	}
	if r.GetOutcome() != surprisev1.Outcome_NONE && len(r.GetPropensities()) == 0 {
		t.Fatalf("%v has no propensities", r.GetOutcome())
	}
}

// The till and the app agree within a visit, also after a restart, and another visit is another draw.
func TestSameVisitSameAnswer(t *testing.T) {
	draw := func(visit string, channel surprisev1.Channel) string {
		c := &testv1.DecisionCase{Catalog: "chance", Now: timestamppb.New(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)), Request: &surprisev1.RecommendRequest{
			Customer: &surprisev1.CustomerProfile{Id: "c1"}, Moment: &surprisev1.Moment{Stage: "till", Channel: channel, VisitId: visit}}}
		response, err := newRecommender(t, c).Recommend(t.Context(), c.GetRequest())
		if err != nil {
			t.Fatal(err)
		}
		out := response.GetOutcome().String()
		for _, o := range response.GetOffers() {
			out += " " + o.GetTemplate()
		}
		return out
	}
	answers := map[string]int{}
	for v := range 60 {
		visit := fmt.Sprint("visit ", v)
		first := draw(visit, surprisev1.Channel_POS)
		if again := draw(visit, surprisev1.Channel_APP); again != first {
			t.Errorf("%s: %s at the till, %s in the app", visit, first, again)
		}
		answers[first]++
	}
	if len(answers) < 5 {
		t.Errorf("60 visits have only these answers: %v", answers)
	}
}

// Over many visits and customers, first offers come as often as the answers state, withholding and the control group included.
func TestStatedPropensitiesAreTrue(t *testing.T) {
	const visits = 3000
	c := &testv1.DecisionCase{Catalog: "chance", Now: timestamppb.New(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)), Request: &surprisev1.RecommendRequest{
		Customer: &surprisev1.CustomerProfile{Id: "c1"}, Moment: &surprisev1.Moment{Stage: "till", Channel: surprisev1.Channel_POS}}}
	r := newRecommenderWith(t, c, endless{})
	counts, stated, control := map[string]int{}, map[string]float64{}, 0
	for v := range visits {
		c.Request.Moment.VisitId = fmt.Sprint("visit ", v)
		c.Request.Customer.Id = fmt.Sprint("customer ", v)
		response, err := r.Recommend(t.Context(), c.GetRequest())
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(response.GetReasons(), func(d *surprisev1.ReasonDetail) bool { return d.GetReason() == surprisev1.Reason_CONTROL_GROUP }) {
			control++
			continue
		}
		first := ""
		if len(response.GetOffers()) > 0 {
			first = response.GetOffers()[0].GetTemplate()
		}
		counts[first]++
		for _, p := range response.GetPropensities() {
			stated[p.GetTemplate()] += p.GetProbability()
		}
	}
	if share := float64(control) / visits; share < 0.08 || share > 0.12 {
		t.Errorf("the control group is %.3f of all, want 0.1", share)
	}
	chi2 := 0.0
	for template, expected := range stated {
		chi2 += (float64(counts[template]) - expected) * (float64(counts[template]) - expected) / expected
	}
	if p := 1 - (distuv.ChiSquared{K: float64(len(stated) - 1)}).CDF(chi2); p < 0.001 || len(stated) != 5 {
		t.Errorf("chi-square %.2f, p = %.5f: drawn %v, stated %v", chi2, p, counts, stated)
	}
}

// endless is random enough for decision ids.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
