package rank

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

func TestPropensitiesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scores := rapid.SliceOfN(rapid.Float64Range(-50, 500), 0, 6).Draw(t, "scores")
		temperature := rapid.Float64Range(0, 20).Draw(t, "temperature")
		c := new(Chooser).Choose(scores, temperature, func(i int) float64 { return 0.25 + 0.1*float64(i%5+1) })
		c.Withhold(rapid.Float64Range(0, 1).Draw(t, "withhold"))
		sum := c.NoneFirst
		for _, p := range c.Propensity {
			sum += p
		}
		if math.Abs(sum-1) > 1e-12 || len(c.Order) != len(scores)+1 {
			t.Fatalf("propensities add up to %v, order %v", sum, c.Order)
		}
	})
}

func TestChooseWithoutTemperature(t *testing.T) {
	c := new(Chooser).Choose([]float64{3, 7, 5, -1}, 0, nil)
	if fmt.Sprint(c.Order) != "[1 2 0 -1 3]" || c.Propensity[1] != 1 {
		t.Errorf("got %v, %v", c.Order, c.Propensity)
	}
	if c := new(Chooser).Choose(nil, 0, nil); c.NoneFirst != 1 {
		t.Errorf("with no options: got %v", c)
	}
}

// Over 100,000 visits the first choices come as often as their propensities say (chi-square, 0.1 %).
func TestFrequenciesMatchPropensities(t *testing.T) {
	scores := []float64{20, 18, 15, 9}
	const visits, temperature = 100_000, 4
	counts := make([]float64, len(scores)+1)
	var c Choice
	for v := range visits {
		n := NewNoise([]byte("key"), "customer", fmt.Sprint("visit", v), "revision")
		c = new(Chooser).Choose(scores, temperature, func(i int) float64 { return n.Uniform(fmt.Sprint(i)) })
		counts[c.Order[0]+1]++
	}
	chi2 := 0.0
	for i, got := range counts {
		want := c.NoneFirst * visits
		if i > 0 {
			want = c.Propensity[i-1] * visits
		}
		chi2 += (got - want) * (got - want) / want
	}
	if p := 1 - (distuv.ChiSquared{K: float64(len(scores))}).CDF(chi2); p < 0.001 {
		t.Errorf("chi-square %.2f, p = %.5f, counts %v", chi2, p, counts)
	}
}

func TestNoiseDependsOnEveryPart(t *testing.T) {
	base := NewNoise([]byte("key"), "a", "bc").Uniform("x")
	for name, other := range map[string]float64{
		"key":      NewNoise([]byte("yek"), "a", "bc").Uniform("x"),
		"part":     NewNoise([]byte("key"), "a", "bd").Uniform("x"),
		"boundary": NewNoise([]byte("key"), "ab", "c").Uniform("x"),
		"name":     NewNoise([]byte("key"), "a", "bc").Uniform("y"),
	} {
		if other == base || other <= 0 || other >= 1 {
			t.Errorf("%s: got %v and %v", name, base, other)
		}
	}
	if NewNoise([]byte("key"), "a", "bc").Uniform("x") != base {
		t.Error("the same parts have another number")
	}
}

// Choices must not change with a new version, or a customer in front of the till would see two of them.
func TestNoiseStaysTheSame(t *testing.T) {
	n := NewNoise([]byte("key"), "customer", "visit", "revision")
	if got, want := n.Uniform("cake"), 0.4580987228098699; got != want {
		t.Errorf("got %v, it was %v", got, want)
	}
}
