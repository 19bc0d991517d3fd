package rules

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Request returns the profile as a request of the service, for the customer of this id.
func (c *Catalog) Request(p Profile, customer string) *surprisev1.RecommendRequest {
	req := &surprisev1.RecommendRequest{
		RequestId: "r-" + customer,
		Customer:  &surprisev1.CustomerProfile{Id: customer, DisplayName: "Ming", Visits: &surprisev1.Visits{Total: 40}, Attributes: map[string]*structpb.Value{}},
		Moment: &surprisev1.Moment{
			VisitId: "visit-" + customer, Weather: &surprisev1.Weather{}, Party: &surprisev1.Party{}, Attributes: map[string]*structpb.Value{},
			Basket: &surprisev1.Basket{TotalMinor: 86_000, Items: 2, Categories: []string{"tea"}},
		},
	}
	for i, v := range p {
		if !v.Absent {
			set(req, &c.Attributes[i], v)
		}
	}
	return req
}

func set(req *surprisev1.RecommendRequest, a *Attribute, v Value) {
	customer, moment := req.GetCustomer(), req.GetMoment()
	switch a.Path {
	case "moment.stage":
		moment.Stage = v.Word
	case "moment.channel":
		moment.Channel = surprisev1.Channel(surprisev1.Channel_value[v.Word])
	case "moment.store":
		moment.Store = v.Word
	case "moment.weather.condition":
		moment.Weather.Condition = v.Word
	case "moment.party.size":
		moment.Party.Size = int32(v.Number) //nolint:gosec // a few people
	case "customer.tier":
		customer.Tier = v.Word
	case "customer.locale":
		customer.Locale = v.Word
	case "customer.visits.last_30d":
		customer.Visits.Last_30D = int32(v.Number) //nolint:gosec // a few visits
	case "customer.visits.last_365d":
		customer.Visits.Last_365D = int32(v.Number) //nolint:gosec // a few visits
	case "customer.lifetime_value_minor":
		customer.LifetimeValueMinor = v.Number
	case "customer.allergies":
		customer.Allergies = v.Words
	case "customer.likes":
		customer.Likes = v.Words
	default:
		setCustom(req, a, v)
	}
}

func setCustom(req *surprisev1.RecommendRequest, a *Attribute, v Value) {
	into := req.GetCustomer().GetAttributes()
	name, ok := strings.CutPrefix(a.Path, "customer.attributes.")
	if !ok {
		into = req.GetMoment().GetAttributes()
		if name, ok = strings.CutPrefix(a.Path, "moment.attributes."); !ok {
			panic(fmt.Sprintf("no field of a request is called %s", a.Path))
		}
	}
	into[name] = custom(a.Kind, v)
}

func custom(k Kind, v Value) *structpb.Value {
	switch k {
	case Number:
		return structpb.NewNumberValue(float64(v.Number))
	case Flag:
		return structpb.NewBoolValue(v.Flag)
	case Words:
		list := &structpb.ListValue{}
		for _, w := range v.Words {
			list.Values = append(list.Values, structpb.NewStringValue(w))
		}
		return structpb.NewListValue(list)
	default:
		return structpb.NewStringValue(v.Word)
	}
}
