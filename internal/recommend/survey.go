package recommend

import (
	"math"
	"slices"

	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rank"
	"github.com/surprise-service/surprised/internal/rule"
)

// maxAhead bounds how many surprises of one visit are planned.
const maxAhead = 5

// maxChoice is the most that Policies.ChoiceSize can be.
const maxChoice = 10

// survey is what could be given here, and at the stages that may follow. It keeps only what the verdict can ask for, so that the search can stop as
// soon as no template that is still to come could be among it.
type survey struct {
	// here are the best options, the best first and of equal ones in the order of the catalogue; at most most.
	here []option
	most int
	// left is how many surprises the visit still has; 0: it is not limited, so that nothing is gained by waiting.
	left int
	// stages are that of the request and, where later ones are planned for, those that can follow.
	stages []*catalog.Stage
	// nodes have, by position of the stage in its journey, the best scores, at most left; none where nobody looks ahead.
	nodes []rank.Node
	// scores and edges are those of all nodes.
	scores  []float64
	edges   []rank.Edge
	planner rank.Planner
	// seen is how many templates the search went through, and fitting how many of them fit here.
	seen, fitting int
	// trying is the option that is looked at now.
	trying option
	// facts are those at each of stages, if any template asks.
	facts []*rule.Facts
	// gates are those that can stop something of this query, outlook what can be told of its catalogue.
	gates   gateSet
	outlook *outlook
}

// newSurvey sees what there is to plan for.
func (q *query) newSurvey() *survey {
	s := &q.desk.survey
	s.left, s.most = q.left(), q.cat.Policies.ChoiceSize
	if s.left == 0 || q.dissatisfied != nil || len(q.stage.Next) == 0 {
		s.stages = append(s.stages, q.stage)
		return s
	}
	s.stages = q.reachable(s.stages)
	s.most = max(s.most, s.left)
	n := len(q.journey.Stages)
	s.nodes, s.scores = append(s.nodes, make([]rank.Node, n)...), append(s.scores, make([]float64, n*s.left)...)
	for i := range s.nodes {
		s.nodes[i].Scores = s.scores[i*s.left : i*s.left : (i+1)*s.left]
	}
	return s
}

// look finds the options. Who must be made satisfied first is worth a look at everything.
func (r *Recommender) look(q *query, b *blocks) *survey {
	s := q.newSurvey()
	if q.dissatisfied != nil {
		s.most = math.MaxInt
	}
	r.search(q, s, b)
	b.unmatched(q, s.seen-s.fitting)
	return s
}

// search asks for all stages at once, or for as many as one search can ask for. Without blocks it is only for what is ahead.
func (r *Recommender) search(q *query, s *survey, b *blocks) {
	s.gates, s.outlook = r.asked(q), r.outlookOn(q.cat)
	for from := 0; from < len(s.stages); from += match.MaxStages {
		r.searchAt(q, s, from, b)
	}
	if len(s.nodes) == 0 {
		return
	}
	for i := range s.here[:min(len(s.here), s.left)] {
		s.plan(q.stage, s.here[i].score.Total)
	}
}

// checkEvery is how many templates are looked at between two looks at the clock.
const checkEvery = 16

// searchAt searches for the stages from one on.
func (r *Recommender) searchAt(q *query, s *survey, from int, b *blocks) {
	stages := s.stages[from:min(len(s.stages), from+match.MaxStages)]
	found := q.matcher.Search(match.Query{Context: q.ctx, Facts: s.factsAt(q, from), Stages: stages, Channel: q.moment.GetChannel()})
	defer found.Close()
	for found.Next() && !s.settled(found, stages) {
		if from == 0 {
			s.seen = found.Seen()
		}
		matches := found.Matches()
		for i := range matches {
			if i%checkEvery == 0 && q.ctx.Err() != nil {
				return
			}
			r.consider(q, s, &matches[i], from, b)
		}
	}
}

// settled tells whether nothing of this block and those to come can be among the best at any stage. Ceilings are above all scores, so that what
// could be equal is not left out either.
func (s *survey) settled(found match.Search, stages []*catalog.Stage) bool {
	for i, stage := range stages {
		ceiling := found.Ceiling(i)
		if stage == s.stages[0] {
			if len(s.here) < s.most || ceiling >= s.here[s.most-1].score.Total {
				return false
			}
			continue
		}
		scores := s.nodes[stage.Position].Scores
		if ceiling > 0 && (len(scores) < s.left || ceiling >= scores[s.left-1]) {
			return false
		}
	}
	return true
}

// take keeps an option for this moment, unless something speaks against it.
func (s *survey) take(q *query, o *option, why stop, b *blocks) {
	if !why.stops() {
		why = worthGate(q, o)
	}
	if why.stops() {
		b.add(o, why)
		return
	}
	s.keep(o)
}

// keep puts an option in its place among the best.
func (s *survey) keep(o *option) {
	at := len(s.here)
	for at > 0 && o.before(&s.here[at-1]) {
		at--
	}
	if at == s.most {
		return
	}
	if s.here == nil {
		s.here = make([]option, 0, min(s.most, maxChoice)+1)
	}
	s.here = slices.Insert(s.here, at, *o)
	s.here = s.here[:min(len(s.here), s.most)]
}

// before puts the better option first, and of equal ones that which is first in the catalogue.
func (o *option) before(other *option) bool {
	if o.score.Total != other.score.Total {
		return o.score.Total > other.score.Total
	}
	return o.template.Position < other.template.Position
}

// plan keeps a score at a stage if it is among the best.
func (s *survey) plan(stage *catalog.Stage, score float64) {
	if score <= 0 {
		return
	}
	node := &s.nodes[stage.Position]
	if len(node.Scores) < s.left {
		node.Scores = append(node.Scores, score)
	} else if last := &node.Scores[s.left-1]; *last < score {
		*last = score
	}
	for i := len(node.Scores) - 1; i > 0 && node.Scores[i] > node.Scores[i-1]; i-- {
		node.Scores[i], node.Scores[i-1] = node.Scores[i-1], node.Scores[i]
	}
}
