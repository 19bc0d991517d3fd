package rule

import (
	"cmp"
	"math"
	"slices"
)

// valuesOf reads and writes what the predicates of one kind of attribute list.
type valuesOf[T any] interface {
	of(p *Predicate) *[]T
	compare(a, b T) int
	// within tells whether Between holds of the value.
	within(p *Predicate, v T) bool
	// meet is true of what both ranges are, span of what either is, if that is a range too.
	meet(p, q *Predicate) *Predicate
	span(p, q *Predicate) (*Predicate, bool)
}

type textValues struct{}

func (textValues) of(p *Predicate) *[]string                      { return &p.Texts }
func (textValues) compare(a, b string) int                        { return cmp.Compare(a, b) }
func (textValues) within(*Predicate, string) bool                 { return false }
func (textValues) meet(p, _ *Predicate) *Predicate                { return p }
func (textValues) span(p, _ *Predicate) (out *Predicate, ok bool) { return p, false }

type intValues struct{}

func (intValues) of(p *Predicate) *[]int64          { return &p.Ints }
func (intValues) compare(a, b int64) int            { return cmp.Compare(a, b) }
func (intValues) within(p *Predicate, v int64) bool { return p.MinInt <= v && v <= p.MaxInt }

func (intValues) meet(p, q *Predicate) *Predicate {
	return intRange(p.Attribute, max(p.MinInt, q.MinInt), min(p.MaxInt, q.MaxInt))
}

func (intValues) span(p, q *Predicate) (*Predicate, bool) {
	if q.MinInt < p.MinInt {
		p, q = q, p
	}
	if p.MaxInt != math.MaxInt64 && q.MinInt > p.MaxInt+1 {
		return nil, false
	}
	return intRange(p.Attribute, p.MinInt, max(p.MaxInt, q.MaxInt)), true
}

type doubleValues struct{}

func (doubleValues) of(p *Predicate) *[]float64          { return &p.Doubles }
func (doubleValues) compare(a, b float64) int            { return cmp.Compare(a, b) }
func (doubleValues) within(p *Predicate, v float64) bool { return p.interval().contains(v) }

func (doubleValues) meet(p, q *Predicate) *Predicate {
	return doubleRange(p.Attribute, p.interval().intersect(q.interval()))
}

func (doubleValues) span(p, q *Predicate) (*Predicate, bool) {
	a, b := p.interval(), q.interval()
	if b.low < a.low || b.low == a.low && a.openLow {
		a, b = b, a
	}
	if b.low > a.high || b.low == a.high && b.openLow && a.openHigh {
		return nil, false
	}
	if b.high > a.high || b.high == a.high && !b.openHigh {
		a.high, a.openHigh = b.high, b.openHigh
	}
	return doubleRange(p.Attribute, a), true
}

func (p *Predicate) interval() interval {
	return interval{low: p.Min, high: p.Max, openLow: p.OpenMin, openHigh: p.OpenMax}
}

func intRange(a *Attribute, low, high int64) *Predicate {
	return &Predicate{ID: -1, Attribute: a, Test: Between, MinInt: low, MaxInt: high}
}

func doubleRange(a *Attribute, i interval) *Predicate {
	return &Predicate{ID: -1, Attribute: a, Test: Between, Min: i.low + 0, Max: i.high + 0, OpenMin: i.openLow, OpenMax: i.openHigh}
}

// narrowed turns a range of nothing, of one value and of all ints into lists.
func (p *Predicate) narrowed() *Predicate {
	in := &Predicate{ID: -1, Attribute: p.Attribute, Test: In}
	if p.Attribute.Kind == Int {
		switch {
		case p.MinInt == math.MinInt64 && p.MaxInt == math.MaxInt64:
			in.Test = NotIn
			return in
		case p.MinInt == p.MaxInt:
			in.Ints = []int64{p.MinInt}
			return in
		case p.MinInt > p.MaxInt:
			return in
		}
		return p
	}
	if value, one := p.interval().only(); one {
		in.Doubles = []float64{value}
		return in
	}
	if p.interval().empty() {
		return in
	}
	return p
}

// inOrder sorts values and leaves each once.
func inOrder[T comparable](values []T, compare func(a, b T) int) []T {
	slices.SortFunc(values, compare)
	return slices.Compact(values)
}
