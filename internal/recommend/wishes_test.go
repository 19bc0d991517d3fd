package recommend_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
)

// The tags of a wish are those of its posting while the catalogue is the same; under another one its text is read again.
func TestTagsOfWishes(t *testing.T) {
	c := &testv1.DecisionCase{Catalog: "services", Now: timestamppb.New(afternoon()), Request: &surprisev1.RecommendRequest{
		Customer: &surprisev1.CustomerProfile{Id: "c1"}, Moment: &surprisev1.Moment{Stage: "shop", Channel: surprisev1.Channel_POS}, MaxOffers: 10}}
	revision := optionsFor(t, c, nil, endless{}).Snapshot().Catalog.Revision
	for name, tc := range map[string]struct {
		revision  string
		noMatcher bool
		want      string
	}{
		"posted under this catalogue":                     {revision: revision, want: "quiet_seat"},
		"this catalogue, and nobody reads texts":          {revision: revision, noMatcher: true, want: "quiet_seat"},
		"posted under another catalogue":                  {revision: "old", want: "matcha_set"},
		"another catalogue, and nobody reads texts again": {revision: "old", noMatcher: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := wishOf("w1", "matcha")
			w.Tags, w.CatalogRevision = []string{"calm"}, tc.revision
			opts := optionsFor(t, c, &storev1.Record{Wishes: []*storev1.Wish{w}}, endless{})
			s := *opts.Snapshot()
			if tc.noMatcher {
				s.Wishes = nil
			}
			opts.Snapshot = func() *recommend.Snapshot { return &s }
			response, err := recommend.New(opts).Recommend(t.Context(), c.GetRequest())
			if err != nil {
				t.Fatal(err)
			}
			granting := ""
			for _, o := range response.GetOffers() {
				if o.GetWishId() == "w1" {
					granting += o.GetTemplate()
				}
				if raised := o.GetScore().GetFit() > 1; raised != (o.GetWishId() != "") || verify(t, o.GetToken()).GetWishId() != o.GetWishId() {
					t.Errorf("%s: fit %v with the wish %q, whose token grants %q", o.GetTemplate(), o.GetScore().GetFit(), o.GetWishId(), verify(t, o.GetToken()).GetWishId())
				}
			}
			if granting != tc.want {
				t.Errorf("%q grants the wish, want %q", granting, tc.want)
			}
		})
	}
}

// The day that an offer celebrates is in its token, for whoever prepares it, and on its card.
func TestOfferNamesItsDay(t *testing.T) {
	for _, tc := range []struct {
		birthday int32
		want     *surprisev1.Date
	}{
		{1, &surprisev1.Date{Year: 2026, Month: 3, Day: 1}}, // yesterday
		{4, &surprisev1.Date{Year: 2026, Month: 3, Day: 4}},
	} {
		c := &testv1.DecisionCase{Catalog: "shop", Now: timestamppb.New(afternoon()), Request: &surprisev1.RecommendRequest{
			Customer: &surprisev1.CustomerProfile{Id: "c1", Birthday: &surprisev1.Birthday{Month: 3, Day: tc.birthday}},
			Moment:   &surprisev1.Moment{Stage: "till", Channel: surprisev1.Channel_POS}}}
		response, err := newRecommender(t, c).Recommend(t.Context(), c.GetRequest())
		if err != nil || len(response.GetOffers()) != 1 {
			t.Fatal(response, err)
		}
		got := verify(t, response.GetOffers()[0].GetToken())
		if !proto.Equal(got.GetOccasionDay(), tc.want) || got.GetOccurrence() != "birthday/2026" {
			t.Errorf("born on 3-%d: the token celebrates %v (%s), want %v", tc.birthday, got.GetOccasionDay(), got.GetOccurrence(), tc.want)
		}
	}
}

// Of twins each has a day of their own; a surprise that came back leaves the day to be celebrated.
func TestTwinsWithReturnedSurprise(t *testing.T) {
	twin := func(name string) *surprisev1.Relation {
		return &surprisev1.Relation{Kind: "child", Name: name, Birthday: &surprisev1.Birthday{Month: 3, Day: 2}, Consent: surprisev1.Consent_GIVEN}
	}
	occurrence := func(history ...*storev1.Entry) string {
		c := &testv1.DecisionCase{Catalog: "days", Now: timestamppb.New(afternoon()), History: history, Request: &surprisev1.RecommendRequest{
			Customer: &surprisev1.CustomerProfile{Id: "c1", Relations: []*surprisev1.Relation{twin("Ann"), twin("Bo")}},
			Moment:   &surprisev1.Moment{Stage: "till", Channel: surprisev1.Channel_POS}}}
		response, err := newRecommender(t, c).Recommend(t.Context(), c.GetRequest())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range response.GetOffers() {
			if o.GetTemplate() == "for_child" {
				return verify(t, o.GetToken()).GetOccurrence()
			}
		}
		t.Fatal(response)
		return ""
	}
	first := occurrence()
	yesterday := timestamppb.New(afternoon().AddDate(0, 0, -1))
	given := &storev1.Entry{ClaimId: "x", State: surprisev1.ClaimState_CONFIRMED, Template: "for_child", Category: "other", Occurrence: first, Created: yesterday, Delivered: yesterday}
	if second := occurrence(given); second == first {
		t.Errorf("both twins have the day %s", first)
	}
	given.Returned = yesterday
	if again := occurrence(given); again != first {
		t.Errorf("got %s, want the day that was given back, %s", again, first)
	}
}
