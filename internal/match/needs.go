package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/surprise-service/surprised/internal/rule"
)

const (
	// maxNeeds bounds how many questions stand for a part that is kept whole, maxNeeded how many values each lists.
	maxNeeds  = 8
	maxNeeded = 1000
)

// interner keeps predicates that the index made itself, so that the same question is the same pointer.
type interner map[string]*rule.Predicate

func (in interner) intern(p *rule.Predicate) *rule.Predicate {
	var key strings.Builder
	fmt.Fprint(&key, p.Attribute.ID, " ", p.Test)
	for _, t := range p.Texts {
		fmt.Fprintf(&key, " %q", t)
	}
	fmt.Fprint(&key, p.Ints, p.Doubles)
	if known := in[key.String()]; known != nil {
		return known
	}
	in[key.String()] = p
	return p
}

// mergeable tells that questions to the same attribute can be united: those for any of a list are one question for any of both lists.
func mergeable(a, b *rule.Predicate) bool {
	return a.Attribute == b.Attribute && a.Test == b.Test && (a.Test == rule.In || a.Test == rule.Intersects)
}

// either is true exactly where any of some mergeable questions is.
func either(ps ...*rule.Predicate) *rule.Predicate {
	if len(ps) == 1 {
		return ps[0]
	}
	out := &rule.Predicate{ID: -1, Attribute: ps[0].Attribute, Test: ps[0].Test}
	for _, p := range ps {
		out.Texts, out.Ints, out.Doubles = append(out.Texts, p.Texts...), append(out.Ints, p.Ints...), append(out.Doubles, p.Doubles...)
	}
	out.Texts, out.Ints, out.Doubles = sorted(out.Texts), sorted(out.Ints), sorted(out.Doubles)
	return out
}

func sorted[T cmp.Ordered](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}

// needs returns questions that are true wherever the part is: a necessary condition, such as the stores of all alternatives together.
func (e *expander) needs(f *rule.Formula) []*rule.Predicate {
	switch f.Op {
	case rule.Leaf:
		if f.Leaf.Test == rule.In || f.Leaf.Test == rule.Intersects {
			return []*rule.Predicate{f.Leaf}
		}
		return nil
	case rule.All:
		var out []*rule.Predicate
		for _, part := range f.Of {
			out = union(out, e.needs(part))
		}
		return out[:min(len(out), maxNeeds)]
	default:
		return e.needsOfAny(f.Of)
	}
}

func (e *expander) needsOfAny(parts []*rule.Formula) []*rule.Predicate {
	var out []*rule.Predicate
	for i, part := range parts {
		next := e.needs(part)
		if i > 0 {
			next = bothNeed(out, next)
		}
		if out = next; len(out) == 0 {
			return nil
		}
	}
	return out
}

// bothNeed pairs the questions of two alternatives; one that finds no partner is not needed by both.
func bothNeed(a, b []*rule.Predicate) []*rule.Predicate {
	var out []*rule.Predicate
	for _, x := range a {
		i := slices.IndexFunc(b, func(y *rule.Predicate) bool { return mergeable(x, y) })
		if i < 0 {
			continue
		}
		if p := either(x, b[i]); len(p.Texts)+len(p.Ints)+len(p.Doubles) <= maxNeeded {
			out = append(out, p)
		}
	}
	return out
}
