package rule

import "slices"

// merger collects what is asked about one attribute.
type merger[T comparable] struct {
	valuesOf[T]
	attribute *Attribute
	in, notIn [][]T
	ranges    []*Predicate
}

// mergeValues merges what an All or an Any asks about an attribute that has one value.
func mergeValues[T comparable, V valuesOf[T]](op Op, asks []*Predicate, values V) []*Predicate {
	m := merger[T]{valuesOf: values, attribute: asks[0].Attribute}
	for _, p := range asks {
		switch p.Test {
		case In:
			m.in = append(m.in, *m.of(p))
		case NotIn:
			m.notIn = append(m.notIn, *m.of(p))
		default:
			m.ranges = append(m.ranges, p)
		}
	}
	if op == All {
		return m.all()
	}
	return m.any()
}

func (m *merger[T]) list(test Test, values []T) *Predicate {
	p := &Predicate{ID: -1, Attribute: m.attribute, Test: test}
	*m.of(p) = values
	return p
}

// all lists what is left where there is a list, and else tells the range and what is not in it.
func (m *merger[T]) all() []*Predicate {
	not := m.union(m.notIn)
	var limits *Predicate
	for _, r := range m.ranges {
		if limits == nil {
			limits = r
		}
		limits = m.meet(limits, r)
	}
	outside := func(v T) bool { return limits != nil && !m.within(limits, v) }
	if len(m.in) > 0 {
		left := m.intersection(m.in)
		left = slices.DeleteFunc(left, func(v T) bool { return outside(v) || m.contains(not, v) })
		return []*Predicate{m.list(In, left)}
	}
	if limits == nil {
		return []*Predicate{m.list(NotIn, not)}
	}
	if not = slices.DeleteFunc(not, outside); len(not) > 0 {
		return []*Predicate{limits, m.list(NotIn, not)}
	}
	return []*Predicate{limits}
}

// any tells the values that are left out where some are, and else what is listed and the ranges.
func (m *merger[T]) any() []*Predicate {
	in := m.union(m.in)
	ranges := m.spans()
	inside := func(v T) bool {
		return slices.ContainsFunc(ranges, func(r *Predicate) bool { return m.within(r, v) })
	}
	if len(m.notIn) > 0 {
		out := m.intersection(m.notIn)
		out = slices.DeleteFunc(out, func(v T) bool { return inside(v) || m.contains(in, v) })
		return []*Predicate{m.list(NotIn, out)}
	}
	if in = slices.DeleteFunc(in, inside); len(in) > 0 {
		return append(ranges, m.list(In, in))
	}
	return ranges
}

// spans joins ranges that meet.
func (m *merger[T]) spans() []*Predicate {
	var out []*Predicate
	for _, r := range m.ranges {
		for i := 0; i < len(out); i++ {
			if both, ok := m.span(out[i], r); ok {
				r, out = both, slices.Delete(out, i, i+1)
				i = -1
			}
		}
		out = append(out, r)
	}
	return out
}

func (m *merger[T]) union(lists [][]T) []T { return inOrder(slices.Concat(lists...), m.compare) }

func (m *merger[T]) intersection(lists [][]T) []T {
	out := slices.Clone(lists[0])
	for _, l := range lists[1:] {
		out = slices.DeleteFunc(out, func(v T) bool { return !m.contains(l, v) })
	}
	return out
}

func (m *merger[T]) contains(sorted []T, v T) bool {
	_, found := slices.BinarySearchFunc(sorted, v, m.compare)
	return found
}

// mergeLists merges what an All or an Any asks about an attribute that is a list. To have one of these and one of those is no single question.
func mergeLists(op Op, asks []*Predicate) []*Predicate {
	joined := Disjoint
	if op == Any {
		joined = Intersects
	}
	var out []*Predicate
	var texts [][]string
	for _, p := range asks {
		if p.Test == joined {
			texts = append(texts, p.Texts)
		} else if !slices.ContainsFunc(out, func(q *Predicate) bool { return slices.Equal(p.Texts, q.Texts) }) {
			out = append(out, p)
		}
	}
	if len(texts) > 0 {
		all := inOrder(slices.Concat(texts...), textValues{}.compare)
		out = append(out, &Predicate{ID: -1, Attribute: asks[0].Attribute, Test: joined, Texts: all})
	}
	return out
}
