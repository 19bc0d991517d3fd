package rule_test

import (
	"os"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"

	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// pairs is how many rules are drawn, each for as many requests.
type pairs struct{ rules, requests int }

func manyPairs() pairs {
	if os.Getenv("SURPRISED_SOAK") != "" {
		return pairs{rules: 20_000, requests: 50}
	}
	return pairs{rules: 500, requests: 40}
}

// Rules answer as CEL does: true, false, or neither where they fail.
func TestNativeIsCEL(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	n := manyPairs()
	requests := make([]ruletest.Request, 2*n.requests)
	for i := range requests {
		requests[i] = ruletest.Requests().Example(i)
	}
	compiled, found := 0, map[string]int{}
	for i := range n.rules {
		source := ruletest.Rules().Example(i)
		r, _ := set.Compile(source)
		if r == nil {
			continue
		}
		compiled++
		for j := range n.requests {
			request := requests[(i+j)%len(requests)]
			found[checkNative(t, set, r, request)]++
		}
	}
	t.Logf("%d rules, found %v", compiled, found)
	if compiled < n.rules*9/10 || found["true"] == 0 || found["false"] == 0 || found["failed"] == 0 {
		t.Errorf("too one-sided: %d of %d rules compile, found %v", compiled, n.rules, found)
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkNative compares a rule with what CEL finds, with facts of their own so that neither sees what the other kept.
func checkNative(t fataler, set *rule.Set, r *rule.Rule, request ruletest.Request) string {
	t.Helper()
	native, err := request.Facts(set)
	if err != nil {
		t.Fatalf("%v", err)
	}
	plain, err := request.Facts(set)
	if err != nil {
		t.Fatalf("%v", err)
	}
	holds, err := r.Holds(plain)
	wantTrue, wantFalse := err == nil && holds, err == nil && !holds
	if r.True(native) != wantTrue || r.False(native) != wantFalse {
		t.Fatalf("%s\n got true %t, false %t, want %t, %t (%v) of\n%v\n%v", r.Source(), r.True(native), r.False(native), wantTrue, wantFalse, err,
			prototext.Format(request.Customer), prototext.Format(request.Moment))
	}
	return map[bool]string{true: "failed", false: map[bool]string{true: "true", false: "false"}[holds]}[err != nil]
}

// FuzzRule compiles any text, and compares what compiles with CEL.
func FuzzRule(f *testing.F) {
	set, err := ruletest.NewSet()
	if err != nil {
		f.Fatal(err)
	}
	for i := range 50 {
		f.Add(ruletest.Rules().Example(i), i)
	}
	f.Fuzz(func(t *testing.T, source string, seed int) {
		checkClauses(t, set, source)
		if r, _ := set.Compile(source); r != nil {
			checkNative(t, set, r, ruletest.Requests().Example(seed))
		}
	})
}
