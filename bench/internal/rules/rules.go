// Package rules makes catalogues of rules as data, and the profiles that they are asked about. Engines render the same data in their own
// language, so that they can be compared with each other.
//
// A rule is an AND of clauses, a clause an OR of atoms (nearly always of one), an atom a question about one attribute. An attribute that
// a profile does not have makes every atom about it false.
package rules

import "slices"

// Kind is what the values of an attribute are.
type Kind uint8

// The kinds of attributes.
const (
	Word Kind = iota
	Number
	Flag
	Words // a set
)

// Attribute is something that is known of a customer or a moment.
type Attribute struct {
	// Name is one word, for engines whose inputs are flat.
	Name string
	// Path is where it stands in a request of the service, for example "customer.attributes.city".
	Path string
	Kind Kind
	// Values are those that a Word or Words can have, the most frequent first; Skew is how much more frequent (Zipf's exponent).
	Values []string
	Skew   float64
	// Thresholds are the numbers that rules compare with; Mean is that of an exponential distribution, from Least.
	Thresholds []int64
	Mean       float64
	Least      int64
	// Share is that of profiles in which a Flag is true, or a value is among Words.
	Share float64
	// Weight is how often rules ask for it, beside others.
	Weight float64
	// Present is the share of profiles that have it.
	Present float64
	// Longest is how many values a question may name.
	Longest int
}

// Optional tells that some profiles do not have it.
func (a *Attribute) Optional() bool { return a.Present < 1 }

// Value is that of one attribute in one profile.
type Value struct {
	Word   string
	Number int64
	Flag   bool
	Words  []string
	Absent bool
}

// Profile has the values of all attributes, in their order.
type Profile []Value

// Op is what an atom asks.
type Op uint8

// The questions. In, Not: a Word; AtLeast, Below: a Number; Yes, No: a Flag; Has, Lacks: Words.
const (
	In Op = iota
	Not
	AtLeast
	Below
	Yes
	No
	Has
	Lacks
)

// Atom is a question about the attribute of that number. Values are sorted.
type Atom struct {
	Attribute int
	Op        Op
	Values    []string
	Number    int64
}

// Holds answers it.
func (a *Atom) Holds(p Profile) bool {
	v := &p[a.Attribute]
	if v.Absent {
		return false
	}
	switch a.Op {
	case In, Not:
		_, found := slices.BinarySearch(a.Values, v.Word)
		return found == (a.Op == In)
	case AtLeast:
		return v.Number >= a.Number
	case Below:
		return v.Number < a.Number
	case Yes:
		return v.Flag
	case No:
		return !v.Flag
	case Has:
		return slices.Contains(v.Words, a.Values[0])
	default:
		return !slices.Contains(v.Words, a.Values[0])
	}
}

// Rule names atoms of its catalogue.
type Rule struct {
	Clauses [][]int
	// Value is what a template with this rule is worth, above 0 and up to 100.
	Value float64
}

// Catalog is rules and what they ask.
type Catalog struct {
	Attributes []Attribute
	Atoms      []Atom
	Rules      []Rule
	Shape      Shape
}

// Matches returns the numbers of the rules that hold, by asking one after the other.
func (c *Catalog) Matches(p Profile) []int32 {
	var out []int32
	for i := range c.Rules {
		if c.holds(&c.Rules[i], p) {
			out = append(out, int32(i)) //nolint:gosec // far fewer
		}
	}
	return out
}

func (c *Catalog) holds(r *Rule, p Profile) bool {
	for _, clause := range r.Clauses {
		if !slices.ContainsFunc(clause, func(a int) bool { return c.Atoms[a].Holds(p) }) {
			return false
		}
	}
	return true
}

// Rows returns the rules without ORs: each row an AND of atoms, with the number of its rule.
func (c *Catalog) Rows() []Row {
	var out []Row
	for i, r := range c.Rules {
		rows := [][]int{nil}
		for _, clause := range r.Clauses {
			var longer [][]int
			for _, row := range rows {
				for _, a := range clause {
					longer = append(longer, append(slices.Clone(row), a))
				}
			}
			rows = longer
		}
		for _, row := range rows {
			out = append(out, Row{i, row})
		}
	}
	return out
}

// Row is an AND of atoms.
type Row struct {
	Rule  int
	Atoms []int
}
