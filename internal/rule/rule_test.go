package rule

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func testSet(t *testing.T, segments map[string]string) (*Set, map[string][]Problem) {
	t.Helper()
	s, problems, err := NewSet(Schema{
		Customer: map[string]surprisev1.AttributeType{"family_size": surprisev1.AttributeType_INT, "hobby": surprisev1.AttributeType_STRING, "langs": surprisev1.AttributeType_STRING_LIST},
		Moment:   map[string]surprisev1.AttributeType{"queue": surprisev1.AttributeType_DOUBLE, "vip_line": surprisev1.AttributeType_BOOL},
	}, segments)
	if err != nil {
		t.Fatal(err)
	}
	return s, problems
}

func testFacts(t *testing.T, s *Set) *Facts {
	t.Helper()
	f, err := s.NewFacts(&surprisev1.CustomerProfile{
		Id: "c1", Tier: "gold", Likes: []string{"tea", "cake"}, MemberSince: &surprisev1.Date{Year: 2026, Month: 1, Day: 1},
		Visits: &surprisev1.Visits{Last_365D: 7}, Satisfaction: proto.Float64(0.8),
		Attributes: map[string]*structpb.Value{"family_size": structpb.NewNumberValue(3), "unknown": structpb.NewBoolValue(true)},
	}, &surprisev1.Moment{Stage: "checkout", Channel: surprisev1.Channel_POS, Weather: &surprisev1.Weather{Temperature: proto.Float64(31)},
		Attributes: map[string]*structpb.Value{"queue": structpb.NewNumberValue(2.5)},
	}, time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHolds(t *testing.T) {
	s, _ := testSet(t, map[string]string{
		"vip":     `customer.tier in ["gold", "platinum"]`,
		"hot_vip": `segment("vip") && moment.weather.temperature > 28 && has(moment.weather.temperature)`,
		"broken":  `customer.attributes.hobby == "chess"`,
	})
	for source, want := range map[string]string{
		`true`:                                         "true",
		`customer.tier == "gold"`:                      "true",
		`"tea" in customer.likes`:                      "true",
		`customer.visits.last_365d >= 12`:              "false",
		`has(customer.satisfaction)`:                   "true",
		`moment.channel == Channel.POS`:                "true",
		`moment.channel == Channel.APP`:                "false",
		`customer.attributes.family_size == 3`:         "true",
		`has(customer.attributes.family_size)`:         "true",
		`has(customer.attributes.hobby)`:               "false",
		`customer.attributes.hobby == "chess"`:         "error",
		`moment.attributes.queue > 2`:                  "true",
		`segment("vip")`:                               "true",
		`segment("hot_vip")`:                           "true",
		`segment("broken")`:                            "error",
		`segment("broken") || segment("vip")`:          "true",
		`!segment("broken") && false`:                  "false",
		`days_since(customer.member_since) == 60`:      "true",
		`days_since(customer.visits.last) < 10`:        "error",
		`now > timestamp("2026-01-01T00:00:00Z")`:      "true",
		`customer.likes.exists(l, l.startsWith("te"))`: "true",
		`customer.likes.all(a, customer.likes.all(b, [1,2,3,4,5,6,7,8].all(c, [1,2,3,4,5,6,7,8].all(d, true))))`: "true",
	} {
		r, problems := s.Compile(source)
		if r == nil {
			t.Errorf("%s: does not compile: %v", source, problems)
			continue
		}
		holds, err := r.Holds(testFacts(t, s))
		got := fmt.Sprint(holds)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: got %s (%v), want %s", source, got, err, want)
		}
	}
}

func TestCompileProblems(t *testing.T) {
	s, _ := testSet(t, map[string]string{"vip": `true`})
	for source, want := range map[string]string{
		``:                                        `1:0 the rule is empty`,
		`customer.tierr == "gold"`:                `1:8 undefined field 'tierr' [did you mean "tier"?]`,
		"true &&\n  customer.tier == 3":           `2:16 found no matching overload for '_==_' applied to '(string, int)'`,
		`customer.tier`:                           `1:0 the rule is of type string, it must be true or false`,
		`custmer.tier == "x"`:                     `1:0 undeclared reference to 'custmer' [did you mean "customer"?]`,
		`customer.attributes.famly == 3`:          `1:8 this attribute of customer is not declared [declare it under attributes.customer and write customer.attributes.NAME; declared are family_size, hobby, langs]`,
		`customer.attributes["hobby"] == "x"`:     `1:8 this attribute of customer is not declared`,
		`has(customer.attributes.famly)`:          `1:12 this attribute of customer is not declared`,
		`customer.attributes.hobby == 3`:          `1:26 found no matching overload`,
		`segment("vpi")`:                          `1:8 segment "vpi" does not exist, did you mean "vip"?`,
		`segment(customer.tier)`:                  `1:16 segment() takes a name in quotes`,
		`customer.satisfaction < 0.5`:             `warning 1:8 customer.satisfaction may be absent`,
		`customer.tier == "gold`:                  `1:17 `,
		strings.Repeat("true && ", 2000) + "true": `1:0 `,
	} {
		_, problems := s.Compile(source)
		if len(problems) == 0 {
			t.Errorf("%s: no problem found, want %s", source, want)
			continue
		}
		p := problems[0]
		got := fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Message)
		if p.Hint != "" {
			got += " [" + p.Hint + "]"
		}
		if p.Warning {
			got = "warning " + got
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", source, got, want)
		}
	}
}

func TestSegmentProblems(t *testing.T) {
	s, problems := testSet(t, map[string]string{
		"a": `segment("b")`, "b": `segment("c")`, "c": `segment("a")`,
		"self": `segment("self")`, "bad": `customer.nme == ""`, "uses_bad": `segment("bad")`, "fine": `true`,
	})
	for name, want := range map[string]string{"a": "cycle: a -> b -> c -> a", "self": "cycle: self -> self", "bad": "undefined field"} {
		if len(problems[name]) == 0 || !strings.Contains(problems[name][0].Message, want) {
			t.Errorf("segment %s: got %v, want %q", name, problems[name], want)
		}
	}
	if len(problems["fine"]) != 0 {
		t.Errorf("fine: got %v", problems["fine"])
	}
	if _, ps := s.Compile(`segment("bad")`); len(ps) == 0 {
		t.Error("a rule over a broken segment compiles")
	}
}

func TestWrongAttributeType(t *testing.T) {
	s, _ := testSet(t, nil)
	for want, v := range map[string]*structpb.Value{
		"customer.attributes.family_size is declared INT, got a string":       structpb.NewStringValue("3"),
		"customer.attributes.family_size is declared INT, got the number 2.5": structpb.NewNumberValue(2.5),
	} {
		_, err := s.NewFacts(&surprisev1.CustomerProfile{Attributes: map[string]*structpb.Value{"family_size": v}}, &surprisev1.Moment{}, time.Now())
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestSeveralWrongAttributes names the same one each time, however many are declared.
func TestSeveralWrongAttributes(t *testing.T) {
	schema := Schema{Customer: map[string]surprisev1.AttributeType{}}
	given := map[string]*structpb.Value{}
	for i := range 20 {
		name := fmt.Sprintf("a%02d", i)
		schema.Customer[name] = surprisev1.AttributeType_INT
		if i >= 14 {
			given[name] = structpb.NewStringValue("x")
		}
	}
	s, _, err := NewSet(schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		_, err := s.NewFacts(&surprisev1.CustomerProfile{Attributes: given}, &surprisev1.Moment{}, time.Now())
		if want := "customer.attributes.a14 is declared INT, got a string"; err == nil || err.Error() != want {
			t.Fatalf("got %v, want %s", err, want)
		}
	}
}

func TestCostLimitStopsNestedLoops(t *testing.T) {
	s, _ := testSet(t, nil)
	r, ps := s.Compile(`customer.tags.all(a, customer.tags.all(b, customer.tags.all(c, customer.tags.all(d, a != "" ))))`)
	if r == nil {
		t.Fatal(ps)
	}
	tags := make([]string, 60)
	for i := range tags {
		tags[i] = fmt.Sprint("tag", i)
	}
	f, err := s.NewFacts(&surprisev1.CustomerProfile{Tags: tags}, &surprisev1.Moment{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	holds, err := r.Holds(f)
	if err == nil || holds {
		t.Errorf("got %v, %v; want the cost limit", holds, err)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("took %v", d)
	}
}
