package recommend

import (
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/rank"
	"github.com/surprise-service/surprised/internal/surprise"
)

// verdict is what a survey comes to.
type verdict struct {
	outcome surprisev1.Outcome
	// chosen are the options to offer, in order.
	chosen       []*option
	propensities []*surprisev1.Propensity
	hold         *surprisev1.Hold
	// against stands in the way of the options that passed every gate and are not chosen; nil: they lost the choice.
	against *surprise.Error
}

// verdict holds, withholds or chooses. Who must be made satisfied first gets the best recoveries, without any game.
func (r *Recommender) verdict(q *query, s *survey, blocks *blocks) *verdict {
	if q.dissatisfied != nil {
		blocks.customer(q.dissatisfied)
		return &verdict{outcome: surprisev1.Outcome_RECOVER_FIRST, chosen: pointers(s.here), propensities: first(s.here)}
	}
	p := &q.cat.Policies
	switch {
	case len(s.here) == 0 && len(s.nodes) == 0:
		return &verdict{outcome: surprisev1.Outcome_NONE}
	case p.Control > 0 && rank.NewNoise(r.opts.ChoiceKey, "control", q.key.String()).Uniform("control") < p.Control:
		return none(blocks, surprise.Errorf(surprise.ControlGroup, "the customer is in the control group, which shows what surprises achieve"))
	}
	if h := s.hold(q); h != nil {
		v := none(blocks, waits(h))
		v.outcome, v.hold = surprisev1.Outcome_HOLD, h
		return v
	}
	noise := rank.NewNoise(r.opts.ChoiceKey, "visit", q.key.String(), q.visitID, q.cat.Revision)
	v := choose(q, s.here, noise)
	switch {
	case len(s.here) > 0 && p.Withholding > 0 && noise.Uniform("\x00withhold") < p.Withholding:
		v.giveNothing(blocks, surprise.Errorf(surprise.WithheldAtRandom, "nothing is given in this visit, so that nobody can count on it"))
	case len(s.here) > 0 && len(v.chosen) == 0:
		v.giveNothing(blocks, surprise.Errorf(surprise.NotChosen, "nothing was drawn this time, so that surprises stay unpredictable"))
	}
	return v
}

// giveNothing is how a draw ends that could have ended otherwise: the propensities stay those of the draw.
func (v *verdict) giveNothing(blocks *blocks, why *surprise.Error) {
	blocks.customer(why)
	v.outcome, v.chosen, v.against = surprisev1.Outcome_NONE, nil, why
}

// none gives nothing with certainty, for a reason.
func none(blocks *blocks, why *surprise.Error) *verdict {
	blocks.customer(why)
	return &verdict{outcome: surprisev1.Outcome_NONE, against: why, propensities: []*surprisev1.Propensity{{Probability: 1}}}
}

// first gives the first option with certainty.
func first(options []option) []*surprisev1.Propensity {
	if len(options) == 0 {
		return []*surprisev1.Propensity{{Probability: 1}}
	}
	options[0].propensity = 1
	return []*surprisev1.Propensity{{Template: options[0].template.ID, Level: options[0].level.ID, Probability: 1}}
}

// choose draws an order of the best options. What is drawn after giving nothing is not offered.
func choose(q *query, here []option, noise rank.Noise) *verdict {
	p := &q.cat.Policies
	best := here[:min(len(here), p.ChoiceSize)]
	scores := make([]float64, len(best))
	for i := range best {
		scores[i] = best[i].score.Total
	}
	c := rank.Choose(scores, p.Temperature, func(i int) float64 {
		if i == rank.None {
			return noise.Uniform("")
		}
		return noise.Uniform(best[i].template.ID)
	})
	v := &verdict{outcome: surprisev1.Outcome_OFFER}
	v.settle(c, c.Withhold(p.Withholding), best)
	if len(v.chosen) == 0 {
		v.outcome = surprisev1.Outcome_NONE
	}
	return v
}

func (v *verdict) settle(drawn, stated rank.Choice, best []option) {
	v.propensities = make([]*surprisev1.Propensity, len(best)+1)
	written := make([]surprisev1.Propensity, len(best)+1)
	for i := range written {
		v.propensities[i] = &written[i]
	}
	for i := range best {
		o, p := &best[i], v.propensities[i]
		o.propensity = stated.Propensity[i]
		p.Template, p.Level, p.Probability = o.template.ID, o.level.ID, o.propensity
	}
	v.propensities[len(best)].Probability = stated.NoneFirst
	v.chosen = make([]*option, 0, len(best))
	for _, i := range drawn.Order {
		if i == rank.None {
			return
		}
		v.chosen = append(v.chosen, &best[i])
	}
}

func pointers(options []option) []*option {
	out := make([]*option, len(options))
	for i := range options {
		out[i] = &options[i]
	}
	return out
}
