package recommend

import (
	"cmp"
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rank"
	"github.com/surprise-service/surprised/internal/surprise"
)

// maxAhead bounds how many surprises of one visit are planned.
const maxAhead = 5

// survey is what could be given here, and at the stages that may follow.
type survey struct {
	here []*option
	// left is how many surprises the visit still has; 0: it is not limited, so that nothing is gained by waiting.
	left int
	// ahead has the scores by position of the stage in its journey, the best first; nil where nobody looks ahead.
	ahead [][]float64
}

// look finds the options. It matches once, for all stages, and splits by stage afterwards; only the templates whose rules ask for the stage
// are matched anew for each one.
func (r *Recommender) look(q *query, rec recorder) *survey {
	s := &survey{left: q.left()}
	planning := s.left > 0 && q.dissatisfied == nil && len(q.stage.Next) > 0
	matching := q.match(planning)
	for _, t := range q.candidates(matching, rec) {
		if q.ctx.Err() != nil {
			return s
		}
		o := &option{template: t}
		if r.pass(q, o, rec) {
			s.here = append(s.here, o)
		}
	}
	slices.SortStableFunc(s.here, func(a, b *option) int { return cmp.Compare(b.score.GetScore(), a.score.GetScore()) })
	if planning {
		s.ahead = r.lookAhead(q, matching, s.here)
	}
	return s
}

// match returns the templates that match here, or at any stage.
func (q *query) match(anyStage bool) []*catalog.Template {
	stages := []*catalog.Stage{q.stage}
	if anyStage {
		stages = append(stages, q.later()...)
	}
	found := q.matcher.Search(match.Query{Context: q.ctx, Facts: q.facts, Stages: stages, Channel: q.moment.GetChannel()})
	defer found.Close()
	var out []*catalog.Template
	for found.Next() {
		for _, m := range found.Matches() {
			if m.Here() || !m.Template.ByStage {
				out = append(out, m.Template)
			}
		}
	}
	return out
}

// candidates are the templates to ask the gates about: those that match here or, for an explanation, all.
func (q *query) candidates(matching []*catalog.Template, rec recorder) []*catalog.Template {
	if rec.all() {
		return q.cat.Templates
	}
	var here []*catalog.Template
	for _, t := range matching {
		if t.OnStage(q.stage) {
			here = append(here, t)
		}
	}
	rec.unmatched(q, len(q.cat.Templates)-len(here))
	return here
}

// pass asks the gates in turn. The recorder is told of the first that stops the option, or of all that do.
func (r *Recommender) pass(q *query, o *option, rec recorder) bool {
	gates := r.gates
	if rec.all() {
		gates = r.allGates
	}
	passed := true
	for _, g := range gates {
		if g.needs != nil && !g.needs(o) {
			continue
		}
		err := g.check(q, o)
		if err == nil {
			continue
		}
		rec.blocked(q, o, g, err)
		passed = false
		if !rec.all() {
			break
		}
	}
	return passed
}

// lookAhead scores what could be given at the stages that can follow, by position of the stage, the best first.
func (r *Recommender) lookAhead(q *query, matching []*catalog.Template, here []*option) [][]float64 {
	ahead := make([][]float64, len(q.journey.Stages))
	for _, o := range here {
		ahead[q.stage.Position] = append(ahead[q.stage.Position], o.score.GetScore())
	}
	later := q.later()
	r.lookAtAll(q, later, matching, here, ahead)
	r.lookByStage(q, later, ahead)
	for i, scores := range ahead {
		slices.SortFunc(scores, func(a, b float64) int { return cmp.Compare(b, a) })
		ahead[i] = scores[:min(len(scores), maxAhead)]
	}
	return ahead
}

// lookAtAll takes the templates that are the same at every stage but for its factor: what passed here needs no second look.
func (r *Recommender) lookAtAll(q *query, later []*catalog.Stage, matching []*catalog.Template, here []*option, ahead [][]float64) {
	passed := make(map[*catalog.Template]*option, len(here))
	for _, o := range here {
		passed[o.template] = o
	}
	for _, t := range matching {
		if q.ctx.Err() != nil || t.ByStage || !slices.ContainsFunc(later, t.OnStage) {
			continue
		}
		o := passed[t]
		if o == nil {
			if o = (&option{template: t}); !r.viable(q, o) {
				continue
			}
		}
		for _, stage := range later {
			if t.OnStage(stage) {
				ahead[stage.Position] = appendWorth(ahead[stage.Position], q.scoreAt(stage, o))
			}
		}
	}
}

// lookByStage takes the templates whose rules ask for the stage: everything is asked anew for each one.
func (r *Recommender) lookByStage(q *query, later []*catalog.Stage, ahead [][]float64) {
	for _, stage := range later {
		if !slices.ContainsFunc(q.cat.ByStage, func(t *catalog.Template) bool { return t.OnStage(stage) }) {
			continue
		}
		at := q.at(stage)
		for _, t := range q.cat.ByStage {
			if q.ctx.Err() != nil {
				return
			}
			o := &option{template: t}
			if t.OnStage(stage) && t.OnChannel(q.moment.GetChannel()) && purposeGate(at, o) == nil && audienceGate(at, o) == nil && r.viable(at, o) {
				ahead[stage.Position] = appendWorth(ahead[stage.Position], at.scoreAt(stage, o))
			}
		}
	}
}

func appendWorth(scores []float64, score float64) []float64 {
	if score > 0 {
		return append(scores, score)
	}
	return scores
}

// viable reports whether all gates but the last, which is about the stage's factor, let an option pass.
func (r *Recommender) viable(q *query, o *option) bool {
	for _, g := range r.gates[:len(r.gates)-1] {
		if g.check(q, o) != nil {
			return false
		}
	}
	return true
}

// later returns the stages that can be reached from here.
func (q *query) later() []*catalog.Stage {
	seen := map[*catalog.Stage]bool{q.stage: true}
	var out []*catalog.Stage
	for queue := []*catalog.Stage{q.stage}; len(queue) > 0; queue = queue[1:] {
		for _, t := range queue[0].Next {
			if !seen[t.To] {
				seen[t.To] = true
				out = append(out, t.To)
				queue = append(queue, t.To)
			}
		}
	}
	return out
}

// left is how many surprises the caps leave for this visit; 0 where no cap says so.
func (q *query) left() int {
	left, capped := q.leftInHousehold()
	for _, c := range q.terms().Remaining(q.rec, q.now) {
		left, capped = min(left, c), true
	}
	if !capped {
		return 0
	}
	return max(left, 0)
}

// plan compares giving now with waiting.
func (s *survey) plan(q *query) rank.Plan {
	nodes := make([]rank.Node, len(q.journey.Stages))
	for i, stage := range q.journey.Stages {
		nodes[i].Scores = s.ahead[i]
		for _, t := range stage.Next {
			nodes[i].Next = append(nodes[i].Next, rank.Edge{To: t.To.Position, P: t.Probability})
		}
	}
	return rank.HoldBack(nodes, q.stage.Position, s.left, horizon(len(nodes)))
}

// horizon is how many steps are planned: enough to go through the journey three times.
func horizon(stages int) int { return min(3*stages, 60) }

// hold returns what to wait for, or nil.
func (s *survey) hold(q *query) *surprisev1.Hold {
	if s.ahead == nil {
		return nil
	}
	p := s.plan(q)
	if p.Gain() <= q.cat.Policies.HoldMargin {
		return nil
	}
	return &surprisev1.Hold{UntilStage: q.journey.Stages[p.Target].ID, ExpectedGain: p.Gain(), Probability: p.Probability, Give: p.Give, Wait: p.Wait}
}

// held is the reason that stands in the way of every option while the answer is to wait.
func held(h *surprisev1.Hold) *surprise.Error {
	return surprise.Errorf(surprise.BetterMoment, "waiting for the stage %s is worth %.3g points more than giving now", h.GetUntilStage(), h.GetExpectedGain())
}
