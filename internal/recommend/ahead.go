package recommend

import (
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rank"
	"github.com/surprise-service/surprised/internal/surprise"
)

// reachable returns the stage of the request and those that can be reached from there, in an empty list.
func (q *query) reachable(room []*catalog.Stage) []*catalog.Stage {
	out := append(slices.Grow(room, len(q.journey.Stages)), q.stage)
	for i := 0; i < len(out); i++ {
		for _, t := range out[i].Next {
			if !slices.Contains(out, t.To) {
				out = append(out, t.To)
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

// compare compares giving now with waiting.
func (s *survey) compare(q *query) rank.Plan {
	edges := slices.Grow(s.edges, 4*len(s.nodes))
	for i, stage := range q.journey.Stages {
		from := len(edges)
		for _, t := range stage.Next {
			edges = append(edges, rank.Edge{To: t.To.Position, P: t.Probability})
		}
		s.nodes[i].Next = edges[from:]
	}
	s.edges = edges
	return s.planner.HoldBack(s.nodes, q.stage.Position, s.left, horizon(len(s.nodes)))
}

// horizon is how many steps are planned: enough to go through the journey three times.
func horizon(stages int) int { return min(3*stages, 60) }

// hold returns what to wait for, or nil.
func (s *survey) hold(q *query) *surprisev1.Hold {
	if len(s.nodes) == 0 {
		return nil
	}
	p := s.compare(q)
	if p.Gain() <= q.cat.Policies.HoldMargin {
		return nil
	}
	h := &q.out.hold
	h.UntilStage, h.ExpectedGain, h.Probability, h.Give, h.Wait = q.journey.Stages[p.Target].ID, p.Gain(), p.Probability, p.Give, p.Wait
	return h
}

// waits is the reason that stands in the way of every option while the answer is to wait.
func waits(h *surprisev1.Hold) *surprise.Error {
	return surprise.Errorf(surprise.BetterMoment, "waiting for the stage %s is worth %.3g points more than giving now", h.GetUntilStage(), h.GetExpectedGain())
}
