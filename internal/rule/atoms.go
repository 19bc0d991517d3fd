package rule

import (
	"slices"
	"strconv"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// Atom is a part of a rule that cannot be divided further, was false or failed, and would have to be true for the rule to hold.
type Atom struct {
	// Expression is the part as CEL writes it back, at most about 200 characters.
	Expression string
	// Was is what the part found: the value of the side that is not a literal, "absent" for what is not there, or an error's text.
	Was string
	// Segment names the segment that the part stands in; empty: the rule itself.
	Segment string
	// Line counts from 1, Column from 0 in code points, both within the rule's or the segment's own text.
	Line, Column int
}

// FalseAtoms returns why the rule does not hold of the facts, in the order of the text; nothing if it does hold. A segment is told
// by the atoms of its own rule, once. It costs several times as much as Holds, and is for explanations only.
func (r *Rule) FalseAtoms(f *Facts) []Atom {
	if holds, err := r.Holds(f); holds && err == nil {
		return nil
	}
	return r.atoms(f, descent{want: true}, map[descent]bool{})
}

// descent is one way into a segment: what was looked for in it. The empty name is the rule itself.
type descent struct {
	segment string
	want    bool
}

func (r *Rule) atoms(f *Facts, d descent, seen map[descent]bool) []Atom {
	x, err := r.explain()
	if err != nil {
		return []Atom{{Expression: shorten(r.source, maxExpression), Was: err.Error(), Segment: d.segment, Line: 1}}
	}
	c := &collector{evaluation: x.evaluate(f), segment: d.segment, seen: seen}
	c.collect(x.checked.Expr(), d.want)
	if !c.found {
		c.whole(r, d.want)
	}
	return c.atoms
}

// collector walks the tree of one rule.
type collector struct {
	*evaluation
	segment string
	// seen keeps segments that use others many times over from being told as many times.
	seen  map[descent]bool
	atoms []Atom
	// found says that a reason was found, here or in a segment told before.
	found bool
}

// collect adds the atoms that keep e from being want. What is wanted to be false are the parts below an odd number of "!".
func (c *collector) collect(e ast.Expr, want bool) {
	if c.verdict(e) == wanted(want) {
		return
	}
	switch operator(e) {
	case operators.LogicalAnd, operators.LogicalOr:
		// Both are alike: where an || is not true, neither side is, and each would do.
		c.sides(e, want)
	case operators.LogicalNot:
		c.negation(e, want)
	case operators.Conditional:
		c.branch(e.AsCall().Args(), want)
	default:
		c.leaf(e, want)
	}
}

// sides passes over those that were not evaluated because the other side had decided.
func (c *collector) sides(e ast.Expr, want bool) {
	for _, side := range e.AsCall().Args() {
		if c.verdict(e) == unknown || c.verdict(side) != unknown {
			c.collect(side, want)
		}
	}
}

// negation keeps !x in one piece if x cannot be divided; else De Morgan's laws lead further.
func (c *collector) negation(e ast.Expr, want bool) {
	arg := e.AsCall().Args()[0]
	if _, isSegment := segmentName(arg); want && operator(arg) == "" && !isSegment {
		c.add(e, want)
		return
	}
	c.collect(arg, !want)
}

// branch follows the branch taken. If that is a plain true or false, only the condition can change anything.
func (c *collector) branch(args []ast.Expr, want bool) {
	cond, taken, other := args[0], args[1], args[2]
	switch c.verdict(cond) {
	case yes:
	case no:
		taken, other = other, taken
	default:
		c.collect(cond, true)
		return
	}
	if isLiteral(taken, !want) && !isLiteral(other, !want) {
		c.collect(cond, c.verdict(cond) == no)
		return
	}
	c.collect(taken, want)
}

func (c *collector) leaf(e ast.Expr, want bool) {
	if name, ok := segmentName(e); ok {
		if r := c.facts.set.segments[name]; r != nil {
			c.descend(r, descent{segment: name, want: want})
			return
		}
	}
	c.add(e, want)
}

func (c *collector) descend(r *Rule, d descent) {
	c.found = true
	if !c.seen[d] {
		c.seen[d] = true
		c.atoms = append(c.atoms, r.atoms(c.facts, d, c.seen)...)
	}
}

// add adds e, or !e if it is wanted to be false. Of the parts that were not evaluated only the first one is to blame: the
// evaluation was stopped in it.
func (c *collector) add(e ast.Expr, want bool) {
	var was string
	switch {
	case c.verdict(e) != unknown:
		was = c.was(e)
	case c.stopped != nil:
		was, c.stopped = shorten(c.stopped.Error(), maxWas), nil
	default:
		return
	}
	c.append(e, want, was)
}

// whole adds the rule in one piece.
func (c *collector) whole(r *Rule, want bool) {
	holds, err := r.Holds(c.facts)
	was := strconv.FormatBool(holds)
	if err != nil {
		was = shorten(err.Error(), maxWas)
	}
	c.append(c.checked.Expr(), want, was)
}

func (c *collector) append(e ast.Expr, want bool, was string) {
	a := Atom{Expression: c.text(e, !want), Was: was, Segment: c.segment}
	a.Line, a.Column = c.position(e)
	c.found = true
	c.atoms = append(c.atoms, a)
}

// operator returns the name of an operator that leads further down, or nothing.
func operator(e ast.Expr) string {
	further := []string{operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Conditional}
	if e.Kind() == ast.CallKind && slices.Contains(further, e.AsCall().FunctionName()) {
		return e.AsCall().FunctionName()
	}
	return ""
}

func isLiteral(e ast.Expr, value bool) bool {
	return e.Kind() == ast.LiteralKind && e.AsLiteral().Value() == value
}
