package match_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// workload writes rules and requests as a large shop may have them: about four clauses a rule of some 600 different ones about 25 attributes,
// one rule in twenty with an ||, and 1 to 2 in 100 rules true of a customer.
type workload struct {
	*rand.Rand
	fields []field
	weight int
}

// field is something that rules ask for.
type field struct {
	path   string
	weight int
	// Texts have values, numbers bounds and a mean, yes or no has a share.
	values []string
	lists  bool
	bounds []int
	mean   float64
	share  float64
	most   int // values in a clause
	// clauses are what rules ask.
	clauses []string
}

const workloadYAML = `
attributes:
  customer: {country: STRING, city: STRING, gender: STRING, language: STRING, age: INT, spend: INT, churn: INT, opted_in: BOOL, has_app: BOOL, birthday: BOOL, complaint: BOOL}
  moment: {daypart: STRING}
journeys:
  - id: visit
    stages: [{id: s0}, {id: s1}, {id: s2}, {id: s3}, {id: s4}, {id: s5}, {id: s6}, {id: s7}]
templates:
  - {id: note, kind: NOTE, levels: [{id: card, value: 10}], texts: {en: {title: A note, message: Thank you.}}}
`

func names(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return out
}

func newWorkload(seed uint64) *workload {
	w := &workload{Rand: rand.New(rand.NewPCG(seed, 1))}
	days := []int{1, 2, 3, 5, 7, 10, 14, 21, 28, 30, 45, 60, 90, 120, 180}
	w.fields = []field{
		{path: "moment.stage", weight: 120, values: names("s", 8), most: 2},
		{path: "customer.tier", weight: 40, values: names("tier", 5), most: 3}, {path: "customer.attributes.country", weight: 12, values: names("country", 12), most: 3},
		{path: "customer.attributes.city", weight: 10, values: names("city", 60), most: 5}, {path: "customer.attributes.gender", weight: 5, values: names("g", 3), most: 1},
		{path: "customer.attributes.language", weight: 10, values: names("language", 10), most: 3},
		{path: "moment.channel", weight: 30, values: []string{"Channel.POS", "Channel.APP", "Channel.WEB", "Channel.CALL_CENTER"}, most: 2},
		{path: "moment.store", weight: 20, values: names("store", 200), most: 20}, {path: "moment.attributes.daypart", weight: 15, values: names("daypart", 5), most: 3},
		{path: "moment.weather.condition", weight: 7, values: names("weather", 5), most: 3},
		{path: "customer.attributes.age", weight: 20, bounds: []int{18, 21, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70}, mean: 45}, {path: "customer.visits.last_30d", weight: 15, bounds: []int{1, 2, 3, 4, 5, 6, 8, 10}, mean: 3},
		{path: "customer.visits.last_365d", weight: 25, bounds: []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30}, mean: 8}, {path: "customer.attributes.spend", weight: 20, bounds: []int{1000, 2000, 5000, 7500, 10000, 20000, 50000}, mean: 9000},
		{path: "customer.lifetime_value_minor", weight: 15, bounds: []int{5000, 10000, 25000, 50000, 100000, 200000, 500000}, mean: 90000}, {path: "days_since(customer.visits.last)", weight: 20, bounds: days, mean: 25},
		{path: "days_since(customer.member_since)", weight: 12, bounds: []int{7, 14, 30, 60, 90, 180, 365, 730, 1095}, mean: 600}, {path: "customer.attributes.churn", weight: 15, bounds: []int{10, 20, 30, 40, 50, 60, 70, 80, 90}, mean: 50},
		{path: "moment.party.size", weight: 8, bounds: []int{2, 3, 4, 5, 6}, mean: 2},
		{path: "customer.attributes.opted_in", weight: 15, share: 0.7}, {path: "customer.attributes.has_app", weight: 10, share: 0.5}, {path: "customer.attributes.birthday", weight: 6, share: 0.04}, {path: "!customer.attributes.complaint", weight: 8, share: 0.94},
		{path: "customer.allergies", weight: 20, values: names("allergy", 10), lists: true}, {path: "customer.likes", weight: 15, values: names("like", 30), lists: true},
	}
	for i := range w.fields {
		w.fields[i].clauses = w.clauses(&w.fields[i])
		w.weight += w.fields[i].weight
	}
	return w
}

// clauses are what the rules ask of a field: at most 24 questions, or two for each of many values.
func (w *workload) clauses(f *field) []string {
	out := map[string]bool{}
	for range max(100, 4*len(f.values)) {
		if len(out) < max(24, len(f.values)) {
			out[w.clause(f)] = true
		}
	}
	var list []string
	for c := range out {
		list = append(list, c)
	}
	slices.Sort(list)
	return list
}

func (w *workload) clause(f *field) string {
	switch {
	case f.lists && f.path == "customer.allergies":
		return fmt.Sprintf("!(%q in %s)", w.value(f), f.path)
	case f.lists:
		return fmt.Sprintf("%q in %s", w.value(f), f.path)
	case len(f.values) > 0:
		values := map[string]bool{}
		for range 1 + w.IntN(f.most) {
			values[w.value(f)] = true
		}
		not := ""
		if w.IntN(10) == 0 {
			not = "!"
		}
		return fmt.Sprintf("%s(%s in [%s])", not, f.path, quoted(values))
	case len(f.bounds) > 0:
		return fmt.Sprintf("%s %s %d", f.path, []string{">=", "<"}[w.IntN(2)], f.bounds[w.IntN(len(f.bounds))])
	default:
		return f.path
	}
}

func quoted(values map[string]bool) string {
	var list []string
	for v := range values {
		if !strings.Contains(v, ".") {
			v = fmt.Sprintf("%q", v)
		}
		list = append(list, v)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

func (w *workload) value(f *field) string { return f.values[w.IntN(len(f.values))] }

// field draws one that is not used yet.
func (w *workload) field(used map[string]bool) *field {
	for {
		at := w.IntN(w.weight)
		for i := range w.fields {
			f := &w.fields[i]
			if at -= f.weight; at < 0 {
				if !used[f.path] {
					used[f.path] = true
					return f
				}
				break
			}
		}
	}
}

func (w *workload) rule() string {
	used := map[string]bool{}
	var out []string
	for range 3 + w.IntN(4) {
		f := w.field(used)
		c := f.clauses[w.IntN(len(f.clauses))]
		if w.IntN(80) == 0 {
			other := w.field(used)
			c = "(" + c + " || " + other.clauses[w.IntN(len(other.clauses))] + ")"
		}
		out = append(out, c)
	}
	return strings.Join(out, " && ")
}

// request draws a customer at a stage.
func (w *workload) request(now time.Time) ruletest.Request {
	text, number, share := map[string]string{}, map[string]int{}, map[string]bool{}
	lists := map[string][]string{}
	for i := range w.fields {
		switch f := &w.fields[i]; {
		case f.lists:
			for range w.IntN(3) {
				lists[f.path] = append(lists[f.path], w.value(f))
			}
		case len(f.values) > 0:
			text[f.path] = w.value(f)
		case len(f.bounds) > 0:
			number[f.path] = int(w.ExpFloat64() * f.mean)
		default:
			share[f.path] = w.Float64() < f.share
		}
	}
	attrs := map[string]*structpb.Value{}
	for _, name := range []string{"country", "city", "gender", "language"} {
		attrs[name] = structpb.NewStringValue(text["customer.attributes."+name])
	}
	for _, name := range []string{"age", "spend", "churn"} {
		attrs[name] = structpb.NewNumberValue(float64(number["customer.attributes."+name]))
	}
	for _, name := range []string{"opted_in", "has_app", "birthday"} {
		attrs[name] = structpb.NewBoolValue(share["customer.attributes."+name])
	}
	attrs["complaint"] = structpb.NewBoolValue(!share["!customer.attributes.complaint"])
	channel := surprisev1.Channel(surprisev1.Channel_value[strings.TrimPrefix(text["moment.channel"], "Channel.")])
	return ruletest.Request{
		Now: now,
		Customer: &surprisev1.CustomerProfile{
			Id: "c", Tier: text["customer.tier"], LifetimeValueMinor: int64(number["customer.lifetime_value_minor"]), Attributes: attrs,
			Visits:      &surprisev1.Visits{Last: daysAgo(now, number["days_since(customer.visits.last)"]), Last_30D: int32(number["customer.visits.last_30d"]), Last_365D: int32(number["customer.visits.last_365d"])}, //nolint:gosec // small
			MemberSince: daysAgo(now, number["days_since(customer.member_since)"]), Allergies: lists["customer.allergies"], Likes: lists["customer.likes"],
		},
		Moment: &surprisev1.Moment{
			Stage: text["moment.stage"], Channel: channel, Store: text["moment.store"], Weather: &surprisev1.Weather{Condition: text["moment.weather.condition"]},
			Party: &surprisev1.Party{Size: int32(number["moment.party.size"])}, Attributes: map[string]*structpb.Value{"daypart": structpb.NewStringValue(text["moment.attributes.daypart"])}, //nolint:gosec // small
		},
	}
}

func daysAgo(now time.Time, days int) *surprisev1.Date {
	y, m, d := now.AddDate(0, 0, -days).Date()
	return &surprisev1.Date{Year: int32(y), Month: int32(m), Day: int32(d)} //nolint:gosec // a date
}
