package rule

import "slices"

// Formula returns when the rule is true. It never fails: what is not understood is opaque.
func (r *Rule) Formula() *Formula { return r.truth }

// Negation returns when the rule is false, which is not the same as not true: a rule that fails is neither. It is found when first asked for.
func (r *Rule) Negation() *Formula { return r.negation() }

// True tells whether the rule holds. It answers as Holds does, by the rule's formula.
func (r *Rule) True(f *Facts) bool {
	if f.oversize {
		holds, err := r.Holds(f)
		return holds && err == nil
	}
	return r.truth.holds(f)
}

// False tells whether the rule is false, and did not fail.
func (r *Rule) False(f *Facts) bool {
	if f.oversize {
		holds, err := r.Holds(f)
		return !holds && err == nil
	}
	return r.negation().holds(f)
}

func (x *Formula) holds(f *Facts) bool {
	switch x.Op {
	case Leaf:
		return x.Leaf.Holds(f)
	case Any:
		for _, of := range x.Of {
			if of.holds(f) {
				return true
			}
		}
		return false
	default:
		for _, of := range x.Of {
			if !of.holds(f) {
				return false
			}
		}
		return true
	}
}

// Holds tells whether the predicate is true of the facts. What an opaque one found is kept in the facts.
func (p *Predicate) Holds(f *Facts) bool {
	if p.Test == Opaque {
		return f.verdictOf(p.part) == p.want
	}
	p.Attribute.Read(f, &f.value)
	return p.Of(&f.value)
}

// Of tells whether the predicate is true of a value of its attribute. Opaque ones have none.
func (p *Predicate) Of(v *Value) bool {
	if v.Absent {
		return false
	}
	switch p.Test {
	case In:
		return p.lists(v)
	case NotIn:
		return !p.lists(v)
	case Between:
		return p.within(v)
	case Intersects:
		return p.shares(v)
	case Disjoint:
		return !p.shares(v)
	default:
		return false
	}
}

// lists tells whether the value is among those listed.
func (p *Predicate) lists(v *Value) bool {
	switch p.Attribute.Kind {
	case Text:
		return among(p.Texts, v.Text)
	case Double:
		// NaN is among no values.
		return slices.Contains(p.Doubles, v.Double)
	default:
		return among(p.Ints, v.Int)
	}
}

func (p *Predicate) within(v *Value) bool {
	if p.Attribute.Kind == Int {
		return p.MinInt <= v.Int && v.Int <= p.MaxInt
	}
	return (p.Min < v.Double || p.Min == v.Double && !p.OpenMin) && (v.Double < p.Max || v.Double == p.Max && !p.OpenMax)
}

func (p *Predicate) shares(v *Value) bool {
	for _, text := range v.Texts {
		if among(p.Texts, text) {
			return true
		}
	}
	return false
}

// fewValues is up to how many values are compared in turn, which is faster than to search them.
const fewValues = 8

func among[T ~string | ~int64](sorted []T, v T) bool {
	if len(sorted) <= fewValues {
		return slices.Contains(sorted, v)
	}
	_, found := slices.BinarySearch(sorted, v)
	return found
}
