package match

import (
	"cmp"
	"math"
	"slices"

	"github.com/surprise-service/surprised/internal/rule"
)

const (
	// absent is the slot of what is not there: no predicate is true of it.
	absent = 0
	// other is the slot of texts that no rule lists, and of NaN.
	other = 1
)

// slots divides the values of one attribute so that a predicate has one answer for each slot: yes, no or, where an attribute has more
// values than slots are worth, maybe. A text has a slot of its own, or one with others that the same rules list. Numbers are divided at the
// bounds that rules name.
type slots struct {
	count   int
	kind    rule.Kind
	words   *wordTable
	sizes   []int   // of texts: how many each slot has
	ints    []int64 // the first number of each slot but the lowest, rising
	nearby  nearby
	doubles []float64 // bounds, rising; each has a slot, and so has each gap between them
}

// asked is a predicate with the number of rows that ask it.
type asked struct {
	*rule.Predicate
	rows int
}

// newSlots makes at most budget slots, but up to 8 in any case, for the predicates of one attribute.
func newSlots(kind rule.Kind, preds []asked, budget int) *slots {
	budget = max(budget, 8)
	s := &slots{kind: kind}
	switch kind {
	case rule.Text, rule.Texts:
		s.words, s.sizes = groupWords(preds, budget-2)
		s.count = len(s.sizes)
	case rule.Double:
		s.doubles = thin(doubleBounds(preds), budget/2-2)
		s.count = 2*len(s.doubles) + 3
	default:
		s.ints = thin(intBounds(kind, preds), budget-2)
		s.count, s.nearby = len(s.ints)+2, nearbyOf(s.ints)
	}
	return s
}

// ofText returns the slot of a text that is there, as the others do for theirs.
func (s *slots) ofText(text string) int { return max(int(s.words.get(text)), other) }

func (s *slots) ofInt(x int64) int {
	low, high := s.nearby.find(x)
	for low < high {
		if mid := int(uint(low+high) >> 1); s.ints[mid] <= x {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return 1 + low
}

// ofDouble gives the gap below bound i the slot 2+2i, and the bound itself 3+2i.
func (s *slots) ofDouble(x float64) int {
	if math.IsNaN(x) {
		return other
	}
	i, found := slices.BinarySearch(s.doubles, x)
	if found {
		return 3 + 2*i
	}
	return 2 + 2*i
}

// answers returns the slots for which a predicate is surely true and those for which it may be.
func (s *slots) answers(p *rule.Predicate) (yes, maybe bitset) {
	yes, maybe = newBitset(s.count), newBitset(s.count)
	switch s.kind {
	case rule.Text, rule.Texts:
		s.wordAnswers(p, yes, maybe)
	case rule.Double:
		s.doubleAnswers(p, yes, maybe)
	default:
		s.intAnswers(p, yes, maybe)
	}
	if p.Test == rule.NotIn {
		for i := range yes {
			yes[i] = ^(yes[i] | maybe[i])
		}
		yes.clear(absent)
		yes.trim(s.count)
	}
	return yes, maybe
}

func (s *slots) wordAnswers(p *rule.Predicate, yes, maybe bitset) {
	counts := map[uint32]int{}
	for _, t := range p.Texts {
		counts[s.words.get(t)]++
	}
	for slot, n := range counts {
		if n == s.sizes[slot] {
			yes.set(int(slot))
		} else {
			maybe.set(int(slot))
		}
	}
}

func (s *slots) intAnswers(p *rule.Predicate, yes, maybe bitset) {
	if p.Test == rule.Between {
		s.intRange(p.MinInt, p.MaxInt, yes, maybe)
		return
	}
	for _, x := range p.Ints {
		switch {
		case s.kind != rule.Bool:
			s.intRange(x, x, yes, maybe)
		case x == 0:
			yes.set(1)
		case x == 1:
			yes.set(2)
		}
	}
}

func (s *slots) intRange(low, high int64, yes, maybe bitset) {
	if low > high {
		return
	}
	first, last := s.ofInt(low), s.ofInt(high)
	for slot := first; slot <= last; slot++ {
		begins := slot > first || slot == 1 && low == math.MinInt64 || slot > 1 && s.ints[slot-2] == low
		ends := slot < last || slot == s.count-1 && high == math.MaxInt64 || slot < s.count-1 && s.ints[slot-1]-1 == high
		if begins && ends {
			yes.set(slot)
		} else {
			maybe.set(slot)
		}
	}
}

func (s *slots) doubleAnswers(p *rule.Predicate, yes, maybe bitset) {
	if p.Test == rule.Between {
		s.doubleRange(p, yes, maybe)
		return
	}
	for _, x := range p.Doubles {
		if slot := s.ofDouble(x); slot%2 == 1 && slot != other {
			yes.set(slot)
		} else if slot != other {
			maybe.set(slot)
		}
	}
}

// doubleRange takes gaps that a bound lies in as maybe.
func (s *slots) doubleRange(p *rule.Predicate, yes, maybe bitset) {
	first, last := s.ofDouble(p.Min), s.ofDouble(p.Max)
	if first == other || last == other || p.Min > p.Max {
		return
	}
	for slot := first + 1; slot < last; slot++ {
		yes.set(slot)
	}
	begins, ends := reaches(first, p.Min, p.OpenMin, math.Inf(-1)), reaches(last, p.Max, p.OpenMax, math.Inf(1))
	if first == last {
		begins = min(begins, ends)
		ends = begins
	}
	for slot, how := range map[int]int{first: begins, last: ends} {
		switch how {
		case fully:
			yes.set(slot)
		case partly:
			maybe.set(slot)
		}
	}
}

// How much of a slot lies within a bound.
const (
	nothing = iota
	partly
	fully
)

// reaches tells how much of the slot that a bound of a range is in belongs to the range. Outermost is the infinity on the bound's side: a gap that
// reaches so far belongs to a range that does. The other infinity is one value of its gap.
func reaches(slot int, bound float64, open bool, outermost float64) int {
	switch point := slot%2 == 1; {
	case point && open:
		return nothing
	case point:
		return fully
	case !open && bound == outermost:
		return fully
	default:
		return partly
	}
}

// weighed is a bound with the number of rows that it matters to.
type weighed[T cmp.Ordered] map[T]int

func intBounds(kind rule.Kind, preds []asked) weighed[int64] {
	out := weighed[int64]{}
	add := func(low, high int64, rows int) {
		if low > math.MinInt64 {
			out[low] += rows
		}
		if high < math.MaxInt64 {
			out[high+1] += rows
		}
	}
	for _, p := range preds {
		if p.Test == rule.Between {
			add(p.MinInt, p.MaxInt, p.rows)
		}
		for _, x := range p.Ints {
			add(x, x, p.rows)
		}
	}
	if kind == rule.Bool {
		return weighed[int64]{1: 1} // there is nothing else to be divided
	}
	return out
}

func doubleBounds(preds []asked) weighed[float64] {
	out := weighed[float64]{}
	add := func(x float64, open bool, rows int) {
		if !math.IsNaN(x) && (open || !math.IsInf(x, 0)) {
			out[x] += rows
		}
	}
	for _, p := range preds {
		if p.Test == rule.Between {
			add(p.Min, p.OpenMin || p.Min > 0, p.rows)
			add(p.Max, p.OpenMax || p.Max < 0, p.rows)
		}
		for _, x := range p.Doubles {
			add(x, true, p.rows)
		}
	}
	return out
}

// thin returns the bounds in order, at most so many of them: those that matter most, and others evenly between.
func thin[T cmp.Ordered](bounds weighed[T], most int) []T {
	all := make([]T, 0, len(bounds))
	total := 0
	for x, rows := range bounds {
		all = append(all, x)
		total += rows
	}
	slices.Sort(all)
	if len(all) <= most {
		return all
	}
	out := all[:0]
	passed := 0
	for _, x := range all {
		before := passed * most / total
		passed += bounds[x]
		if passed*most/total > before {
			out = append(out, x)
		}
	}
	return out
}
