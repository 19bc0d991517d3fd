package recommend_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A custom attribute of another type than the catalogue declares fails its own request, and no other of the batch.
func TestWrongAttributeFailsAlone(t *testing.T) {
	cat := load(t, `
default_locale: en
time_zone: Asia/Taipei
journeys: [{id: visit, stages: [{id: till}]}]
attributes: {customer: {age: INT}}
templates:
  - {id: note, kind: NOTE, rule: "has(customer.attributes.age) && customer.attributes.age > 17", levels: [{id: a, value: 10}], texts: {en: {title: A, message: B}}}
`)
	c := &testv1.DecisionCase{Now: timestamppb.New(benchTime())}
	r := recommend.New(optionsIn(t, cat, c, &storev1.Record{}, endless{}))
	request := func(age *structpb.Value) *surprisev1.RecommendRequest {
		return &surprisev1.RecommendRequest{
			Customer: &surprisev1.CustomerProfile{Id: "c1", Attributes: map[string]*structpb.Value{"age": age}},
			Moment:   &surprisev1.Moment{Stage: "till", Channel: surprisev1.Channel_POS},
		}
	}
	for _, wrong := range []*structpb.Value{structpb.NewStringValue("forty"), structpb.NewNumberValue(0.5), structpb.NewBoolValue(true), {}} {
		results := r.Batch(t.Context(), []*surprisev1.RecommendRequest{request(structpb.NewNumberValue(40)), request(wrong), request(structpb.NewNumberValue(41))})
		for _, i := range []int{0, 2} {
			if len(results[i].Response.GetOffers()) != 1 || results[i].Err != nil {
				t.Errorf("%v: the request beside it: got %v, %v", wrong, results[i].Response, results[i].Err)
			}
		}
		_, alone := r.Recommend(t.Context(), request(wrong))
		_, explained := r.Explain(t.Context(), request(wrong))
		for _, err := range []error{results[1].Err, alone, explained} {
			if surprise.ReasonOf(err) != surprise.InvalidRequest || !strings.Contains(err.Error(), "customer.attributes.age is declared INT") {
				t.Errorf("%v: got %v", wrong, err)
			}
		}
	}
}
