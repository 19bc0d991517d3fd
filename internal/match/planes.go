package match

import (
	"cmp"
	"slices"

	"github.com/surprise-service/surprised/internal/rule"
)

// maxPlanes is how many clauses of a row columns answer; its others are checks.
const maxPlanes = 8

// clause is an OR that a row asks beside its other questions.
type clause struct {
	row int32
	of  *rule.Formula
}

// planes answer clauses: the first of each row that has any in the first plane, the second in the second. A plane has a column of the rows that
// have no such clause, and for each attribute that clauses of it ask for, one column for each slot: the rows whose clause has a question to the
// attribute that is true of the slot, or may be. A row must be in any of those that a request has.
type planes struct {
	// free are the columns of the rows without a clause, by plane.
	free []int
	// deep is how many planes each unit has; the rows of most units have no clauses.
	deep []uint8
	// claused is how many rows are not free in the first plane.
	claused int
}

// planeColumns are those of one attribute in a plane. There is none for what is absent, of which nothing is true. A list has others beside, where
// clauses forbid words of it: of the rows whose clause does, and by slot of those among them that do not forbid its words.
type planeColumns struct {
	plane, first int
	// barring is the first of those others, or none.
	barring int
	// end is the column after the last.
	end int
}

// planeAt returns the columns of an attribute in a plane, from a column on.
func (f *field) planeAt(plane, first int, preds []asked) planeColumns {
	out := planeColumns{plane: plane, first: first, barring: none, end: first + f.count - 1}
	if slices.ContainsFunc(f.clauses[plane], func(a ask) bool { return preds[a.pred].Test == rule.Disjoint }) {
		out.barring = out.end
		out.end += f.count
	}
	return out
}

// column returns that of a slot but absent.
func (p planeColumns) column(slot int) int { return p.first + slot - 1 }

// allowing returns the column of the rows that forbid words, but none of a slot.
func (p planeColumns) allowing(slot int) int { return p.barring + slot }

// isClause tells that a formula is an OR of questions to attributes that may have columns. To forbid these words of a list or those would take
// columns of their own.
func isClause(f *rule.Formula) bool {
	var barred []*rule.Attribute
	for _, part := range f.Of {
		if part.Op != rule.Leaf || part.Leaf.Test == rule.Opaque || part.Leaf.Attribute.Costly || part.Leaf.Attribute.Stage {
			return false
		}
		if a := part.Leaf.Attribute; part.Leaf.Test == rule.Disjoint {
			if slices.Contains(barred, a) {
				return false
			}
			barred = append(barred, a)
		}
	}
	return f.Op == rule.Any
}

// passesAny guesses how often a clause is true.
func passesAny(f *rule.Formula) float64 {
	fails := 1.0
	for _, part := range f.Of {
		fails *= 1 - passes(part.Leaf)
	}
	return 1 - fails
}

// useClauses gives the clauses of a row their planes, those that are true least often first.
func (b *builder) useClauses(row int, clauses []*rule.Formula) {
	clauses = slices.SortedStableFunc(slices.Values(clauses), func(f, g *rule.Formula) int { return cmp.Compare(passesAny(f), passesAny(g)) })
	for i, f := range clauses {
		if i == maxPlanes {
			b.checkClauses(ofRow(row, clauses[i:]))
			return
		}
		if i == len(b.clauses) {
			b.clauses = append(b.clauses, nil)
		}
		b.clauses[i] = append(b.clauses[i], clause{int32(row), f}) //nolint:gosec // rows are far below 2 billion
	}
}

func ofRow(row int, clauses []*rule.Formula) []clause {
	out := make([]clause, len(clauses))
	for i, f := range clauses {
		out[i] = clause{int32(row), f} //nolint:gosec // rows are far below 2 billion
	}
	return out
}

func (b *builder) checkClauses(clauses []clause) {
	for _, c := range clauses {
		b.checker.ask(int(c.row), b.checker.formula(c.of))
	}
}

// dropPlanes makes checks of all clauses from a plane on.
func (b *builder) dropPlanes(from int) {
	for i := from; i < len(b.clauses); i++ {
		b.checkClauses(b.clauses[i])
		for _, u := range b.usages {
			u.clauses[i] = nil
		}
	}
	b.clauses = b.clauses[:from]
}

// planPlanes keeps the planes that are worth their columns, and notes what their clauses ask of attributes.
func (b *builder) planPlanes() {
	for i, clauses := range b.clauses {
		if !b.worthwhile(clauses) {
			b.dropPlanes(i)
			return
		}
		for _, c := range clauses {
			for _, part := range c.of.Of {
				u := b.usageOf(part.Leaf.Attribute)
				u.clauses[i] = append(u.clauses[i], b.ask(int(c.row), part.Leaf))
			}
		}
	}
}

// worthwhile compares what a plane costs with what the checks would. A clause that is a check asks about two questions.
func (b *builder) worthwhile(clauses []clause) bool {
	attrs, units := map[*rule.Attribute]bool{}, map[int]bool{}
	for _, c := range clauses {
		units[int(c.row)/unitRows] = true
		for _, part := range c.of.Of {
			attrs[part.Leaf.Attribute] = true
		}
	}
	expected := reached * float64(len(clauses))
	words := costOfWord * float64(chunk*len(units)*(1+len(attrs)))
	return 2*expected*b.tune.check >= words+costOfRead*float64(len(attrs))*(1-min(expected, 1))
}

// withPlanes adds the usages that only clauses have.
func (b *builder) withPlanes(usages []*usage) []*usage {
	for _, u := range b.usages {
		if u.inPlanes(len(b.clauses)) && !slices.Contains(usages, u) {
			usages = append(usages, u)
		}
	}
	return usages
}

// inPlanes tells that clauses of the first planes ask for the attribute.
func (u *usage) inPlanes(planes int) bool {
	return slices.ContainsFunc(u.clauses[:planes], func(asks []ask) bool { return len(asks) > 0 })
}
