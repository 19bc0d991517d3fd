package rule_test

import (
	"fmt"
	"math"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// What CEL counts never exceeds the bound, short or long lists alike.
func TestCostBound(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	long := ruletest.Requests().Example(7)
	long.Customer.Likes, long.Customer.Dislikes, long.Customer.Tags = many(100), many(100), many(100)
	long.Moment.Basket = &surprisev1.Basket{Categories: many(200)}
	limited := 0
	for i := range 400 {
		r, _ := set.Compile(ruletest.Rules().Example(i))
		if r == nil {
			continue
		}
		if r.CostBound() >= 10_000 {
			limited++
			continue
		}
		for _, request := range []ruletest.Request{long, ruletest.Requests().Example(i)} {
			f, err := request.Facts(set)
			if err != nil {
				t.Fatal(err)
			}
			cost, err := r.ActualCost(f)
			if err != nil {
				t.Fatal(err)
			}
			if float64(cost) > r.CostBound() {
				t.Errorf("%s: costs %d, the bound is %v", r.Source(), cost, r.CostBound())
			}
		}
	}
	if limited == 0 {
		t.Error("no rule reaches the limit")
	}
}

func many(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%0100d", i)
	}
	return out
}

// Rules over long lists fail where CEL's limit ends them, natively as well.
func TestLimitedRules(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	for source, wantLimited := range map[string]bool{
		`customer.tags.all(a, customer.tags.all(b, customer.tags.all(c, a + b + c != "")))`:        true,
		`customer.tags.exists(a, a == "x") && customer.tier == "gold"`:                             false,
		`"x" in customer.attributes.texts`:                                                         false,
		`customer.attributes.texts.all(a, customer.attributes.texts.all(b, a != b || true))`:       true,
		`customer.display_name.matches("^(a|b)*c+$") || customer.relations.exists(r, r.kind=="x")`: false,
	} {
		r, problems := set.Compile(source)
		if r == nil {
			t.Fatalf("%s: %v", source, problems)
		}
		if got := r.CostBound() >= 10_000; got != wantLimited || math.IsNaN(r.CostBound()) {
			t.Errorf("%s: limited %t by %v, want %t", source, got, r.CostBound(), wantLimited)
		}
		request := ruletest.Requests().Example(1)
		request.Customer.Tags = many(100)
		checkNative(t, set, r, request)
	}
}

// A custom list has no bound of its own: where it is so long that CEL's limit could end a rule, CEL is asked.
func TestOversize(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	r, _ := set.Compile(`"x" in customer.attributes.texts || customer.tier == "gold"`)
	for _, length := range []int{10, 1_000, 1_001, 20_000} {
		request := ruletest.Requests().Example(1)
		request.Customer.Attributes = map[string]*structpb.Value{"texts": structpb.NewListValue(&structpb.ListValue{})}
		for _, text := range many(length) {
			list := request.Customer.Attributes["texts"].GetListValue()
			list.Values = append(list.Values, structpb.NewStringValue(text))
		}
		request.Customer.Tier = ""
		found := checkNative(t, set, r, request)
		if want := map[bool]string{true: "failed", false: "false"}[length > 10_000]; found != want {
			t.Errorf("a list of %d: got %s, want %s", length, found, want)
		}
		f, err := request.Facts(set)
		if err != nil || f.Oversize() != (length > 1_000) {
			t.Errorf("a list of %d: oversize %t, %v", length, f.Oversize(), err)
		}
	}
}
