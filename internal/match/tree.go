package match

import "github.com/surprise-service/surprised/internal/rule"

// tree is a part of a rule that was not multiplied out: questions one after the other, where each answer leads to another question or to the end.
// (Code for boolean expressions with jumps: Aho, Lam, Sethi and Ullman, "Compilers", 6.6.)
type tree struct {
	steps []step
	first int32
}

type step struct{ question, yes, no int32 }

// Where a tree ends.
const (
	isTrue  = -1
	isFalse = -2
)

// formula returns the number of the question for a tree.
func (c *checker) formula(f *rule.Formula) int32 {
	n, ok := c.trees[f]
	if !ok {
		q := question{rank: rankTree, tree: &tree{}}
		q.tree.first = c.grow(&q, f, isTrue, isFalse)
		n = c.number(q)
		c.trees[f] = n
	}
	return n
}

// grow adds the questions of a part, which lead on to yes or no, and returns where it begins. It goes from the last to the first, so that what an
// answer leads to is there already.
func (c *checker) grow(of *question, f *rule.Formula, yes, no int32) int32 {
	if f.Op == rule.Leaf {
		return c.step(of, c.predicate(f.Leaf), yes, no)
	}
	first := yes
	if f.Op == rule.Any {
		first = no
	}
	for i := len(f.Of) - 1; i >= 0; i-- {
		if f.Op == rule.Any {
			first = c.part(of, f.Of[i], yes, first)
		} else {
			first = c.part(of, f.Of[i], first, no)
		}
	}
	return first
}

// part makes a question of its own of what is met again, as segments are: it is answered once, and trees do not grow beyond all bounds.
func (c *checker) part(of *question, f *rule.Formula, yes, no int32) int32 {
	if f.Op != rule.Leaf && c.met[f] {
		return c.step(of, c.formula(f), yes, no)
	}
	c.met[f] = true
	return c.grow(of, f, yes, no)
}

func (c *checker) step(of *question, n, yes, no int32) int32 {
	of.byStage = of.byStage || c.questions[n].byStage
	of.rank = max(of.rank, c.questions[n].rank)
	of.tree.steps = append(of.tree.steps, step{n, yes, no})
	return int32(len(of.tree.steps) - 1) //nolint:gosec // at most as many as a rule has parts
}
