package matchers

import (
	"slices"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// closures is what a Go programmer writes by hand: each rule a list of functions, asked until one says no.
type closures struct {
	rules    [][]predicate
	profiles []rules.Profile
}

type predicate func(rules.Profile) bool

func (e *closures) Build(c *rules.Catalog) error {
	atoms := make([]predicate, len(c.Atoms))
	for i := range c.Atoms {
		atoms[i] = closure(&c.Atoms[i])
	}
	for _, r := range c.Rules {
		all := make([]predicate, len(r.Clauses))
		for i, clause := range r.Clauses {
			all[i] = atoms[clause[0]]
			if len(clause) > 1 {
				all[i] = anyOf(atoms, clause)
			}
		}
		e.rules = append(e.rules, all)
	}
	return nil
}

func anyOf(atoms []predicate, clause []int) predicate {
	some := make([]predicate, len(clause))
	for i, a := range clause {
		some[i] = atoms[a]
	}
	return func(p rules.Profile) bool {
		for _, holds := range some {
			if holds(p) {
				return true
			}
		}
		return false
	}
}

// closure asks for an attribute that is there or not.
func closure(a *rules.Atom) predicate {
	i, value := a.Attribute, valueClosure(a)
	return func(p rules.Profile) bool { return !p[i].Absent && value(&p[i]) }
}

// manyValues is from how many on a list is looked up rather than gone through.
const manyValues = 12

func valueClosure(a *rules.Atom) func(*rules.Value) bool {
	n := a.Number
	switch a.Op {
	case rules.In, rules.Not:
		return wordClosure(a.Values, a.Op == rules.In)
	case rules.AtLeast:
		return func(v *rules.Value) bool { return v.Number >= n }
	case rules.Below:
		return func(v *rules.Value) bool { return v.Number < n }
	case rules.Yes:
		return func(v *rules.Value) bool { return v.Flag }
	case rules.No:
		return func(v *rules.Value) bool { return !v.Flag }
	default: // Has, Lacks
		word, want := a.Values[0], a.Op == rules.Has
		return func(v *rules.Value) bool { return slices.Contains(v.Words, word) == want }
	}
}

func wordClosure(values []string, want bool) func(*rules.Value) bool {
	if len(values) == 1 {
		word := values[0]
		return func(v *rules.Value) bool { return (v.Word == word) == want }
	}
	if len(values) < manyValues {
		return func(v *rules.Value) bool { return slices.Contains(values, v.Word) == want }
	}
	set := make(map[string]bool, len(values))
	for _, w := range values {
		set[w] = true
	}
	return func(v *rules.Value) bool { return set[v.Word] == want }
}

func (e *closures) Prepare(_ *rules.Catalog, profiles []rules.Profile) error {
	e.profiles = profiles
	return nil
}

func (e *closures) Match(profile int, into []int32) ([]int32, error) {
	p := e.profiles[profile]
rules:
	for i, all := range e.rules {
		for _, holds := range all {
			if !holds(p) {
				continue rules
			}
		}
		into = append(into, int32(i)) //nolint:gosec // far fewer
	}
	return into, nil
}
