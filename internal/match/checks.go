package match

import (
	"cmp"
	"slices"

	"github.com/surprise-service/surprised/internal/rule"
)

// question is what is asked of a row that the columns have left over.
type question struct {
	// Exactly one of these is set.
	pred *rule.Predicate
	tree *tree
	rule *rule.Rule
	// value is the place of a predicate's attribute among the values of a search.
	value int
	// byStage tells that the answer may differ between stages.
	byStage bool
	// rank is for the order: cheap ones first.
	rank int
}

// The ranks of questions.
const (
	rankValue = iota
	rankCostly
	rankTree
	rankOpaque
	rankByStage
)

// checks are the questions of each row, by row one after the other.
type checks struct {
	questions []question
	// start has where those of a row begin in list; it has one row more.
	start []uint32
	list  []int32
	attrs []*rule.Attribute // of the values of a search
}

// checker gathers the checks of rows, in any order.
type checker struct {
	checks
	preds  map[*rule.Predicate]int32
	trees  map[*rule.Formula]int32
	met    map[*rule.Formula]bool // parts of trees
	rules  map[*rule.Rule]int32
	values map[*rule.Attribute]int
	asks   []ask // of questions by number
}

func newChecker() *checker {
	return &checker{preds: map[*rule.Predicate]int32{}, trees: map[*rule.Formula]int32{}, met: map[*rule.Formula]bool{}, rules: map[*rule.Rule]int32{}, values: map[*rule.Attribute]int{}}
}

func (c *checker) ask(row int, q int32) {
	c.asks = append(c.asks, ask{int32(row), q}) //nolint:gosec // rows are far below 2 billion
}

func (c *checker) number(q question) int32 {
	c.questions = append(c.questions, q)
	return int32(len(c.questions) - 1) //nolint:gosec // as many as there are rules
}

// predicate returns the number of the question for a predicate.
func (c *checker) predicate(p *rule.Predicate) int32 {
	n, ok := c.preds[p]
	if !ok {
		n = c.number(c.questionFor(p))
		c.preds[p] = n
	}
	return n
}

func (c *checker) questionFor(p *rule.Predicate) question {
	switch {
	case p.Test == rule.Opaque && p.ByStage:
		return question{pred: p, byStage: true, rank: rankByStage}
	case p.Test == rule.Opaque:
		return question{pred: p, rank: rankOpaque}
	case p.Attribute.Costly:
		return question{pred: p, value: c.value(p.Attribute), rank: rankCostly}
	default:
		return question{pred: p, value: c.value(p.Attribute), byStage: p.Attribute.Stage}
	}
}

func (c *checker) value(a *rule.Attribute) int {
	n, ok := c.values[a]
	if !ok {
		n = len(c.attrs)
		c.attrs = append(c.attrs, a)
		c.values[a] = n
	}
	return n
}

// whole returns the number of the question for a rule that was too large to look at.
func (c *checker) whole(r *rule.Rule) int32 {
	n, ok := c.rules[r]
	if !ok {
		byStage := r.Mentions("moment.stage")
		n = c.number(question{rule: r, rank: rankByStage, byStage: byStage})
		c.rules[r] = n
	}
	return n
}

// finish puts the questions of each row together, those first that cost least.
func (c *checker) finish(rows int) *checks {
	slices.SortFunc(c.asks, func(a, b ask) int {
		return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(c.questions[a.pred].rank, c.questions[b.pred].rank), cmp.Compare(a.pred, b.pred))
	})
	c.asks = slices.Compact(c.asks)
	c.start = make([]uint32, rows+1)
	c.list = make([]int32, 0, len(c.asks))
	at := 0
	for row := range rows {
		c.start[row] = uint32(len(c.list)) //nolint:gosec // far below 4 billion
		for ; at < len(c.asks) && int(c.asks[at].row) == row; at++ {
			c.list = append(c.list, c.asks[at].pred)
		}
	}
	c.start[rows] = uint32(len(c.list)) //nolint:gosec // far below 4 billion
	return &c.checks
}
