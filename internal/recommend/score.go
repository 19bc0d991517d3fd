package recommend

import (
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rank"
)

func (q *query) score(o *option) rank.Score {
	t, l := o.template, o.level
	return rank.Compute(rank.Input{
		Value: l.Value, Market: q.market(t.Kind), Habit: q.habit(t), Moment: q.stage.Factor,
		Fit: q.fit(o), Effect: 1, CostWeight: q.cat.Policies.CostWeight, CostMinor: l.CostMinor,
	})
}

// market is how usual a kind is in the region of the moment.
func (q *query) market(k surprisev1.Kind) float64 {
	return q.usual.get(k, func() float64 { return q.cat.Market(k, q.moment.GetRegion()) })
}

// fit counts a wish once, however many of the customer's a template grants: one claim grants one.
func (q *query) fit(o *option) float64 {
	p := &q.cat.Policies
	met := rank.Needs{Likes: matches(o.template.AppealsTo, q.words.likes), Pains: matches(o.template.Solves, q.words.pains)}
	if o.wish != nil {
		met.Wishes = 1
	}
	return rank.Fit(met, rank.FitWeights{Like: p.LikeWeight, Pain: p.PainWeight, Wish: p.WishWeight, Max: p.MaxFit})
}

// scoreAt is the score of an option that has one, at another stage: only the factor of the stage differs.
func scoreAt(stage *catalog.Stage, o *option) float64 {
	in := o.score.Input
	in.Moment = stage.Factor
	return rank.Compute(in).Total
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

// breakdown writes a score down.
func breakdown(out *surprisev1.ScoreBreakdown, s *rank.Score) {
	out.Score, out.Value, out.Market, out.Habit, out.Expectation, out.Gap = s.Total, s.Value, s.Market, s.Habit, s.Expectation, s.Gap
	out.Moment, out.Fit, out.Effect, out.CostWeight, out.CostMinor = s.Moment, s.Fit, s.Effect, s.CostWeight, s.CostMinor
}
