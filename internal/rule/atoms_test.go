package rule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// costly is far above the cost limit for two likes.
const costly = `customer.likes.all(a, [1,2,3,4,5,6,7,8,9,10,11,12].all(b, [1,2,3,4,5,6,7,8,9,10,11,12].all(c, [1,2,3,4,5,6,7,8,9,10,11,12].all(d, true))))`

func atomSet(t *testing.T) *Set {
	t.Helper()
	s, problems := testSet(t, map[string]string{
		"vip":    `customer.tier in ["platinum"]`,
		"rich":   "customer.lifetime_value_minor >= 5000 ||\n  segment(\"vip\")",
		"gold":   `customer.tier == "gold" && customer.visits.last_365d < 10`,
		"broken": `customer.attributes.hobby == "chess"`,
		"costly": costly,
	})
	for name, ps := range problems {
		if !onlyWarnings(ps) {
			t.Fatal(name, ps)
		}
	}
	return s
}

// list writes atoms as "segment 1:0 expression (was)".
func list(atoms []Atom) []string {
	var out []string
	for _, a := range atoms {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %d:%d %s (%s)", a.Segment, a.Line, a.Column, a.Expression, a.Was)))
	}
	return out
}

func TestFalseAtoms(t *testing.T) {
	s := atomSet(t)
	for _, test := range []struct {
		source string
		want   []string
	}{
		// It holds.
		{`customer.tier == "gold"`, nil},
		{`segment("broken") || segment("gold")`, nil},

		// And, or, not.
		{`customer.visits.last_365d >= 12`, []string{`1:0 customer.visits.last_365d >= 12 (7)`}},
		{`customer.tier == "gold" && customer.visits.last_365d >= 12`, []string{`1:27 customer.visits.last_365d >= 12 (7)`}},
		{`customer.visits.last_365d>=12 && customer.tier=='silver'`,
			[]string{`1:0 customer.visits.last_365d >= 12 (7)`, `1:33 customer.tier == "silver" ("gold")`}},
		{`customer.visits.last_365d >= 12 || customer.tier == "silver"`,
			[]string{`1:0 customer.visits.last_365d >= 12 (7)`, `1:35 customer.tier == "silver" ("gold")`}},
		{`(customer.tier == "gold" || false) && (customer.id == "x" || (customer.id == "c1" && moment.store == "y"))`,
			[]string{`1:39 customer.id == "x" ("c1")`, `1:85 moment.store == "y" ("")`}},
		{`!(customer.tier == "gold")`, []string{`1:0 !(customer.tier == "gold") ("gold")`}},
		{`!(customer.tier == "gold" && customer.id == "c1")`,
			[]string{`1:2 !(customer.tier == "gold") ("gold")`, `1:29 !(customer.id == "c1") ("c1")`}},
		{`!(customer.tier == "gold" || customer.id == "x")`, []string{`1:2 !(customer.tier == "gold") ("gold")`}},
		{`!(!(customer.tier == "x") || customer.id == "c1")`,
			[]string{`1:4 customer.tier == "x" ("gold")`, `1:29 !(customer.id == "c1") ("c1")`}},
		{`!!(customer.tier == "x")`, []string{`1:3 customer.tier == "x" ("gold")`}},
		{`false`, []string{`1:0 false (false)`}},
		{`1 > 2`, []string{`1:0 1 > 2 (false)`}},

		// Segments, in segments, negated, failing, told once.
		{`segment("vip")`, []string{`vip 1:0 customer.tier in ["platinum"] ("gold")`}},
		{`segment("gold") && segment("rich")`,
			[]string{`rich 1:0 customer.lifetime_value_minor >= 5000 (0)`, `vip 1:0 customer.tier in ["platinum"] ("gold")`}},
		{`!segment("gold")`, []string{`gold 1:0 !(customer.tier == "gold") ("gold")`, `gold 1:27 !(customer.visits.last_365d < 10) (7)`}},
		{`segment("vip") || segment("broken")`,
			[]string{`vip 1:0 customer.tier in ["platinum"] ("gold")`, `broken 1:0 customer.attributes.hobby == "chess" (absent)`}},
		{`!segment("broken")`, []string{`broken 1:0 !(customer.attributes.hobby == "chess") (absent)`}},
		{`segment("vip") || segment("vip") && segment("rich")`,
			[]string{`vip 1:0 customer.tier in ["platinum"] ("gold")`, `rich 1:0 customer.lifetime_value_minor >= 5000 (0)`}},
		{`segment("vip") == segment("gold")`, []string{`1:0 segment("vip") == segment("gold") (segment("vip") = false, segment("gold") = true)`}},

		// What is there and what is not.
		{`customer.attributes.hobby == "chess"`, []string{`1:0 customer.attributes.hobby == "chess" (absent)`}},
		{`customer.attributes.family_size > 3`, []string{`1:0 customer.attributes.family_size > 3 (3)`}},
		{`moment.attributes.vip_line`, []string{`1:0 moment.attributes.vip_line (absent)`}},
		{`has(customer.attributes.hobby)`, []string{`1:0 has(customer.attributes.hobby) (absent)`}},
		{`!has(customer.attributes.family_size)`, []string{`1:0 !has(customer.attributes.family_size) (3)`}},
		{`!has(customer.member_since)`, []string{`1:0 !has(customer.member_since) (2026-01-01)`}},
		{`!has(customer.visits)`, []string{`1:0 !has(customer.visits) ({last_365d: 7})`}},
		{`has(customer.satisfaction) && customer.satisfaction > 0.9`, []string{`1:30 customer.satisfaction > 0.9 (0.8)`}},
		{`customer.birthday.month == 5`, []string{`1:0 customer.birthday.month == 5 (absent)`}},
		{`days_since(customer.visits.last) < 10`, []string{`1:0 days_since(customer.visits.last) < 10 (absent)`}},
		{`days_since(customer.member_since) < 10`, []string{`1:0 days_since(customer.member_since) < 10 (60)`}},
		{`days_since(customer.member_since) > days_since(customer.visits.last)`,
			[]string{`1:0 days_since(customer.member_since) > days_since(customer.visits.last) ` +
				`(days_since(customer.member_since) = 60, days_since(customer.visits.last) = absent)`}},
		{`customer.visits.last == customer.member_since`,
			[]string{`1:0 customer.visits.last == customer.member_since (customer.visits.last = absent, customer.member_since = 2026-01-01)`}},
		{`{"silver": 1}[customer.tier] > 0`, []string{`1:0 {"silver": 1}[customer.tier] > 0 (absent)`}},

		// Enums, in, lists, methods.
		{`moment.channel == Channel.APP`, []string{`1:0 moment.channel == Channel.APP (POS)`}},
		{`moment.channel in [Channel.APP, Channel.WEB]`, []string{`1:0 moment.channel in [Channel.APP, Channel.WEB] (POS)`}},
		{`customer.tier in ["silver"]`, []string{`1:0 customer.tier in ["silver"] ("gold")`}},
		{`"milk" in customer.likes`, []string{`1:0 "milk" in customer.likes (["tea", "cake"])`}},
		{`customer.tier in customer.likes`, []string{`1:0 customer.tier in customer.likes (customer.tier = "gold", customer.likes = ["tea", "cake"])`}},
		{`customer.likes.exists(l, l.startsWith("mi"))`, []string{`1:0 customer.likes.exists(l, l.startsWith("mi")) (["tea", "cake"])`}},
		{`["a", "b"].exists(x, x == customer.tier)`, []string{`1:0 ["a", "b"].exists(x, x == customer.tier) ("gold")`}},
		{`!customer.likes.all(l, l != "")`, []string{`1:0 !customer.likes.all(l, l != "") (["tea", "cake"])`}},
		{`customer.relations.exists(r, r.consent == Consent.GIVEN)`, []string{`1:0 customer.relations.exists(r, r.consent == Consent.GIVEN) ([])`}},
		{`customer.tier.startsWith("si")`, []string{`1:0 customer.tier.startsWith("si") ("gold")`}},
		{`size(customer.likes) + 1 > 12`, []string{`1:0 size(customer.likes) + 1 > 12 (3)`}},
		{`12 < moment.weather.temperature && 40 < moment.weather.temperature`, []string{`1:35 40 < moment.weather.temperature (31)`}},

		// Ternaries follow the branch taken, or blame the condition if a branch is a plain no.
		{`customer.tier == "x" ? false : customer.id == "x"`, []string{`1:31 customer.id == "x" ("c1")`}},
		{`customer.tier == "gold" ? customer.id == "x" : true`, []string{`1:26 customer.id == "x" ("c1")`}},
		{`customer.tier == "x" ? customer.id == "c1" : false`, []string{`1:0 customer.tier == "x" ("gold")`}},
		{`customer.tier == "gold" ? false : true`, []string{`1:0 !(customer.tier == "gold") ("gold")`}},
		{`customer.tier == "gold" ? false : false`, []string{`1:26 false (false)`}},
		{`customer.attributes.hobby == "x" ? true : true`, []string{`1:0 customer.attributes.hobby == "x" (absent)`}},
		{`customer.tier == "gold" ? segment("vip") : true`, []string{`vip 1:0 customer.tier in ["platinum"] ("gold")`}},
		{`!(customer.tier == "gold" ? customer.id == "c1" : false)`, []string{`1:28 !(customer.id == "c1") ("c1")`}},
		{`(customer.tier == "x" ? 1 : customer.visits.last_365d) > 9`, []string{`1:1 ((customer.tier == "x") ? 1 : customer.visits.last_365d) > 9 (7)`}},

		// Timestamps, errors, types.
		{`now < timestamp("2020-01-01T00:00:00Z")`, []string{`1:0 now < timestamp("2020-01-01T00:00:00Z") (2026-03-02T12:00:00Z)`}},
		{`now - timestamp("2026-03-02T11:00:00Z") < duration("1m")`,
			[]string{`1:0 now - timestamp("2026-03-02T11:00:00Z") < duration("1m") (1h0m0s)`}},
		{`1 / customer.visits.total > 2`, []string{`1:0 1 / customer.visits.total > 2 (division by zero)`}},
		{`customer.likes[5] == "a"`, []string{`1:0 customer.likes[5] == "a" (index out of bounds: 5)`}},
		{`"x".matches(customer.display_name + "[")`,
			[]string{"1:0 \"x\".matches(customer.display_name + \"[\") (error parsing regexp: missing closing ]: `[`)"}},
		{`type(customer.tier) == int`, []string{`1:0 type(customer.tier) == int (string)`}},
		{`moment == Moment{stage: "pay"}`, []string{`1:0 moment == Moment{stage: "pay"} ` +
			`({stage: "checkout", channel: POS, weather: {temperature: 31}, attributes: {"queue": 2.5}})`}},

		// Positions.
		{"true &&\n\n  surprise.v1.Date {year: 3} == customer.visits.last // why",
			[]string{`3:2 surprise.v1.Date{year: 3} == customer.visits.last (absent)`}},
		{"size (customer.likes) > 3 &&\n(-customer.visits.total > 3\n|| !has(customer.tier))",
			[]string{`1:0 size(customer.likes) > 3 (2)`, `2:1 -customer.visits.total > 3 (0)`, `3:3 !has(customer.tier) ("gold")`}},
		{`"生日" == customer.id && customer.tier == "x"`, []string{`1:0 "生日" == customer.id ("c1")`, `1:23 customer.tier == "x" ("gold")`}},

		// The cost limit: what stands before it is told, and then what reached it.
		{costly + ` && customer.tier == "x"`, []string{`1:0 ` + cut(costly) + ` (operation cancelled: actual cost limit exceeded)`}},
		{`customer.tier == "x" && ` + costly, []string{`1:0 customer.tier == "x" ("gold")`}},
		{`(customer.tier == "gold" ? (customer.id == "c1" ? moment.attributes.vip_line : true) : true) || (customer.tier == "x" && ` + costly + `)`,
			[]string{`1:50 moment.attributes.vip_line (absent)`, `1:97 customer.tier == "x" ("gold")`}},
		{`customer.tier == "gold" && (customer.tier == "x" ? true : (customer.id == "x" ? true : segment("vip"))) || ` + costly + ` && false`,
			[]string{`vip 1:0 customer.tier in ["platinum"] ("gold")`, `1:107 ` + cut(costly) + ` (operation cancelled: actual cost limit exceeded)`}},
		{`(true ? (1 / customer.visits.total > 2 ? true : true) : true) || ` + costly + ` && false`,
			[]string{`1:9 1 / customer.visits.total > 2 (division by zero)`, `1:65 ` + cut(costly) + ` (operation cancelled: actual cost limit exceeded)`}},
		{`(customer.tier == "x" && customer.id == "x") || ` + costly + ` && false`,
			[]string{`1:1 customer.tier == "x" ("gold")`, `1:48 ` + cut(costly) + ` (operation cancelled: actual cost limit exceeded)`}},
		{`segment("costly") && customer.tier == "x"`,
			[]string{`costly 1:0 ` + cut(costly) + ` (operation cancelled: actual cost limit exceeded)`, `1:21 customer.tier == "x" ("gold")`}},
	} {
		r, problems := s.Compile(test.source)
		if r == nil {
			t.Errorf("%s: does not compile: %v", test.source, problems)
			continue
		}
		if diff := cmp.Diff(test.want, list(r.FalseAtoms(testFacts(t, s)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.source, diff)
		}
	}
}

// cut writes costly as an atom does.
func cut(source string) string {
	return shorten(strings.ReplaceAll(strings.ReplaceAll(source, ", ", ","), ",", ", "), maxExpression)
}
