package rule_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// write shows a formula: and, or of nothing are true and false.
func write(x *rule.Formula) string {
	if x.Op == rule.Leaf {
		return writePredicate(x.Leaf)
	}
	if len(x.Of) == 0 {
		return fmt.Sprint(x.Op == rule.All)
	}
	var parts []string
	for _, of := range x.Of {
		parts = append(parts, write(of))
	}
	return "(" + strings.Join(parts, map[rule.Op]string{rule.All: " and ", rule.Any: " or "}[x.Op]) + ")"
}

func writePredicate(p *rule.Predicate) string {
	listed := fmt.Sprint(p.Texts, p.Ints, p.Doubles)
	listed = strings.ReplaceAll(listed, "[]", "")
	switch p.Test {
	case rule.In:
		return p.Attribute.Name + " in " + strings.TrimSpace(listed)
	case rule.NotIn:
		return strings.TrimSpace(p.Attribute.Name + " not in " + strings.TrimSpace(listed))
	case rule.Between:
		if p.Attribute.Kind == rule.Int {
			return fmt.Sprintf("%s in %d..%d", p.Attribute.Name, p.MinInt, p.MaxInt)
		}
		return fmt.Sprintf("%s in %v..%v open %t %t", p.Attribute.Name, p.Min, p.Max, p.OpenMin, p.OpenMax)
	case rule.Intersects:
		return p.Attribute.Name + " has any of " + strings.TrimSpace(listed)
	case rule.Disjoint:
		return p.Attribute.Name + " has none of " + strings.TrimSpace(listed)
	default:
		return "opaque"
	}
}

func TestFormulas(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string][2]string{
		`true`:                    {"true", "false"},
		`customer.tier == "gold"`: {"customer.tier in [gold]", "customer.tier not in [gold]"},
		`"gold" != customer.tier`: {"customer.tier not in [gold]", "customer.tier in [gold]"},
		`customer.tier in []`:     {"false", "true"},
		`customer.visits.total>3`: {"customer.visits.total in 4..9223372036854775807", "customer.visits.total in -9223372036854775808..3"},
		`2.5 <= customer.visits.total && customer.visits.total < 4`:          {"customer.visits.total in [3]", "(customer.visits.total in -9223372036854775808..2 or customer.visits.total in 4..9223372036854775807)"},
		`customer.visits.total < 3 || customer.visits.total >= 3`:            {"true", "false"},
		`customer.attributes.int < 3 || customer.attributes.int >= 3`:        {"customer.attributes.int not in", "false"},
		`customer.attributes.double >= 2`:                                    {"customer.attributes.double in 2..+Inf open false false", "(customer.attributes.double in -Inf..2 open false true or isNaN(customer.attributes.double) in [1])"},
		`customer.tier == "a" || customer.tier in ["c", "b"]`:                {"customer.tier in [a b c]", "customer.tier not in [a b c]"},
		`customer.tier in ["a", "b"] && customer.tier != "a"`:                {"customer.tier in [b]", "customer.tier not in [b]"},
		`customer.tier == "a" && customer.tier == "b"`:                       {"false", "true"},
		`customer.attributes.text == "a" && customer.attributes.text == "b"`: {"false", "customer.attributes.text not in"},
		`customer.birthday.leap_month != true`:                               {"customer.birthday.leap_month in [0]", "customer.birthday.leap_month in [1]"},
		`moment.channel == Channel.POS`:                                      {"moment.channel in [1]", "moment.channel not in [1]"},
		`"a" in customer.likes || customer.likes.exists(v, v in ["b", "a"])`: {"customer.likes has any of [a b]", "customer.likes has none of [a b]"},
		`!("a" in customer.likes) && customer.likes.all(v, v != "b")`:        {"customer.likes has none of [a b]", "customer.likes has any of [a b]"},
		`customer.likes.exists(v, v != "a")`:                                 {"opaque", "opaque"},
		`has(customer.visits) ? segment("early") : size(customer.id) == 2`:   {"((has(customer.visits) in [1] and moment.stage in [browse enter]) or (has(customer.visits) in [0] and size(customer.id) in [2]))", "((has(customer.visits) in [1] and moment.stage not in [browse enter]) or (has(customer.visits) in [0] and size(customer.id) not in [2]))"},
		`now.getHours() > 3 && (now.getHours() > 3 && customer.tier == "a")`: {"(customer.tier in [a] and opaque)", "(customer.tier not in [a] or opaque)"},
		`customer.lifetime_value_minor < 9007199254740993.0`:                 {"opaque", "opaque"},
		`customer.lifetime_value_minor < 9007199254740993`:                   {"customer.lifetime_value_minor in -9223372036854775808..9007199254740992", "customer.lifetime_value_minor in 9007199254740993..9223372036854775807"},
	} {
		for _, compile := range []func(string) (*rule.Rule, []rule.Problem){set.Compile, set.CompileWhole} {
			r, problems := compile(source)
			if r == nil {
				t.Fatalf("%s: %v", source, problems)
			}
			if got := [2]string{write(r.Formula()), write(r.Negation())}; got != want {
				t.Errorf("%s\n got %q\nwant %q", source, got, want)
			}
		}
	}
}

// Branches within conditions, and segments within segments, double a formula again and again: it stays small all the same.
func TestFormulasStaySmall(t *testing.T) {
	segments := map[string]string{"s0": `customer.tier == "a" ? customer.id == "b" : customer.locale == "c"`}
	for i := range 30 {
		segments[fmt.Sprint("s", i+1)] = fmt.Sprintf(`segment("s%d") ? !segment("s%d") : segment("s%d")`, i, i, i)
	}
	set, _, err := rule.NewSet(rule.Schema{}, segments)
	if err != nil {
		t.Fatal(err)
	}
	nested := `customer.tier == "a"`
	for range 25 {
		nested = "(" + nested + ` ? customer.id == "x" : customer.locale == "y")`
	}
	for _, source := range []string{`segment("s30")`, nested} {
		r, problems := set.Compile(source)
		if r == nil {
			t.Fatal(problems)
		}
		if n := strings.Count(write(r.Formula()), " in "); n > 5_000 {
			t.Errorf("%.40s: %d predicates", source, n)
		}
		checkNative(t, set, r, ruletest.Request{})
	}
}

// What is kept at one stage is not taken for another.
func TestStages(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	var used rule.Facts
	for i := range 150 {
		r, _ := set.Compile(ruletest.Rules().Example(i))
		request := ruletest.Requests().Example(i)
		if r == nil {
			continue
		}
		if err := set.Fill(&used, request.Customer, request.Moment, request.Now); err != nil {
			t.Fatal(err)
		}
		used.SetDaysTo(request.DaysTo)
		r.True(&used)
		for _, stage := range ruletest.Stages() {
			there := request
			there.Moment = proto.CloneOf(request.Moment)
			there.Moment.Stage = stage
			fresh, err := there.Facts(set)
			if err != nil {
				t.Fatal(err)
			}
			holds, err := r.Holds(fresh)
			if got := used.AtStage(stage); r.True(got) != (holds && err == nil) || r.False(got) != (!holds && err == nil) {
				t.Errorf("%s at %s: got %t, %t, want %t, %v", r.Source(), stage, r.True(got), r.False(got), holds, err)
			}
		}
	}
}

// The hot path allocates nothing.
func TestNoAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates, too")
	}
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	r, _ := set.Compile(`customer.tier == "gold" && customer.attributes.int != 7 && !("x" in customer.attributes.texts) && days_since(customer.member_since) != 3 && segment("gold")`)
	request := ruletest.Requests().Example(3)
	var f rule.Facts
	if got := testing.AllocsPerRun(100, func() {
		if err := set.Fill(&f, request.Customer, request.Moment, request.Now); err != nil {
			t.Fatal(err)
		}
		r.True(&f)
		r.False(&f)
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
