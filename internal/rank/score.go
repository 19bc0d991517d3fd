// Package rank scores surprises. It is pure arithmetic: facts in, numbers out.
//
// The score is perceived minus expected, in delight points:
//
//	expectation e = 1 - (1 - market)(1 - habit)
//	habit       h = 1 - product over past deliveries d of (1 - w(d) 2^(-age(d)/half-life))
//	gap         g = value (1 - e)
//	score         = g * moment * fit * effect - cost weight * cost
//
// That delight raises what is expected next time, and that forgetting lets it work again, is after Rust and Oliver, "Should we delight
// the customer?", JAMS 28 (2000).
package rank

import (
	"math"
	"time"
)

// Input is what the score of one level of one template is made of.
type Input struct {
	// Value is in delight points, above 0.
	Value float64
	// Market and Habit are from 0 to 1.
	Market, Habit float64
	// Moment is the stage's weight times its role's factor; Fit and Effect are factors around 1.
	Moment, Fit, Effect float64
	// CostWeight is in delight points per minor unit.
	CostWeight float64
	CostMinor  int64
}

// Score is an Input with its results.
type Score struct {
	Input
	Expectation, Gap, Total float64
}

// Compute returns the score of an input.
func Compute(in Input) Score {
	s := Score{Input: in}
	s.Expectation = 1 - (1-in.Market)*(1-in.Habit)
	s.Gap = in.Value * (1 - s.Expectation)
	s.Total = s.Gap*in.Moment*in.Fit*in.Effect - in.CostWeight*float64(in.CostMinor)
	return s
}

// Left is what is left of a delivery after some time, from 1 to 0: 2^(-age/half-life). One in the future is just now.
func Left(age, halfLife time.Duration) float64 {
	return math.Exp2(-max(age, 0).Seconds() / halfLife.Seconds())
}

// Habit is how used a customer is to a surprise, 0 to 1, as the product of what past deliveries leave fresh. The zero value is not usable.
type Habit struct {
	fresh float64
}

// NewHabit is that of somebody who never had it.
func NewHabit() Habit { return Habit{1} }

// Add counts a past delivery, of which so much is Left. Weight is 1 for the same template, the carry-over for the same category.
func (h *Habit) Add(weight, left float64) { h.fresh *= 1 - weight*left }

// Value is from 0 to 1.
func (h Habit) Value() float64 { return 1 - h.fresh }

// Needs counts what a surprise meets: likes of the customer, pains that it solves, wishes that it grants.
type Needs struct{ Likes, Pains, Wishes int }

// FitWeights say what each need met adds to the fit, and the most that the fit can be, at least 1.
type FitWeights struct{ Like, Pain, Wish, Max float64 }

// Fit returns the factor of the needs met: 1 for none.
func Fit(met Needs, w FitWeights) float64 {
	return min(1+float64(met.Likes)*w.Like+float64(met.Pains)*w.Pain+float64(met.Wishes)*w.Wish, w.Max)
}
