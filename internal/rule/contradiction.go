package rule

import (
	"fmt"
	"slices"
)

// Contradiction tells why rules can never hold together: two parts that both would have to be true. It is found without any facts.
type Contradiction struct {
	// A stands before B. Of a part that is never true for itself there is no B.
	A, B Atom
	// Rule is the position, among the rules that were given, of the one in which the later part stands. Line and Column are
	// where; for what stands in a segment, where the rule asks for the segment.
	Rule, Line, Column int
}

// String returns `customer.tier == "gold" contradicts customer.tier == "silver" in segment "plain"`.
func (c *Contradiction) String() string {
	if c.B.Expression == "" {
		return inSegment(c.A) + " is never true"
	}
	return inSegment(c.A) + " contradicts " + inSegment(c.B)
}

func inSegment(a Atom) string {
	if a.Segment == "" {
		return a.Expression
	}
	return fmt.Sprintf("%s in segment %q", a.Expression, a.Segment)
}

// Bounds of the search, so that a catalogue of strange rules does not take long to check. What is beyond is not looked at.
const (
	maxConjuncts = 500
	maxLiterals  = 100
)

// Contradict returns the first contradiction among rules that are to hold together, or nil if none is found. It looks at what an
// "&&" joins at the top, in segments too: comparisons of one thing with literals, and things that are to be true and false. Nil
// rules always hold.
func Contradict(rules ...*Rule) *Contradiction {
	// Nearly always there is none, which the clauses tell that many rules share. Where one stands only the rule's own tree tells.
	if contradict(rules, (*Rule).sharedConjuncts) == nil {
		return nil
	}
	return contradict(rules, func(r *Rule) []conjunct { return r.conjuncts() })
}

func contradict(rules []*Rule, conjuncts func(r *Rule) []conjunct) *Contradiction {
	s := search{domains: map[string]*domain{}, conjuncts: conjuncts}
	for i, r := range rules {
		if r == nil {
			continue
		}
		s.rule, s.seen = i, map[string]bool{}
		if s.walk(r, "", nil) {
			return s.found
		}
	}
	return nil
}

// search collects what is asked of each thing.
type search struct {
	conjuncts func(r *Rule) []conjunct
	rule      int
	seen      map[string]bool
	count     int
	domains   map[string]*domain
	found     *Contradiction
}

// asked is a conjunct at its place.
type asked struct {
	conjunct
	owner   *Rule
	segment string
	// top is the conjunct of the rule itself that leads here.
	top *asked
}

// walk adds the conjuncts of a rule, and of the segments that it asks for, and reports whether one contradicts another.
func (s *search) walk(r *Rule, segment string, top *asked) bool {
	for _, c := range s.conjuncts(r) {
		if s.count++; s.count > maxConjuncts {
			return false
		}
		a := &asked{conjunct: c, owner: r, segment: segment, top: top}
		if top == nil {
			a.top = a
		}
		if s.add(a) || s.descend(a) {
			return true
		}
	}
	return false
}

// descend follows a segment that is to be true, once.
func (s *search) descend(a *asked) bool {
	name, ok := segmentName(a.expr)
	if !ok || s.seen[name] {
		return false
	}
	s.seen[name] = true
	r := a.owner.set.segments[name]
	return r != nil && s.walk(r, name, a.top)
}

func (s *search) add(a *asked) bool {
	if a.never {
		s.report(a, nil)
		return true
	}
	d := s.domains[a.about]
	if d == nil {
		d = newDomain()
		s.domains[a.about] = d
	}
	if d.narrow(a); !d.empty() {
		return false
	}
	s.report(d.against(a), a)
	return true
}

// report takes nil for b where a is never true for itself.
func (s *search) report(a, b *asked) {
	last := a
	if b != nil {
		last = b
	}
	s.found = &Contradiction{A: a.atom(), Rule: s.rule}
	if b != nil {
		s.found.B = b.atom()
	}
	at := last.top.atom()
	s.found.Line, s.found.Column = at.Line, at.Column
}

func (a *asked) atom() Atom {
	x, err := a.owner.explain()
	if err != nil {
		return Atom{Expression: shorten(a.owner.source, maxExpression), Segment: a.segment, Line: 1}
	}
	out := Atom{Expression: x.text(a.expr, false), Segment: a.segment}
	out.Line, out.Column = x.position(a.expr)
	return out
}

// domain is what one thing can still be.
type domain struct {
	// allowed are the only values left; any where anyOf is false.
	allowed []any
	anyOf   bool
	limits  interval
	asked   []*asked
}

func newDomain() *domain { return &domain{limits: everything()} }

func (d *domain) narrow(a *asked) {
	d.limits = d.limits.intersect(a.limits)
	before := d.asked
	d.asked = append(d.asked, a)
	switch {
	case d.anyOf:
		d.allowed = slices.DeleteFunc(slices.Clone(d.allowed), func(v any) bool { return !a.admits(v) })
	case a.anyOf:
		d.anyOf = true
		d.allowed = slices.DeleteFunc(slices.Clone(a.values), func(v any) bool {
			return slices.ContainsFunc(before, func(b *asked) bool { return !b.admits(v) })
		})
	}
}

func (d *domain) empty() bool {
	if d.anyOf && len(d.allowed) == 0 || d.limits.empty() {
		return true
	}
	only, one := d.limits.only()
	return one && slices.ContainsFunc(d.asked, func(a *asked) bool { return !a.admits(only) })
}

// against returns the first part that excludes the last one alone; where it takes several, the one before it.
func (d *domain) against(last *asked) *asked {
	for _, a := range d.asked[:len(d.asked)-1] {
		two := newDomain()
		two.narrow(a)
		if two.narrow(last); two.empty() {
			return a
		}
	}
	return d.asked[max(0, len(d.asked)-2)]
}
