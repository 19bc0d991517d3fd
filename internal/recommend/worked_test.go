package recommend_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// TestWorkedExample reproduces the numbers of docs/decision.md, digit by digit.
func TestWorkedExample(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	given := timestamppb.New(now.Add(-180 * 24 * time.Hour))
	at := func(stage string) *surprisev1.RecommendResponse {
		c := &testv1.DecisionCase{Catalog: "worked", Now: timestamppb.New(now),
			Request: &surprisev1.RecommendRequest{
				Customer: &surprisev1.CustomerProfile{Id: "mei", Likes: []string{"sesame"}},
				Moment:   &surprisev1.Moment{Stage: stage, Channel: surprisev1.Channel_POS, VisitId: "today"},
			},
			History: []*storev1.Entry{{ClaimId: "x", State: surprisev1.ClaimState_CONFIRMED, Template: "sweet", Category: "gift", VisitId: "then", Created: given, Delivered: given}},
		}
		response, err := newRecommender(t, c).Recommend(t.Context(), c.GetRequest())
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	door, taste := at("door"), at("taste")
	got := map[string]string{
		"at the door: outcome": door.GetOutcome().String(), "until stage": door.GetHold().GetUntilStage(),
		"give": digits(door.GetHold().GetGive()), "wait": digits(door.GetHold().GetWait()),
		"expected gain": digits(door.GetHold().GetExpectedGain()), "probability": digits(door.GetHold().GetProbability()),
		"at the tasting: outcome": taste.GetOutcome().String(), "first offer": taste.GetOffers()[0].GetTemplate(),
	}
	for _, o := range taste.GetOffers() {
		s := o.GetScore()
		for name, v := range map[string]float64{"value": s.GetValue(), "market": s.GetMarket(), "habit": s.GetHabit(), "expectation": s.GetExpectation(),
			"gap": s.GetGap(), "moment": s.GetMoment(), "fit": s.GetFit(), "effect": s.GetEffect(), "cost": s.GetCostWeight() * float64(s.GetCostMinor()), "score": s.GetScore()} {
			got[o.GetTemplate()+" "+name] = digits(v)
		}
	}
	for _, p := range taste.GetPropensities() {
		name := p.GetTemplate()
		if name == "" {
			name = "nothing"
		}
		got["probability of "+name] = digits(p.GetProbability())
	}
	compareBlock(t, "../../docs/decision.md", got)
}

func digits(v float64) string { return fmt.Sprintf("%.6g", v) }

// compareBlock finds every number in a block of the document, and no other.
func compareBlock(t *testing.T, file string, got map[string]string) {
	t.Helper()
	text, err := os.ReadFile(file) //nolint:gosec // our own
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```worked\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatalf("%s has no worked block", file)
	}
	seen := 0
	for _, line := range strings.Split(strings.TrimSpace(string(block[1])), "\n") {
		name, rest, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		seen++
		fields := strings.Fields(rest)
		if want := fields[len(fields)-1]; got[strings.TrimSpace(name)] != want {
			t.Errorf("%s says %s= %s, it is %s", file, name, want, got[strings.TrimSpace(name)])
		}
	}
	if seen != len(got) {
		t.Errorf("%s has %d numbers, there are %d", file, seen, len(got))
	}
}
