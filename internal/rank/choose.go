package rank

import (
	"cmp"
	"math"
	"slices"
)

// None stands for giving nothing among the options of a choice. It is worth 0 delight points.
const None = -1

// Choice is an order of options, drawn at random, with the probability that each had to come first.
type Choice struct {
	// Order has the positions of the options and None, as drawn.
	Order []int
	// Propensity is the probability of each option to be drawn first, by position; NoneFirst that of None. They add up to 1.
	Propensity []float64
	NoneFirst  float64
}

// Chooser keeps the room that a choice needs for the next one. The zero value is ready. It is for one goroutine.
type Chooser struct {
	order            []int
	propensity, keys []float64
}

// Choose draws an order of options with scores in delight points. The probability that option i comes first is
//
//	exp(score_i / temperature) / sum over all options and None of exp(score / temperature)
//
// drawn with the Gumbel top-k trick: score / temperature + Gumbel noise, in falling order (Yellott 1977; Kool, van Hoof and Welling 2019).
// Uniform returns the noise of an option (None included) as a number above 0 and below 1; the same numbers give the same order. A
// temperature of 0 takes the best score, with probability 1. The choice
// is valid until the next one.
func (r *Chooser) Choose(scores []float64, temperature float64, uniform func(option int) float64) Choice {
	n := len(scores)
	r.order, r.propensity, r.keys = slices.Grow(r.order[:0], n+1), append(r.propensity[:0], scores...), append(r.keys[:0], make([]float64, n+1)...)
	for i := range scores {
		r.order = append(r.order, i)
	}
	r.order = append(r.order, None)
	c := Choice{Order: r.order, Propensity: r.propensity}
	keys := r.keys // None's is the first
	if temperature <= 0 {
		copy(keys[1:], scores)
		byKey(c.Order, keys)
		c.certain(c.Order[0])
		return c
	}
	keys[0] = gumbel(uniform(None))
	for i, score := range scores {
		keys[i+1] = score/temperature + gumbel(uniform(i))
	}
	byKey(c.Order, keys)
	c.softmax(scores, temperature)
	return c
}

// byKey puts options in falling order of their keys, equal ones as they are.
func byKey(order []int, keys []float64) {
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(keys[b+1], keys[a+1]) })
}

// gumbel turns a uniform number into standard Gumbel noise.
func gumbel(u float64) float64 { return -math.Log(-math.Log(u)) }

func (c *Choice) certain(first int) {
	clear(c.Propensity)
	if first == None {
		c.NoneFirst = 1
		return
	}
	c.Propensity[first] = 1
}

// softmax subtracts the largest score first, so that nothing overflows.
func (c *Choice) softmax(scores []float64, temperature float64) {
	top := 0.0
	for _, s := range scores {
		top = max(top, s)
	}
	sum := math.Exp(-top / temperature)
	c.NoneFirst = sum
	for i, s := range scores {
		c.Propensity[i] = math.Exp((s - top) / temperature)
		sum += c.Propensity[i]
	}
	for i := range c.Propensity {
		c.Propensity[i] /= sum
	}
	c.NoneFirst /= sum
}

// Withhold takes into account that a share of all draws, independent of them, gives nothing: the other propensities shrink by it.
func (c *Choice) Withhold(share float64) {
	for i := range c.Propensity {
		c.Propensity[i] *= 1 - share
	}
	c.NoneFirst = share + (1-share)*c.NoneFirst
}
