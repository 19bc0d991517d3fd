package matchers

import (
	"fmt"

	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rule"
)

// best is how many templates a request gets.
const best = 3

// scored is a template with its score.
type scored struct {
	template *catalog.Template
	score    float64
}

// top are the best templates so far, the first one the best.
type top struct {
	all [best]scored
	n   int
	// highest is the highest factor of all stages; 0: not known.
	highest float64
}

func (t *top) add(s scored) {
	if t.n == best && s.score <= t.all[best-1].score {
		return
	}
	if t.n < best {
		t.n++
	}
	i := t.n - 1
	for ; i > 0 && t.all[i-1].score < s.score; i-- {
		t.all[i] = t.all[i-1]
	}
	t.all[i] = s
}

// settled tells that nothing of what is to come can be among the best.
func (t *top) settled(ceiling float64) bool { return t.n == best && t.all[best-1].score >= ceiling }

// find goes through blocks until the best are certain.
func (t *top) find(m match.Matcher, q match.Query, profile int) {
	t.n = 0
	s := m.Search(q)
	defer s.Close()
	scale := q.Stages[0].Factor / t.highest / (1 + reach)
	for s.Next() && !t.settled(s.Ceiling(0)) {
		for _, found := range s.Matches() {
			// Most matches are passed over without a look at the template.
			if found.Here() && !t.settled(found.Most*scale*personal(found.Position, profile)) {
				t.add(scored{found.Template, score(found.Template, q.Stages[0], profile)})
			}
		}
	}
}

// score is what a template is worth to a profile: its value at this stage, more or less by what depends on the customer.
func score(t *catalog.Template, stage *catalog.Stage, profile int) float64 {
	return t.Levels[0].Value * stage.Factor * personal(t.Position, profile)
}

// personal is what depends on the customer, up to reach above and below 1. A hash stands in for that.
func personal(position, profile int) float64 {
	h := uint64(position)*0x9e3779b97f4a7c15 ^ uint64(profile)*0xbf58476d1ce4e5b9 //nolint:gosec // not negative
	h = (h ^ h>>29) * 0x94d049bb133111eb
	return 1 - reach + 2*reach*float64(h>>40)/(1<<24)
}

// work returns what does a task of ours.
func (e *ours) work(task Task, n int, profile func(int) int) (func(i int) error, error) {
	t := top{highest: e.highest()}
	switch task {
	case Top:
		return func(i int) error {
			q, err := e.query(profile(i))
			if err == nil {
				t.find(e.matcher, q, profile(i))
			}
			return err
		}, nil
	case Facts:
		return func(i int) error {
			_, err := e.query(profile(i))
			return err
		}, nil
	case Search:
		return e.search(n, profile)
	default:
		return nil, fmt.Errorf("there is no task %q", task)
	}
}

// search has the facts ready: each is searched with once.
func (e *ours) search(n int, profile func(int) int) (func(i int) error, error) {
	queries, stages := make([]match.Query, n), make([]*catalog.Stage, n)
	for i := range queries {
		q, err := e.queryWith(&rule.Facts{}, profile(i))
		if err != nil {
			return nil, err
		}
		stages[i] = q.Stages[0]
		q.Stages = stages[i : i+1]
		queries[i] = q
	}
	t := top{highest: e.highest()}
	return func(i int) error {
		t.find(e.matcher, queries[i], profile(i))
		return nil
	}, nil
}
