package wire_test

import (
	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// typical returns a request as shops send them: most of what is known of a customer is in attributes of the shop's own.
func typical() *surprisev1.RecommendRequest {
	text, number, flag := structpb.NewStringValue, structpb.NewNumberValue, structpb.NewBoolValue
	return &surprisev1.RecommendRequest{
		RequestId: "r-known-3",
		Customer: &surprisev1.CustomerProfile{
			Id: "known-3", DisplayName: "Ming", Locale: "de", Tier: "platinum", LifetimeValueMinor: 21817,
			Visits: &surprisev1.Visits{Last_30D: 7, Last_365D: 1, Total: 40}, Likes: []string{"like-017"}, Allergies: []string{"shellfish"},
			Attributes: map[string]*structpb.Value{
				"age": number(21), "birthday": flag(false), "churn": number(114), "city": text("city-016"), "complaint": flag(false), "country": text("DE"),
				"days_since": number(16), "gender": text("m"), "has_app": flag(false), "opted_in": flag(true), "spend_90d": number(292), "tenure": number(69),
			},
		},
		Moment: &surprisev1.Moment{
			Stage: "leave", Channel: surprisev1.Channel_POS, Store: "store-000", VisitId: "visit-known-3", Weather: &surprisev1.Weather{Condition: "rain"},
			Party: &surprisev1.Party{Size: 1}, Basket: &surprisev1.Basket{TotalMinor: 86000, Items: 2, Categories: []string{"tea"}},
			Attributes: map[string]*structpb.Value{"daypart": text("early")},
		},
	}
}
