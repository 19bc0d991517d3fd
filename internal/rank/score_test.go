package rank

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const day = 24 * time.Hour

// The numbers are worked out by hand in the comments.
func TestComputeByHand(t *testing.T) {
	// 40 (1-0.3)(1-0.5) = 14; 14 * 1.5 * 1.1 - 0.001 * 5000 = 23.1 - 5 = 18.1
	s := Compute(Input{Value: 40, Market: 0.3, Habit: 0.5, Moment: 1.5, Fit: 1.1, Effect: 1, CostWeight: 0.001, CostMinor: 5000})
	for name, v := range map[string][2]float64{"expectation": {s.Expectation, 0.65}, "gap": {s.Gap, 14}, "total": {s.Total, 18.1}} {
		if math.Abs(v[0]-v[1]) > 1e-9 {
			t.Errorf("%s: got %v, want %v", name, v[0], v[1])
		}
	}
}

// delivery is a past one, by weight and age.
type delivery struct {
	weight float64
	age    time.Duration
}

func habit(past []delivery) float64 {
	h := NewHabit()
	for _, d := range past {
		h.Add(d.weight, Left(d.age, 90*day))
	}
	return h.Value()
}

func TestHabitByHand(t *testing.T) {
	for _, tc := range []struct {
		name string
		past []delivery
		want float64
	}{
		{"nothing yet", nil, 0},
		{"the same just now", []delivery{{1, 0}}, 1},
		{"the same, one half-life ago", []delivery{{1, 90 * day}}, 0.5},
		{"the same, two half-lives ago", []delivery{{1, 180 * day}}, 0.25},
		{"the category, one half-life ago", []delivery{{0.5, 90 * day}}, 0.25},
		{"both", []delivery{{1, 90 * day}, {0.5, 90 * day}}, 1 - 0.5*0.75},
		{"a clock that ran ahead", []delivery{{0.5, -day}}, 0.5},
	} {
		if got := habit(tc.past); math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestFit(t *testing.T) {
	weights := FitWeights{Like: 0.1, Pain: 0.25, Wish: 0.5, Max: 2}
	for _, tc := range []struct {
		name string
		met  Needs
		want float64
	}{
		{"nothing", Needs{}, 1},
		{"likes and a pain", Needs{Likes: 2, Pains: 1}, 1.45},
		{"a wish", Needs{Wishes: 1}, 1.5},
		{"a wish and a like", Needs{Likes: 1, Wishes: 1}, 1.6},
		{"at most the limit", Needs{Likes: 6, Wishes: 1}, 2},
	} {
		if got := Fit(tc.met, weights); math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

// What was given more often or more recently surprises less, and never beyond the bounds.
func TestHabitGrowsWithEveryDelivery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var past []delivery
		before := 0.0
		for range rapid.IntRange(1, 20).Draw(t, "n") {
			past = append(past, delivery{rapid.Float64Range(0, 1).Draw(t, "weight"), time.Duration(rapid.Int64Range(0, int64(1000*day)).Draw(t, "age"))})
			h := habit(past)
			if h < before-1e-12 || h > 1 {
				t.Fatalf("habit went from %v to %v", before, h)
			}
			before = h
		}
	})
}

func ExampleCompute() {
	s := Compute(Input{Value: 40, Market: 0.3, Habit: 0, Moment: 1, Fit: 1, Effect: 1})
	fmt.Printf("expected %.2f, gap %.1f, score %.1f\n", s.Expectation, s.Gap, s.Total)
	// Output: expected 0.30, gap 28.0, score 28.0
}
