package rule_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// checkClauses compares a rule that is put together from clauses with the same compiled as a whole.
func checkClauses(t fataler, set *rule.Set, source string) {
	t.Helper()
	whole, want := set.CompileWhole(source)
	r, got := set.Compile(source)
	if (r == nil) != (whole == nil) || !slices.Equal(got, want) {
		t.Fatalf("%q: got %v, want %v as a whole", source, got, want)
	}
	if r == nil {
		return
	}
	for _, path := range []string{"moment.stage", "customer.tier", "now", "moment"} {
		if r.Mentions(path) != whole.Mentions(path) {
			t.Fatalf("%q mentions %s: %t", source, path, r.Mentions(path))
		}
	}
	if a, b := rule.Contradict(r), rule.Contradict(whole); (a == nil) != (b == nil) || a != nil && *a != *b {
		t.Fatalf("%q: contradiction %v, want %v", source, a, b)
	}
}

func TestClauses(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{
		`customer.tier == "gold" && customer.visits.total > 3`, "customer.tier == \"a && b\" &&\n\tmoment.store == 'x'", `customer.tier == "a\"" && "&&" in customer.likes`,
		`has(customer.satisfaction) && customer.satisfaction > 0.5`, `customer.tier == "x" && customer.satisfaction > 0.5`, `customer.tier == "gold" && customer.tier == "silver"`,
		`true && false || true`, `true && (true || false) && true ? true : false`, `true &&`, `&& true`, `true && && true`, `true & true`, `(true && true`, `true && true)`, `(true && [true)]`,
		`customer.tier == r"a\" && true`, `customer.tier == """a" && "b""" && true`, "true && // false\ntrue", "true && `a`", `customer.tier && true`, `customer.tierr == "" && true`,
		`customer.id.matches("[") && true`, `segment("gold") && segment("nope")`, strings.Repeat("true && ", 40) + "true", strings.Repeat("customer.tags.all(a, customer.tags.all(b, a == b)) && ", 2) + "true",
		`[1, 2].exists(v, v > 1 && v < 3) && customer.likes.all(v, v != "a" && v != "b")`, `true && {"a": true}["a"]`, `true && dyn(true)`, "true && true\x00", `true && b"a" == b"a"`,
	} {
		checkClauses(t, set, source)
	}
}

// Texts that are cut and put together at random compile as they do as a whole.
func TestClausesOfAnyText(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	pieces := rapid.SampledFrom([]string{" && ", " && ", "||", "?", ":", "(", ")", "!", "true", "false", `"gold"`, `"`, `'`, "\\", "customer.tier", " == ", " in ", "[", "]", "segment(\"gold\")", "r", "//", "\n", "has(customer.satisfaction)", "customer.satisfaction > 0.5"})
	rapid.Check(t, func(t *rapid.T) {
		checkClauses(t, set, strings.Join(rapid.SliceOfN(pieces, 1, 8).Draw(t, "pieces"), ""))
		checkClauses(t, set, ruletest.SimpleRules().Draw(t, "rule"))
	})
}
