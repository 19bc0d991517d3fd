package match

import (
	"math"
	"slices"

	"github.com/surprise-service/surprised/internal/catalog"
)

// maxFactors bounds how many factors have ceilings of their own; with more, some use that of a higher one.
const maxFactors = 16

// factorsOf returns the distinct factors of the catalogue's stages, rising, or some of them with the highest.
func factorsOf(stages []*catalog.Stage) []float64 {
	var out []float64
	for _, s := range stages {
		out = append(out, s.Factor)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if n := len(out); n > maxFactors {
		for i := range maxFactors {
			out[i] = out[(i+1)*n/maxFactors-1]
		}
		out = out[:maxFactors]
	}
	return out
}

// factorOf returns the place of a stage's factor, or of the next higher one.
func factorOf(factors []float64, s *catalog.Stage) int {
	i, _ := slices.BinarySearch(factors, s.Factor)
	return i
}

// ceilingsOf returns the ceilings by factor and template. What is no number bounds nothing.
func ceilingsOf(templates []*catalog.Template, factors []float64, ceiling Ceiling) [][]float64 {
	out := make([][]float64, len(factors))
	for f, factor := range factors {
		out[f] = make([]float64, len(templates))
		for i, t := range templates {
			out[f][i] = math.Inf(1)
			if ceiling != nil {
				out[f][i] = ceiling(t, factor)
			}
			if math.IsNaN(out[f][i]) {
				out[f][i] = math.Inf(1)
			}
		}
	}
	return out
}
