package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Shape is a kind of catalogue.
type Shape string

// The shapes. Plain is the workload of the comparison; the others look for surprises in our own engine.
const (
	Plain  Shape = "plain"  // about 4 clauses a rule, 5 % with an OR, 1.7 % match
	Stores Shape = "stores" // rules name up to 500 of 2,000 stores
	Custom Shape = "custom" // 500 more attributes, of which a customer has a third
	Rare   Shape = "rare"   // 100 more attributes, of which a customer has one in fifty
	Ors    Shape = "ors"    // six rules in ten have an OR
	DNF    Shape = "dnf"    // ANDs of six ORs of three: 729 rows each, written out
	True   Shape = "true"   // every rule holds for everybody
	False  Shape = "false"  // no rule holds for anybody
)

// Shapes returns all of them.
func Shapes() []Shape { return []Shape{Plain, Stores, Custom, Rare, Ors, DNF, True, False} }

// ParseShape reads the name of a shape.
func ParseShape(name string) (Shape, error) {
	if slices.Contains(Shapes(), Shape(name)) {
		return Shape(name), nil
	}
	return "", fmt.Errorf("there is no shape %q; there are %v", name, Shapes())
}

func (s Shape) attributes() []Attribute {
	all := attributes()
	switch s {
	case Stores:
		store := &all[Store]
		store.Values, store.Longest, store.Weight = numbered("store", 2000), 500, 12
	case Custom:
		all = append(all, more(500, 0.33)...)
	case Rare:
		all = append(all, more(100, 0.02)...)
	default: // the others ask for nothing else
	}
	return all
}

// orShare is how many rules have an OR.
func (s Shape) orShare() float64 {
	if s == Ors {
		return 0.6
	}
	return 0.05
}

// more returns custom attributes of all kinds, which rules ask for as often as for all others together.
func more(n int, present float64) []Attribute {
	out := make([]Attribute, n)
	for i := range out {
		name := fmt.Sprintf("extra_%03d", i)
		out[i] = Attribute{Name: name, Path: "customer.attributes." + name, Kind: Kind(i % 4), Present: present, Weight: 30 / float64(n), Share: 0.3} //nolint:gosec // 0 to 3
		switch out[i].Kind {
		case Word, Words:
			out[i].Values, out[i].Skew, out[i].Longest = numbered(fmt.Sprintf("v%d", i), 12), 0.5, 4
		case Number:
			out[i].Thresholds, out[i].Mean = []int64{1, 2, 5, 10, 20, 50, 100}, 20
		case Flag:
		}
	}
	return out
}

func numbered(word string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s-%03d", word, i)
	}
	return out
}

func split(words string) []string { return strings.Fields(words) }
