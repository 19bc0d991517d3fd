package rule

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// stagePath is the only path that differs between the facts of one request.
const stagePath = "moment.stage"

// addMoment adds what stands in the moment itself.
func (t *fields) addMoment() {
	t.text("moment.journey", func(f *Facts) string { return f.moment.GetJourney() })
	t.text(stagePath, func(f *Facts) string { return f.stage })
	t.enum("moment.channel", func(f *Facts) int32 { return int32(f.moment.GetChannel()) })
	t.text("moment.store", func(f *Facts) string { return f.moment.GetStore() })
	message(t, "moment.time", func(f *Facts) *timestamppb.Timestamp { return f.moment.GetTime() })
	t.text("moment.visit_id", func(f *Facts) string { return f.moment.GetVisitId() })
	t.text("moment.region", func(f *Facts) string { return f.moment.GetRegion() })
	t.double("moment.distance_km", func(f *Facts) *float64 {
		if f.moment == nil {
			return nil
		}
		return f.moment.DistanceKm
	})
}

// addScene adds the messages within the moment.
func (t *fields) addScene() {
	message(t, "moment.weather", func(f *Facts) *surprisev1.Weather { return f.moment.GetWeather() })
	t.text("moment.weather.condition", func(f *Facts) string { return f.moment.GetWeather().GetCondition() })
	t.double("moment.weather.temperature", func(f *Facts) *float64 {
		if w := f.moment.GetWeather(); w != nil {
			return w.Temperature
		}
		return nil
	})
	message(t, "moment.party", func(f *Facts) *surprisev1.Party { return f.moment.GetParty() })
	t.int32("moment.party.size", func(f *Facts) int32 { return f.moment.GetParty().GetSize() })
	t.int32("moment.party.children", func(f *Facts) int32 { return f.moment.GetParty().GetChildren() })
	message(t, "moment.basket", func(f *Facts) *surprisev1.Basket { return f.moment.GetBasket() })
	t.int64("moment.basket.total_minor", func(f *Facts) int64 { return f.moment.GetBasket().GetTotalMinor() })
	t.int32("moment.basket.items", func(f *Facts) int32 { return f.moment.GetBasket().GetItems() })
	t.texts("moment.basket.categories", func(f *Facts) []string { return f.moment.GetBasket().GetCategories() })
}
