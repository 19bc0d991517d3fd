package rules

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Profiles returns n profiles with these attributes. The same seed has the same profiles.
func Profiles(all []Attribute, seed uint64, n int) []Profile {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a workload, not a secret
	draws := make([]func() Value, len(all))
	for i := range all {
		draws[i] = all[i].draw(r)
	}
	out := make([]Profile, n)
	for i := range out {
		out[i] = make(Profile, len(all))
		for j, draw := range draws {
			if r.Float64() >= all[j].Present {
				out[i][j].Absent = true
			} else {
				out[i][j] = draw()
			}
		}
	}
	return out
}

// draw returns what draws a value.
func (a *Attribute) draw(r *rand.Rand) func() Value {
	switch a.Kind {
	case Word:
		cumulated := zipf(len(a.Values), a.Skew)
		return func() Value { return Value{Word: a.Values[pick(r, cumulated)]} }
	case Number:
		return func() Value { return Value{Number: a.Least + int64(r.ExpFloat64()*a.Mean)} }
	case Flag:
		return func() Value { return Value{Flag: r.Float64() < a.Share} }
	default:
		return func() Value {
			var words []string
			for _, w := range a.Values {
				if r.Float64() < a.Share {
					words = append(words, w)
				}
			}
			return Value{Words: words}
		}
	}
}

// zipf returns cumulated weights 1/rank^skew.
func zipf(n int, skew float64) []float64 {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = math.Pow(float64(i+1), -skew)
	}
	return cumulate(weights)
}

func cumulate(weights []float64) []float64 {
	out, sum := make([]float64, len(weights)), 0.0
	for i, w := range weights {
		sum += w
		out[i] = sum
	}
	return out
}

// pick draws a number by cumulated weights.
func pick(r *rand.Rand, cumulated []float64) int {
	i, _ := slices.BinarySearch(cumulated, r.Float64()*cumulated[len(cumulated)-1])
	return min(i, len(cumulated)-1)
}
