package match

import (
	"slices"

	"github.com/surprise-service/surprised/internal/rule"
)

const (
	// maxRows bounds the rows of one rule; a part that would make more of them is left whole, as a tree.
	maxRows = 16
	// maxSize bounds the parts of a rule that is looked at, shared ones counted each time: segments that use others twice over grow beyond any
	// bound.
	maxSize = 4096
)

// conjunction is a row of a rule: it is true where all its predicates and all its trees are. A rule is true where any of its rows is.
type conjunction struct {
	preds []*rule.Predicate
	// clauses are ORs that planes of columns can answer, trees parts that are asked as they are.
	clauses, trees []*rule.Formula
	// whole says that the rule itself must be asked: it is too large to look at.
	whole bool
}

func (c *conjunction) always() bool { return len(c.preds)+len(c.clauses)+len(c.trees) == 0 && !c.whole }

// expander turns rules into disjunctive normal form, bounded: a row too many may stay inside a tree, but none is ever lost.
type expander struct {
	known map[*rule.Formula][]conjunction
	sizes map[*rule.Formula]int
	made  interner
}

func newExpander() *expander {
	return &expander{known: map[*rule.Formula][]conjunction{}, sizes: map[*rule.Formula]int{}, made: interner{}}
}

// rows returns the rows of a rule. Nil is everybody's rule; a rule that is never true has no rows.
func (e *expander) rows(r *rule.Rule) []conjunction {
	if r == nil {
		return []conjunction{{}}
	}
	f := r.Formula()
	if flat(f) {
		return e.expand(f)
	}
	clear(e.known)
	clear(e.sizes)
	if e.size(f) > maxSize {
		return []conjunction{{whole: true}}
	}
	return e.expand(f)
}

func leaves(f *rule.Formula) []*rule.Predicate {
	out := make([]*rule.Predicate, 0, len(f.Of))
	for _, part := range f.Of {
		if !slices.Contains(out, part.Leaf) {
			out = append(out, part.Leaf)
		}
	}
	return out
}

// flat is most rules: some questions with && between them.
func flat(f *rule.Formula) bool {
	return f.Op == rule.All && !slices.ContainsFunc(f.Of, func(p *rule.Formula) bool { return p.Op != rule.Leaf })
}

// size counts the parts; above maxSize it does not matter by how much.
func (e *expander) size(f *rule.Formula) int {
	if n, ok := e.sizes[f]; ok || f.Op == rule.Leaf {
		return max(n, 1)
	}
	n := 1
	for _, part := range f.Of {
		n = min(n+e.size(part), maxSize+1)
	}
	e.sizes[f] = n
	return n
}

func (e *expander) expand(f *rule.Formula) []conjunction {
	if f.Op == rule.Leaf {
		return []conjunction{{preds: []*rule.Predicate{f.Leaf}}}
	}
	if flat(f) {
		return []conjunction{{preds: leaves(f)}}
	}
	if out, ok := e.known[f]; ok {
		return out
	}
	parts := make([][]conjunction, len(f.Of))
	for i, part := range f.Of {
		parts[i] = e.expand(part)
	}
	var out []conjunction
	if f.Op == rule.All {
		out = e.all(f.Of, parts)
	} else {
		out = e.any(f, parts)
	}
	e.known[f] = out
	return out
}

// all multiplies the rows of the parts out, those with the fewest first, and keeps the parts whole that would make too many. Where all of them
// would, clauses are left as they are first.
func (e *expander) all(of []*rule.Formula, parts [][]conjunction) []conjunction {
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return len(parts[a]) - len(parts[b]) })
	out, wide := []conjunction{{}}, product(parts) > maxRows
	for _, i := range order {
		part := parts[i]
		if wide && isClause(of[i]) || len(out)*len(part) > maxRows {
			part = []conjunction{e.tree(of[i])}
		}
		out = multiply(out, part)
	}
	return out
}

// product is how many rows the parts make together; above maxRows it does not matter by how much.
func product(parts [][]conjunction) int {
	n := 1
	for _, part := range parts {
		n = min(n*len(part), maxRows+1)
	}
	return n
}

func multiply(a, b []conjunction) []conjunction {
	out := make([]conjunction, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, both(x, y))
		}
	}
	return out
}

// both makes new lists: those of rows are shared.
func both(a, b conjunction) conjunction {
	return conjunction{preds: union(a.preds, b.preds), clauses: union(a.clauses, b.clauses), trees: union(a.trees, b.trees)}
}

func union[T comparable](a, b []T) []T {
	if len(b) == 0 {
		return a
	}
	out := append(make([]T, 0, len(a)+len(b)), a...)
	for _, x := range b {
		if !slices.Contains(a, x) {
			out = append(out, x)
		}
	}
	return out
}

// any takes the rows of all parts.
func (e *expander) any(f *rule.Formula, parts [][]conjunction) []conjunction {
	var out []conjunction
	for _, part := range parts {
		for _, row := range part {
			if row.always() {
				return []conjunction{{}}
			}
			out = append(out, row)
		}
	}
	if len(out) > maxRows {
		return []conjunction{e.tree(f)}
	}
	return out
}

// tree is a part kept whole. Of one that is no clause, what it needs at the least is asked of the columns.
func (e *expander) tree(f *rule.Formula) conjunction {
	if isClause(f) {
		return conjunction{clauses: []*rule.Formula{f}}
	}
	out := conjunction{trees: []*rule.Formula{f}}
	for _, p := range e.needs(f) {
		if p.ID < 0 {
			p = e.made.intern(p)
		}
		out.preds = append(out.preds, p)
	}
	return out
}
