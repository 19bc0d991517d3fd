package recommend

import (
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/rank"
)

func (q *query) score(o *option) rank.Score {
	t, l := o.template, o.level
	return rank.Compute(rank.Input{
		Value: l.Value, Market: q.cat.Market(t.Kind, q.moment.GetRegion()), Habit: q.habit(t), Moment: q.stage.Factor,
		Fit: q.fit(o), Effect: 1, CostWeight: q.cat.Policies.CostWeight, CostMinor: l.CostMinor,
	})
}

// fit counts a wish once, however many of the customer's a template grants: one claim grants one.
func (q *query) fit(o *option) float64 {
	p := q.cat.Policies
	met := rank.Needs{Likes: matches(o.template.AppealsTo, q.words.likes), Pains: matches(o.template.Solves, q.words.pains)}
	if o.wish != nil {
		met.Wishes = 1
	}
	return rank.Fit(met, rank.FitWeights{Like: p.LikeWeight, Pain: p.PainWeight, Wish: p.WishWeight, Max: p.MaxFit})
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
		if !ledger.Counts(e) {
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
