package recommend

import (
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rank"
)

func (q *query) score(t *catalog.Template, l *catalog.Level) rank.Score {
	p := q.cat.Policies
	return rank.Compute(rank.Input{
		Value: l.Value, Market: q.cat.Market(t.Kind, q.moment.GetRegion()), Habit: q.habit(t), Moment: q.stage.Factor,
		Fit:    rank.Fit(matches(t.AppealsTo, q.words.likes), matches(t.Solves, q.words.pains), p.LikeWeight, p.PainWeight, p.MaxFit),
		Effect: 1, CostWeight: p.CostWeight, CostMinor: l.CostMinor,
	})
}

// scoreAt is the score of an option that has one, at another stage: only the factor of the stage differs.
func (q *query) scoreAt(stage *catalog.Stage, o *option) float64 {
	s := o.score
	return s.GetGap()*stage.Factor*s.GetFit()*s.GetEffect() - s.GetCostWeight()*float64(s.GetCostMinor())
}

// habit remembers what the customer was given: the same template fully, others of its category as far as that carries over.
func (q *query) habit(t *catalog.Template) float64 {
	var past []rank.Delivery
	for _, e := range q.rec.GetEntries() {
		if e.GetState() != surprisev1.ClaimState_CONFIRMED {
			continue
		}
		d := rank.Delivery{Age: q.now.Sub(e.GetDelivered().AsTime())}
		switch {
		case e.GetTemplate() == t.ID:
			d.Weight = 1
		case e.GetCategory() == t.Category:
			d.Weight = q.cat.Policies.CarryOver
		default:
			continue
		}
		past = append(past, d)
	}
	return rank.Habit(past, q.cat.Policies.HalfLife)
}

// matches counts the words of want that the customer has.
func matches(want, has []string) int {
	n := 0
	for _, w := range want {
		if slices.Contains(has, w) {
			n++
		}
	}
	return n
}

func breakdown(s rank.Score) *surprisev1.ScoreBreakdown {
	return &surprisev1.ScoreBreakdown{
		Score: s.Total, Value: s.Value, Market: s.Market, Habit: s.Habit, Expectation: s.Expectation, Gap: s.Gap,
		Moment: s.Moment, Fit: s.Fit, Effect: s.Effect, CostWeight: s.CostWeight, CostMinor: s.CostMinor,
	}
}
