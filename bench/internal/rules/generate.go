package rules

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
)

const (
	// samples is how many profiles a rule is tried on; tooMany is the share of them above which it is thrown away, as rules that hold
	// for everybody tell nothing.
	samples = 1024
	tooMany = 0.08
	// stageShare is how many rules ask for the stage.
	stageShare = 0.7
)

// Generate returns a catalogue of n rules. The same seed has the same rules; all sizes ask the same atoms.
func Generate(shape Shape, seed uint64, n int) *Catalog {
	g := &generator{Catalog: &Catalog{Attributes: shape.attributes(), Shape: shape}, random: rand.New(rand.NewPCG(seed, 2))} //nolint:gosec // a workload
	g.makeAtoms()
	g.trySamples(seed)
	weights := make([]float64, len(g.Attributes))
	for i := range weights {
		weights[i] = g.Attributes[i].Weight
	}
	g.popular = cumulate(weights)
	for len(g.Rules) < n {
		if clauses := g.clauses(); clauses != nil {
			g.Rules = append(g.Rules, Rule{Clauses: clauses, Value: 100 * (1 - g.random.Float64())})
		}
	}
	return g.Catalog
}

type generator struct {
	*Catalog
	random  *rand.Rand
	atoms   [][]int // by attribute
	popular []float64
	holds   [][samples / 64]uint64 // by atom: a bit for each sample
}

func (g *generator) makeAtoms() {
	g.atoms = make([][]int, len(g.Attributes))
	seen := map[string]bool{}
	for i := range g.Attributes {
		want := g.Attributes[i].questions()
		for tries := 0; tries < 8*want && len(g.atoms[i]) < want; tries++ {
			atom := g.atom(i)
			if key := fmt.Sprint(atom); !seen[key] {
				seen[key] = true
				g.atoms[i] = append(g.atoms[i], len(g.Atoms))
				g.Atoms = append(g.Atoms, atom)
			}
		}
	}
}

// questions is how many atoms ask for an attribute.
func (a *Attribute) questions() int {
	switch {
	case a.Kind == Flag:
		return 2
	case a.Kind == Words:
		return 30
	case len(a.Values) >= 200:
		return 160
	case len(a.Values) >= 60:
		return 60
	default:
		return 24
	}
}

func (g *generator) atom(attribute int) Atom {
	a, r := &g.Attributes[attribute], g.random
	switch a.Kind {
	case Word:
		n := 1 + r.IntN(min(a.Longest, len(a.Values)-1))
		values := make([]string, n)
		for i, at := range r.Perm(len(a.Values))[:n] {
			values[i] = a.Values[at]
		}
		slices.Sort(values)
		return Atom{Attribute: attribute, Op: choose(r, In, Not, g.negated(attribute)), Values: values}
	case Number:
		return Atom{Attribute: attribute, Op: choose(r, AtLeast, Below, 0.45), Number: a.Thresholds[r.IntN(len(a.Thresholds))]}
	case Flag:
		return Atom{Attribute: attribute, Op: choose(r, Yes, No, 0.15)}
	default:
		return Atom{Attribute: attribute, Op: choose(r, Has, Lacks, 0.4), Values: []string{a.Values[r.IntN(len(a.Values))]}}
	}
}

// negated is how many questions ask for none of the values. Templates list stages and channels, and have no list of those to leave out.
func (g *generator) negated(attribute int) float64 {
	if attribute <= Store {
		return 0
	}
	return 0.12
}

func choose(r *rand.Rand, usual, other Op, share float64) Op {
	if r.Float64() < share {
		return other
	}
	return usual
}

func (g *generator) trySamples(seed uint64) {
	profiles := Profiles(g.Attributes, seed+1000, samples)
	g.holds = make([][samples / 64]uint64, len(g.Atoms))
	for i := range g.Atoms {
		for j, p := range profiles {
			if g.Atoms[i].Holds(p) {
				g.holds[i][j/64] |= 1 << (j % 64)
			}
		}
	}
}

// share is how many of the samples clauses hold for.
func (g *generator) share(clauses [][]int) float64 {
	n := 0
	for word := range samples / 64 {
		all := ^uint64(0)
		for _, clause := range clauses {
			one := uint64(0)
			for _, a := range clause {
				one |= g.holds[a][word]
			}
			all &= one
		}
		n += bits.OnesCount64(all)
	}
	return float64(n) / samples
}
