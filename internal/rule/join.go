package rule

import "slices"

func only(p *Predicate) *Formula { return &Formula{Op: Leaf, Leaf: p, size: 1} }

func never() *Formula  { return &Formula{Op: Any} }
func always() *Formula { return &Formula{Op: All} }

func constant(holds bool) *Formula {
	if holds {
		return always()
	}
	return never()
}

// isConstant tells that a formula is true of all facts, or of none.
func (x *Formula) isConstant(holds bool) bool {
	return len(x.Of) == 0 && (holds && x.Op == All || !holds && x.Op == Any)
}

// join makes one formula of several: nested ones become flat, and what asks about one attribute becomes one predicate where it can.
func join(op Op, parts []*Formula) *Formula {
	decisive := op == Any // true decides an Any, false an All
	g := grouper{op: op}
	if !g.addAll(parts, decisive) {
		return constant(decisive)
	}
	var of []*Formula
	for _, p := range g.merged() {
		x := p.formula()
		switch {
		case x.isConstant(decisive):
			return x
		case !x.isConstant(!decisive):
			of = append(of, x)
		}
	}
	if of = append(of, g.others...); len(of) == 1 {
		return of[0]
	}
	// The order makes no difference to what is found, but to how soon.
	slices.SortStableFunc(of, func(x, y *Formula) int { return x.effort() - y.effort() })
	out := &Formula{Op: op, Of: of}
	for _, x := range of {
		out.size += x.size
	}
	return out
}

// effort orders what is asked: fields, nested formulas, what is costly, and CEL last.
func (x *Formula) effort() int {
	switch {
	case x.Op != Leaf:
		return 1
	case x.Leaf.Test == Opaque:
		return 3
	case x.Leaf.Attribute.Costly:
		return 2
	default:
		return 0
	}
}

// grouper sorts the parts of an All or Any: predicates by what they ask about, all else once each.
type grouper struct {
	op     Op
	asks   []*Predicate
	others []*Formula
}

// addAll returns false if a part decides.
func (g *grouper) addAll(parts []*Formula, decisive bool) bool {
	for _, x := range parts {
		switch {
		case x.isConstant(decisive):
			return false
		case x.Op == g.op:
			if !g.addAll(x.Of, decisive) {
				return false
			}
		case x.Op == Leaf && x.Leaf.Test != Opaque:
			g.asks = append(g.asks, x.Leaf)
		case !slices.ContainsFunc(g.others, x.same):
			if !x.isConstant(!decisive) {
				g.others = append(g.others, x)
			}
		}
	}
	return true
}

// same finds what is there twice: the same part, or the same opaque predicate.
func (x *Formula) same(y *Formula) bool {
	return x == y || x.Op == Leaf && y.Op == Leaf && x.Leaf.Test == Opaque && x.Leaf.part == y.Leaf.part && x.Leaf.want == y.Leaf.want
}

// merged merges the predicates of each attribute, in the order in which the rule asks.
func (g *grouper) merged() []*Predicate {
	if len(g.asks) < 2 {
		return g.asks
	}
	var groups [][]*Predicate
	for _, p := range g.asks {
		i := slices.IndexFunc(groups, func(of []*Predicate) bool { return of[0].Attribute == p.Attribute })
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], p)
	}
	out := make([]*Predicate, 0, len(groups))
	for _, of := range groups {
		out = append(out, merge(g.op, of)...)
	}
	return out
}

func merge(op Op, asks []*Predicate) []*Predicate {
	if len(asks) == 1 {
		return asks
	}
	switch asks[0].Attribute.Kind {
	case Texts:
		return mergeLists(op, asks)
	case Text:
		return mergeValues(op, asks, textValues{})
	case Double:
		return mergeValues(op, asks, doubleValues{})
	default:
		return mergeValues(op, asks, intValues{})
	}
}

// formula is the predicate, or what it comes to: those of nothing, and of everything, and ranges of one value.
func (p *Predicate) formula() *Formula {
	if p.Test == Between {
		p = p.narrowed()
	}
	values := len(p.Texts) + len(p.Ints) + len(p.Doubles)
	switch {
	case values == 0 && (p.Test == In || p.Test == Intersects):
		return never()
	case values == 0 && (p.Test == NotIn || p.Test == Disjoint), p.Attribute.Kind == Bool && values == 2:
		if p.Attribute.optional {
			return only(&Predicate{ID: -1, Attribute: p.Attribute, Test: everyTest(p)})
		}
		return always()
	default:
		return only(p)
	}
}

// everyTest is true of all values that can be read when it lists none.
func everyTest(p *Predicate) Test {
	if p.Attribute.Kind == Texts {
		return Disjoint
	}
	return NotIn
}
