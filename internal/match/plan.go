package match

import (
	"cmp"
	"slices"

	"github.com/surprise-service/surprised/internal/rule"
)

// What things cost, in nanoseconds on a small machine; only their ratios matter.
const (
	costOfWord = 0.35 // ANDing 64 rows with a column
	costOfRead = 30   // reading an attribute and finding its slot
	// reached is the share of rows that stage and channel leave over.
	reached = 0.3
)

// Limits of memory: columns take at most so many bytes, and those of one attribute at most so many slots.
const (
	bytesAtLeast = 1 << 20
	bytesPerRow  = 512
	maxSlots     = 1024
	minSlots     = 16
)

// tuning is what tests vary.
type tuning struct {
	// rows are those of a unit, slots the most of an attribute.
	rows, slots int
	// check is what asking one row's question costs.
	check float64
}

func usual() tuning { return tuning{rows: unitRows, slots: maxSlots, check: 8} }

// ask says that a row asks a predicate, by number.
type ask struct{ row, pred int32 }

// usage is all that rows ask of one attribute, in the order of the rows.
type usage struct {
	attr *rule.Attribute
	asks []ask
	// clauses are those of the clauses of each plane.
	clauses [maxPlanes][]ask
	// weight estimates how many rows it rules out.
	weight float64
}

// passes guesses how often a predicate is true. It only decides what is asked first.
func passes(p *rule.Predicate) float64 {
	switch p.Test {
	case rule.In, rule.Intersects:
		return 0.3
	case rule.NotIn, rule.Disjoint:
		return 0.9
	default:
		return 0.5
	}
}

// plan divides the attributes: those that are worth columns, the most selective first, and those whose predicates are checks. A column costs a
// little for every row, a check much for the rows that are left.
func plan(usages []*usage, preds []asked, l *layout, check float64) (columns, checks []*usage) {
	for _, u := range usages {
		for _, a := range u.asks {
			u.weight += 1 - passes(preds[a.pred].Predicate)
		}
	}
	slices.SortStableFunc(usages, func(a, b *usage) int { return cmp.Compare(b.weight, a.weight) })
	left := make([]float64, len(l.lines))
	for i := range left {
		left[i] = reached
	}
	words := costOfWord * float64(l.words*l.blocks)
	for _, u := range usages {
		expected := 0.0
		for _, a := range u.asks {
			expected += left[a.row]
		}
		// Either way the attribute is read, but for the checks only if any row comes to them.
		if u.attr.Costly || expected*check < words+costOfRead*(1-min(expected, 1)) {
			checks = append(checks, u)
			continue
		}
		for _, a := range u.asks {
			left[a.row] *= passes(preds[a.pred].Predicate)
		}
		columns = append(columns, u)
	}
	return columns, checks
}

// predicates returns those of an attribute in the order of first use.
func (u *usage) predicates(preds []asked) []asked {
	seen := map[int32]bool{}
	var out []asked
	add := func(asks []ask) {
		for _, a := range asks {
			if !seen[a.pred] {
				seen[a.pred] = true
				out = append(out, preds[a.pred])
			}
		}
	}
	add(u.asks)
	for _, asks := range u.clauses {
		add(asks)
	}
	return out
}

// within returns the part of the asks that is of some rows.
func within(asks []ask, from, to int) []ask {
	at := func(row int) int {
		i, _ := slices.BinarySearchFunc(asks, row, func(a ask, row int) int { return cmp.Compare(int(a.row), row) })
		return i
	}
	return asks[at(from):at(to)]
}
