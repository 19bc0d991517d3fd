package match

import "github.com/surprise-service/surprised/internal/rule"

// answers are those of one search to the questions of its rows. Each attribute is read once, and each question that does not depend on the stage
// is answered once.
type answers struct {
	checks *checks
	query  Query
	values []rule.Value
	read   bitset
	known  []known
	facts  [MaxStages]*rule.Facts // by stage, when first asked for
	stage  rule.Value
	// touched tells that anything was asked, asked counts the questions to CEL, to look at the clock now and then; stopped tells that time is up.
	touched bool
	asked   int
	stopped bool
}

// known are which of 64 questions were answered, and which of those with yes.
type known struct{ answered, yes uint64 }

func newAnswers(c *checks) answers {
	return answers{checks: c, values: make([]rule.Value, len(c.attrs)), read: newBitset(len(c.attrs)), known: make([]known, (len(c.questions)+63)/64)}
}

func (a *answers) begin(q Query) { a.query, a.asked, a.stopped, a.touched = q, 0, false, false }

// end forgets what was touched.
func (a *answers) end() {
	if a.touched {
		clear(a.facts[:len(a.query.Stages)])
		a.read.each(func(i int) { a.values[i] = rule.Value{} })
		clear(a.read)
		clear(a.known)
	}
	a.query = Query{}
}

// check returns at which of the stages a row is true.
func (a *answers) check(row int, at uint64) uint64 {
	c := a.checks
	for _, n := range c.list[c.start[row]:c.start[row+1]] {
		if at = a.ask(n, at); at == 0 {
			return 0
		}
	}
	return at
}

func (a *answers) ask(n int32, at uint64) uint64 {
	a.touched = true
	q := &a.checks.questions[n]
	if !q.byStage {
		if a.isAnywhere(n, q) {
			return at
		}
		return 0
	}
	for i := range a.query.Stages {
		if at>>i&1 != 0 && !a.is(q, i) {
			at &^= 1 << i
		}
	}
	return at
}

// isAnywhere answers a question that does not depend on the stage.
func (a *answers) isAnywhere(n int32, q *question) bool {
	k, bit := &a.known[n>>6], uint64(1)<<(n&63)
	if k.answered&bit == 0 {
		k.answered |= bit
		if a.is(q, 0) {
			k.yes |= bit
		}
	}
	return k.yes&bit != 0
}

// is answers a question at a stage.
func (a *answers) is(q *question, stage int) bool {
	switch {
	case q.tree != nil:
		return a.isTree(q.tree, stage)
	case q.rule != nil:
		return !a.late() && holds(q.rule, a.factsAt(q, stage))
	case q.pred.Test == rule.Opaque:
		return !a.late() && q.pred.Holds(a.factsAt(q, stage))
	case q.byStage:
		a.stage.Text = a.query.Stages[stage].ID
		return q.pred.Of(&a.stage)
	default:
		return q.pred.Of(a.valueOf(q))
	}
}

func (a *answers) isTree(t *tree, stage int) bool {
	at := t.first
	for at >= 0 {
		s := &t.steps[at]
		q, yes := &a.checks.questions[s.question], false
		if q.byStage {
			yes = a.is(q, stage)
		} else {
			yes = a.isAnywhere(s.question, q)
		}
		if at = s.no; yes {
			at = s.yes
		}
	}
	return at == isTrue
}

func (a *answers) valueOf(q *question) *rule.Value {
	v := &a.values[q.value]
	if !a.read.has(q.value) {
		a.read.set(q.value)
		q.pred.Attribute.Read(a.query.Facts, v)
	}
	return v
}

// factsAt returns the facts for a question at a stage.
func (a *answers) factsAt(q *question, stage int) *rule.Facts {
	if stage == 0 || !q.byStage {
		return a.query.Facts
	}
	if a.facts[stage] == nil {
		a.facts[stage] = a.query.Facts.AtStage(a.query.Stages[stage].ID)
	}
	return a.facts[stage]
}

// late looks at the context before some of the questions to CEL, which may each take milliseconds.
func (a *answers) late() bool {
	if a.asked++; a.asked%checkEvery == 0 && a.query.Context != nil && a.query.Context.Err() != nil {
		a.stopped = true
	}
	return a.stopped
}
