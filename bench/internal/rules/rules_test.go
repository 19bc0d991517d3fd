package rules_test

import (
	"fmt"
	"testing"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// TestPlain holds the workload to what is said of it.
func TestPlain(t *testing.T) {
	c := rules.Generate(rules.Plain, 1, 2000)
	clauses, ors, matches := 0, 0, 0
	for _, r := range c.Rules {
		clauses += len(r.Clauses)
		for _, clause := range r.Clauses {
			ors += len(clause) - 1
		}
		if r.Value <= 0 || r.Value > 100 {
			t.Errorf("a value of %v", r.Value)
		}
	}
	profiles := rules.Profiles(c.Attributes, 7, 100)
	for _, p := range profiles {
		matches += len(c.Matches(p))
	}
	for what, x := range map[string]struct{ got, least, most float64 }{
		"attributes":       {float64(len(c.Attributes)), 25, 25},
		"atoms":            {float64(len(c.Atoms)), 500, 750},
		"clauses a rule":   {float64(clauses) / 2000, 3.5, 4.8},
		"ORs a rule":       {float64(ors) / 2000, 0.02, 0.06},
		"share of matches": {float64(matches) / 2000 / 100, 0.01, 0.025},
	} {
		if x.got < x.least || x.got > x.most {
			t.Errorf("%s: got %.4f, want %v to %v", what, x.got, x.least, x.most)
		}
	}
}

func TestSameSeedSameRules(t *testing.T) {
	for _, shape := range rules.Shapes() {
		a, b := rules.Generate(shape, 3, 50), rules.Generate(shape, 3, 50)
		if fmt.Sprint(a.Rules) != fmt.Sprint(b.Rules) || len(a.Rules) != 50 {
			t.Errorf("%s: other rules", shape)
		}
	}
}

func TestParseShape(t *testing.T) {
	if s, err := rules.ParseShape("rare"); s != rules.Rare || err != nil {
		t.Errorf("got %v, %v", s, err)
	}
	if _, err := rules.ParseShape("round"); err == nil {
		t.Error("round is no shape")
	}
}

// TestConstants hold for all and for nobody.
func TestConstants(t *testing.T) {
	for shape, want := range map[rules.Shape]int{rules.True: 30, rules.False: 0} {
		c := rules.Generate(shape, 1, 30)
		for _, p := range rules.Profiles(c.Attributes, 7, 20) {
			if got := len(c.Matches(p)); got != want {
				t.Errorf("%s: %d rules hold, want %d", shape, got, want)
			}
		}
	}
}

func TestRows(t *testing.T) {
	c := rules.Generate(rules.DNF, 1, 2)
	if got := len(c.Rows()); got != 2*729 {
		t.Errorf("got %d rows, want %d", got, 2*729)
	}
}
