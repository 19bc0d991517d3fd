package ruletest

import (
	"fmt"
	"math"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/rule"
)

// Request is all that facts are made of.
type Request struct {
	Customer *surprisev1.CustomerProfile
	Moment   *surprisev1.Moment
	Now      time.Time
	// Days has the days to those occasions that are known.
	Days map[string]int
}

// Requests draws requests: few values of each field, so that rules often hold, and many fields that are not set.
func Requests() *rapid.Generator[Request] { return rapid.Custom(drawRequest) }

// Facts returns the facts of a request.
func (r Request) Facts(set *rule.Set) (*rule.Facts, error) {
	f, err := set.NewFacts(r.Customer, r.Moment, r.Now)
	if err != nil {
		return nil, fmt.Errorf("ruletest: %w", err)
	}
	f.SetDaysTo(r.DaysTo)
	return f, nil
}

// DaysTo is a rule.DaysTo.
func (r Request) DaysTo(occasion string) (int, bool) {
	days, ok := r.Days[occasion]
	return days, ok
}

func drawRequest(t *rapid.T) Request {
	r := Request{Customer: drawCustomer(t), Moment: drawMoment(t), Days: map[string]int{}}
	r.Now = time.Date(2026, 3, pick(t, 1, 2, 15), pick(t, 0, 12, 23), 30, 0, 0, time.FixedZone("", 3600*pick(t, 0, 8, -5)))
	for _, name := range Occasions() {
		if oneIn(t, 2) {
			r.Days[name] = pick(t, 0, 1, 3, 30)
		}
	}
	return r
}

// Stages are the stages that requests and rules know.
func Stages() []string { return []string{"enter", "browse", "checkout"} }

func drawCustomer(t *rapid.T) *surprisev1.CustomerProfile {
	c := &surprisev1.CustomerProfile{
		Id: pick(t, "c1", "c2", "d3"), Tier: word(t), Locale: pick(t, "", "de", "zh-Hant"), DisplayName: pick(t, "", "Ana", "李明", "Zoë"), OpenComplaints: small(t),
		LifetimeValueMinor: pick(t, 0, int64(2), 3, 1<<53+1, math.MaxInt64), Likes: words(t), Dislikes: words(t), Tags: words(t), Allergies: words(t), Pains: words(t),
		MemberSince: date(t), ComplaintResolved: date(t), HouseholdId: pick(t, "", "h1"),
	}
	if oneIn(t, 2) {
		c.Satisfaction = new(pick(t, 0, 0.5, 1))
	}
	if oneIn(t, 2) {
		c.Visits = &surprisev1.Visits{Last: date(t), Last_30D: small(t), Last_365D: small(t), Total: small(t)}
	}
	if oneIn(t, 2) {
		c.Birthday = &surprisev1.Birthday{Calendar: pick(t, surprisev1.Calendar_CALENDAR_UNSPECIFIED, surprisev1.Calendar_LUNAR), Month: small(t), Day: small(t), LeapMonth: oneIn(t, 2)}
	}
	if oneIn(t, 2) {
		c.Consents = &surprisev1.Consents{Surprises: consent(t), PersonalOccasions: consent(t)}
	}
	if oneIn(t, 3) {
		c.Relations = []*surprisev1.Relation{{Kind: pick(t, "child", "parent"), Consent: consent(t)}, {Kind: "child"}}
	}
	c.Attributes = attributes(t, Schema().Customer)
	return c
}

func drawMoment(t *rapid.T) *surprisev1.Moment {
	m := &surprisev1.Moment{
		Stage: pick(t, Stages()...), Channel: pick(t, surprisev1.Channel_POS, surprisev1.Channel_APP), Store: word(t), Region: word(t), Journey: pick(t, "", "visit"), VisitId: pick(t, "", "v1"),
	}
	if oneIn(t, 3) {
		m.Time = timestamppb.New(time.Unix(int64(pick(t, 0, 1_700_000_000, 1_800_000_000)), 0))
	}
	if oneIn(t, 2) {
		m.DistanceKm = new(pick(t, 0, 2.5, 3))
	}
	if oneIn(t, 2) {
		m.Weather = &surprisev1.Weather{Condition: word(t)}
		if oneIn(t, 2) {
			m.Weather.Temperature = new(pick(t, -3, 0, 2.5, 30))
		}
	}
	if oneIn(t, 2) {
		m.Party = &surprisev1.Party{Size: small(t), Children: small(t)}
	}
	if oneIn(t, 2) {
		m.Basket = &surprisev1.Basket{TotalMinor: pick(t, 0, int64(2), 3, 1<<60), Items: small(t), Categories: words(t)}
	}
	m.Attributes = attributes(t, Schema().Moment)
	return m
}

func attributes(t *rapid.T, declared map[string]surprisev1.AttributeType) map[string]*structpb.Value {
	out := map[string]*structpb.Value{}
	for _, name := range sorted(declared) {
		switch pick(t, 0, 0, 0, 1, 2) {
		case 0:
			out[name] = attribute(t, declared[name])
		case 1:
			out[name] = structpb.NewNullValue()
		}
	}
	if oneIn(t, 3) {
		out["undeclared"] = structpb.NewBoolValue(true)
	}
	return out
}

func attribute(t *rapid.T, kind surprisev1.AttributeType) *structpb.Value {
	switch kind {
	case surprisev1.AttributeType_INT:
		return structpb.NewNumberValue(pick(t, 0.0, 1, 2, 3, -2, 1<<53))
	case surprisev1.AttributeType_DOUBLE:
		return structpb.NewNumberValue(pick(t, 0, math.Copysign(0, -1), 2, 2.5, 3, math.NaN(), math.Inf(1), math.Inf(-1), 1<<53, 1e300))
	case surprisev1.AttributeType_BOOL:
		return structpb.NewBoolValue(oneIn(t, 2))
	case surprisev1.AttributeType_STRING_LIST:
		list := &structpb.ListValue{}
		for _, w := range words(t) {
			list.Values = append(list.Values, structpb.NewStringValue(w))
		}
		return structpb.NewListValue(list)
	default:
		return structpb.NewStringValue(word(t))
	}
}

func date(t *rapid.T) *surprisev1.Date {
	return pick(t, nil, &surprisev1.Date{}, &surprisev1.Date{Year: 2026, Month: 2, Day: 30}, &surprisev1.Date{Year: 2026, Month: 2, Day: 28},
		&surprisev1.Date{Year: 2026, Month: 3, Day: 2}, &surprisev1.Date{Year: 1800, Month: 1, Day: 1}, &surprisev1.Date{Year: 9999, Month: 12, Day: 31})
}

func consent(t *rapid.T) surprisev1.Consent {
	return pick(t, surprisev1.Consent_CONSENT_UNSPECIFIED, surprisev1.Consent_GIVEN, surprisev1.Consent_WITHHELD)
}
