package rule

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func contradictionSet(t *testing.T) *Set {
	t.Helper()
	s, _ := testSet(t, map[string]string{
		"gold":   `customer.tier == "gold"`,
		"rich":   "customer.visits.total > 5\n  && segment(\"gold\")",
		"either": `segment("gold") || customer.tier == "silver"`,
	})
	return s
}

func TestContradict(t *testing.T) {
	s := contradictionSet(t)
	for _, test := range []struct{ rule, want string }{
		{`customer.tier == "a" && customer.tier == "b"`, `1:24 customer.tier == "a" contradicts customer.tier == "b"`},
		{`customer.tier == "a" && "b" == customer.tier`, `1:24 customer.tier == "a" contradicts "b" == customer.tier`},
		{`customer.tier == "a" && customer.tier != "a"`, `1:24 customer.tier == "a" contradicts customer.tier != "a"`},
		{`customer.tier in ["a", "b"] && customer.tier == "c"`, `1:31 customer.tier in ["a", "b"] contradicts customer.tier == "c"`},
		{`customer.tier in ["a", "b"] && !(customer.tier in ["b", "a"])`, `1:31 customer.tier in ["a", "b"] contradicts !(customer.tier in ["b", "a"])`},
		{`customer.tier in ["a", "b"] && customer.tier != "a" && customer.tier != "b"`, `1:55 customer.tier != "a" contradicts customer.tier != "b"`},
		{`customer.visits.total > 5 && customer.visits.total <= 5`, `1:29 customer.visits.total > 5 contradicts customer.visits.total <= 5`},
		{`customer.visits.total > 5 && 3.5 >= customer.visits.total`, `1:29 customer.visits.total > 5 contradicts 3.5 >= customer.visits.total`},
		{`customer.visits.total > 5 && customer.visits.total < 6`, `1:29 customer.visits.total > 5 contradicts customer.visits.total < 6`},
		{`customer.visits.total == 5 && customer.visits.total > 5.0`, `1:30 customer.visits.total == 5 contradicts customer.visits.total > 5.0`},
		{`!(customer.visits.total > 5) && customer.visits.total == 6`, `1:32 !(customer.visits.total > 5) contradicts customer.visits.total == 6`},
		{`moment.attributes.queue > 2.0 && moment.attributes.queue < -2.0`, `1:33 moment.attributes.queue > 2.0 contradicts moment.attributes.queue < -2.0`},
		{`moment.channel == Channel.POS && moment.channel == Channel.APP`, `1:33 moment.channel == Channel.POS contradicts moment.channel == Channel.APP`},
		{`moment.attributes.vip_line && !moment.attributes.vip_line`, `1:30 moment.attributes.vip_line contradicts !moment.attributes.vip_line`},
		{`moment.attributes.vip_line && moment.attributes.vip_line == false`, `1:30 moment.attributes.vip_line contradicts moment.attributes.vip_line == false`},
		{`"a" in customer.tags && (customer.id != "" && !("a" in customer.tags))`, `1:46 "a" in customer.tags contradicts !("a" in customer.tags)`},
		{`days_since(customer.member_since) > 9 && days_since(customer.member_since) < 9`,
			`1:41 days_since(customer.member_since) > 9 contradicts days_since(customer.member_since) < 9`},
		{`customer.id != "" && false`, `1:21 false is never true`},
		{`customer.tier in []`, `1:0 customer.tier in [] is never true`},
		{`segment("rich") && customer.visits.total < 3`, `1:19 customer.visits.total > 5 in segment "rich" contradicts customer.visits.total < 3`},
		{`customer.tier == "a" && segment("rich")`, `1:24 customer.tier == "a" contradicts customer.tier == "gold" in segment "gold"`},
		{`segment("either") && !segment("either")`, `1:21 segment("either") contradicts !segment("either")`},

		{`true`, ""},
		{`customer.tier == "a" || customer.tier == "b"`, ""},
		{`customer.tier == "a" && customer.id == "b"`, ""},
		{`customer.tier == "a" && customer.tier in ["b", "a"]`, ""},
		{`customer.visits.total >= 5 && customer.visits.total <= 5`, ""},
		{`moment.attributes.queue > 5 && moment.attributes.queue < 6`, ""},
		{`segment("either") && customer.tier == "silver"`, ""},
		{`has(customer.satisfaction) && !has(customer.satisfaction)`, ""}, // has() is not looked at
		{`customer.lifetime_value_minor <= 9007199254740992.0 && customer.lifetime_value_minor > 9007199254740992`, ""},
	} {
		got := ""
		if c := Contradict(nil, mustCompile(t, s, test.rule)); c != nil {
			got = fmt.Sprintf("%d:%d %s", c.Line, c.Column, c)
		}
		if got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.rule, got, test.want)
		}
	}
}

func TestContradictSeveralRules(t *testing.T) {
	s := contradictionSet(t)
	c := Contradict(mustCompile(t, s, `segment("rich")`), mustCompile(t, s, `moment.party.size > 1 && customer.visits.total == 2`))
	if c == nil || c.Rule != 1 || c.Column != 25 || c.A.Line != 1 || c.A.Segment != "rich" || c.B.Column != 25 {
		t.Errorf("got %+v", c)
	}
}

func TestContradictEnds(t *testing.T) {
	segments := map[string]string{}
	for i := range 200 {
		segments[fmt.Sprintf("s%03d", i)] = strings.Repeat(fmt.Sprintf(`segment("s%03d") && `, i+1), 20) + "true"
	}
	segments["s200"] = "customer.visits.total > 3"
	s, _ := testSet(t, segments)
	start := time.Now()
	Contradict(mustCompile(t, s, `segment("s000")`))
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}

// What is reported as contradictory holds of nobody.
func TestNoFalseContradictions(t *testing.T) {
	s := contradictionSet(t)
	numbers := rapid.SampledFrom([]string{"0", "1", "2", "3", "2.5", "-1", "0.0", "9007199254740993", "9007199254740992.0"})
	operators := rapid.SampledFrom([]string{"==", "!=", "<", "<=", ">", ">="})
	things := rapid.SampledFrom([]string{"customer.visits.total", "customer.satisfaction", "customer.attributes.family_size", "customer.lifetime_value_minor", "size(customer.tags)"})
	fixed := rapid.SampledFrom([]string{
		`segment("gold")`, `segment("rich")`, `segment("either")`, `moment.attributes.vip_line`, `"a" in customer.tags`, `moment.channel == Channel.POS`,
		`moment.channel in [Channel.APP, Channel.POS]`, `has(customer.satisfaction)`, `true`, `customer.tags.exists(x, x == "a")`, `(customer.tier == "" || segment("gold"))`,
	})
	leaf := func(t *rapid.T) string {
		var out string
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			out = fmt.Sprintf("%s %s %s", things.Draw(t, "thing"), operators.Draw(t, "operator"), numbers.Draw(t, "number"))
		case 1:
			out = fmt.Sprintf("%s %s %s", numbers.Draw(t, "number"), operators.Draw(t, "operator"), things.Draw(t, "thing"))
		case 2:
			out = fmt.Sprintf("%s in [%s, %s]", things.Draw(t, "thing"), numbers.Draw(t, "number"), numbers.Draw(t, "number"))
		case 3:
			out = fmt.Sprintf(`customer.tier %s "%s"`, operators.Draw(t, "operator"), rapid.SampledFrom([]string{"", "gold", "silver"}).Draw(t, "tier"))
		default:
			out = fixed.Draw(t, "fixed")
		}
		if rapid.IntRange(0, 3).Draw(t, "negated") == 0 {
			return "!(" + out + ")"
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := make([]string, rapid.IntRange(1, 5).Draw(t, "parts"))
		for i := range parts {
			parts[i] = leaf(t)
		}
		r, _ := s.Compile(strings.Join(parts, " && "))
		if r == nil { // integers are not compared with == to doubles
			return
		}
		c := Contradict(r)
		if c == nil {
			return
		}
		for range 30 {
			if holds, _ := r.Holds(randomFacts(t, s)); holds {
				t.Fatalf("%s holds, but %s", r.Source(), c)
			}
		}
	})
}

func randomFacts(t *rapid.T, s *Set) *Facts {
	amount := rapid.SampledFrom([]int64{0, 1, 2, 3, 6, 1<<53 - 1, 1 << 53, 1<<53 + 1})
	customer := &surprisev1.CustomerProfile{
		Tier: rapid.SampledFrom([]string{"", "gold", "silver"}).Draw(t, "tier"), Tags: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 3).Draw(t, "tags"),
		Visits: &surprisev1.Visits{Total: rapid.Int32Range(0, 7).Draw(t, "visits")}, LifetimeValueMinor: amount.Draw(t, "value"),
	}
	if rapid.Bool().Draw(t, "satisfied") {
		customer.Satisfaction = proto.Float64(rapid.SampledFrom([]float64{-1, 0, 1, 2, 2.2, 2.5, 3, 1 << 53}).Draw(t, "satisfaction"))
	}
	if rapid.Bool().Draw(t, "family") {
		customer.Attributes = map[string]*structpb.Value{"family_size": structpb.NewNumberValue(float64(rapid.IntRange(-2, 4).Draw(t, "size")))}
	}
	moment := &surprisev1.Moment{Channel: surprisev1.Channel(rapid.Int32Range(0, 3).Draw(t, "channel")),
		Attributes: map[string]*structpb.Value{"vip_line": structpb.NewBoolValue(rapid.Bool().Draw(t, "vip"))}}
	f, err := s.NewFacts(customer, moment, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
