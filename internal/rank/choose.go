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

// Choose draws an order of options with scores in delight points. The probability that option i comes first is
//
//	exp(score_i / temperature) / sum over all options and None of exp(score / temperature)
//
// drawn with the Gumbel top-k trick: score / temperature + Gumbel noise, in falling order (Yellott 1977; Kool, van Hoof and Welling 2019).
// Uniform returns the noise of an option (None included) as a number above 0 and below 1; the same numbers give the same order. A
// temperature of 0 takes the best score, with probability 1.
func Choose(scores []float64, temperature float64, uniform func(option int) float64) Choice {
	c := Choice{Order: make([]int, 0, len(scores)+1), Propensity: make([]float64, len(scores))}
	for i := range scores {
		c.Order = append(c.Order, i)
	}
	c.Order = append(c.Order, None)
	score := func(i int) float64 {
		if i == None {
			return 0
		}
		return scores[i]
	}
	if temperature <= 0 {
		slices.SortStableFunc(c.Order, func(a, b int) int { return cmp.Compare(score(b), score(a)) })
		c.certain(c.Order[0])
		return c
	}
	keys := make([]float64, len(c.Order)) // None's is the first
	for _, i := range c.Order {
		keys[i+1] = score(i)/temperature + gumbel(uniform(i))
	}
	slices.SortStableFunc(c.Order, func(a, b int) int { return cmp.Compare(keys[b+1], keys[a+1]) })
	c.softmax(scores, temperature)
	return c
}

// gumbel turns a uniform number into standard Gumbel noise.
func gumbel(u float64) float64 { return -math.Log(-math.Log(u)) }

func (c *Choice) certain(first int) {
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

// Withhold returns the choice after a share of all draws, independent of them, gives nothing: the other propensities shrink by it.
func (c Choice) Withhold(share float64) Choice {
	out := Choice{Order: c.Order, Propensity: make([]float64, len(c.Propensity)), NoneFirst: share + (1-share)*c.NoneFirst}
	for i, p := range c.Propensity {
		out.Propensity[i] = (1 - share) * p
	}
	return out
}
