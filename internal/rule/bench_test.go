package rule_test

import (
	"fmt"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

func fourClauses(i int) string {
	return fmt.Sprintf(`customer.tier in ["gold", "t%d"] && customer.visits.total >= %d && "tea" in customer.likes && moment.store == "s%d"`, i%10, i%50, i)
}

func BenchmarkCompile(b *testing.B) {
	for name, source := range map[string]func(i int) string{
		"FourClauses": fourClauses,
		"Drawn":       func(i int) string { return ruletest.Rules().Example(i % 200) },
	} {
		b.Run(name, func(b *testing.B) {
			set, err := ruletest.NewSet()
			if err != nil {
				b.Fatal(err)
			}
			sources := make([]string, b.N)
			for i := range sources {
				sources[i] = source(i)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for _, source := range sources {
				set.Compile(source)
			}
		})
	}
}

func benchFacts(b *testing.B) (*rule.Rule, *rule.Facts) {
	set, err := ruletest.NewSet()
	if err != nil {
		b.Fatal(err)
	}
	r, problems := set.Compile(fourClauses(7))
	if r == nil {
		b.Fatal(problems)
	}
	f, err := set.NewFacts(&surprisev1.CustomerProfile{Id: "c", Tier: "gold", Visits: &surprisev1.Visits{Total: 9}, Likes: []string{"cake", "tea"}}, &surprisev1.Moment{Stage: "enter", Store: "s7"}, time.Unix(0, 0))
	if err != nil {
		b.Fatal(err)
	}
	if !r.True(f) {
		b.Fatal("it should hold, so that all clauses are asked")
	}
	return r, f
}

func BenchmarkTrue(b *testing.B) {
	r, f := benchFacts(b)
	b.ReportAllocs()
	for b.Loop() {
		r.True(f)
	}
}

func BenchmarkHolds(b *testing.B) {
	r, f := benchFacts(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Holds(f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFacts(b *testing.B) {
	set, err := ruletest.NewSet()
	if err != nil {
		b.Fatal(err)
	}
	plain, custom := ruletest.Requests().Example(1), ruletest.Requests().Example(2)
	plain.Customer.Attributes, plain.Moment.Attributes = nil, nil
	for name, r := range map[string]ruletest.Request{"Plain": plain, "Custom": custom} {
		b.Run("New/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := set.NewFacts(r.Customer, r.Moment, r.Now); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("Fill/"+name, func(b *testing.B) {
			var f rule.Facts
			b.ReportAllocs()
			for b.Loop() {
				if err := set.Fill(&f, r.Customer, r.Moment, r.Now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
