package rules

// The attributes that are more than one among others, by their numbers.
const (
	Stage = iota
	Channel
	Store
)

// attributes are the 25 of the plain shape: 12 are fields of the API, 13 are declared by the catalogue.
func attributes() []Attribute {
	all := []Attribute{
		{Name: "stage", Path: "moment.stage", Values: split("arrive browse taste order wait basket checkout leave"), Longest: 2},
		{Name: "channel", Path: "moment.channel", Values: split("POS APP WEB CALL_CENTER"), Skew: 1, Weight: 3, Longest: 2},
		{Name: "store", Path: "moment.store", Values: numbered("store", 200), Skew: 0.6, Weight: 2, Longest: 20},
		{Name: "tier", Path: "customer.tier", Values: split("bronze silver gold platinum black"), Skew: 1.2, Weight: 4},
		{Name: "country", Path: "customer.attributes.country", Values: split("TW JP GB IE FR DE ES IT NL BE PT SE"), Skew: 0.8, Weight: 1.2},
		{Name: "city", Path: "customer.attributes.city", Values: numbered("city", 60), Skew: 0.7, Weight: 1, Longest: 5},
		{Name: "gender", Path: "customer.attributes.gender", Values: split("f m x"), Skew: 0.8, Weight: 0.5},
		{Name: "locale", Path: "customer.locale", Values: split("en zh-Hant ja fr de es it nl pt sv"), Skew: 1, Weight: 1},
		{Name: "daypart", Path: "moment.attributes.daypart", Values: split("early morning lunch afternoon evening"), Weight: 1.5},
		{Name: "weather", Path: "moment.weather.condition", Values: split("sun rain snow wind cloud"), Weight: 0.7},
	}
	all = append(all, numbers()...)
	all = append(all,
		Attribute{Name: "opted_in", Path: "customer.attributes.opted_in", Kind: Flag, Share: 0.7, Weight: 1.5},
		Attribute{Name: "has_app", Path: "customer.attributes.has_app", Kind: Flag, Share: 0.5, Weight: 1},
		Attribute{Name: "birthday", Path: "customer.attributes.birthday", Kind: Flag, Share: 0.04, Weight: 0.6},
		Attribute{Name: "complaint", Path: "customer.attributes.complaint", Kind: Flag, Share: 0.06, Weight: 0.8},
		Attribute{Name: "allergies", Path: "customer.allergies", Kind: Words, Share: 0.05, Weight: 2,
			Values: split("nuts milk eggs gluten soy fish shellfish sesame celery mustard")},
		Attribute{Name: "likes", Path: "customer.likes", Kind: Words, Share: 0.09, Weight: 1.5, Values: numbered("like", 30)},
	)
	for i := range all {
		all[i].Present = 1
		if all[i].Longest == 0 {
			all[i].Longest = 3
		}
	}
	return all
}

func numbers() []Attribute {
	number := func(name, path string, mean float64, weight float64, thresholds ...int64) Attribute {
		return Attribute{Name: name, Path: path, Kind: Number, Mean: mean, Weight: weight, Thresholds: thresholds}
	}
	all := []Attribute{
		number("age", "customer.attributes.age", 25, 2, 18, 21, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70),
		number("visits_30d", "customer.visits.last_30d", 2.5, 1.5, 1, 2, 3, 4, 5, 6, 8, 10, 12),
		number("visits_365d", "customer.visits.last_365d", 9, 2.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30),
		number("spend_90d", "customer.attributes.spend_90d", 15_000, 2, 1000, 2000, 2500, 5000, 7500, 10_000, 15_000, 20_000, 25_000, 30_000, 50_000, 75_000, 100_000),
		number("lifetime", "customer.lifetime_value_minor", 90_000, 1.5, 5000, 10_000, 25_000, 50_000, 100_000, 150_000, 200_000, 250_000, 500_000, 1_000_000),
		number("days_since", "customer.attributes.days_since", 25, 2, 1, 2, 3, 5, 7, 10, 14, 21, 28, 30, 45, 60, 90, 120, 180),
		number("tenure", "customer.attributes.tenure", 600, 1.2, 7, 14, 30, 60, 90, 180, 365, 730, 1095, 1825),
		number("churn", "customer.attributes.churn", 45, 1.5, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90),
		number("party", "moment.party.size", 1.2, 0.8, 2, 3, 4, 5, 6),
	}
	all[0].Least, all[8].Least = 16, 1
	return all
}
