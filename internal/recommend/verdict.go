package recommend

import (
	"slices"

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
		return &verdict{outcome: surprisev1.Outcome_RECOVER_FIRST, chosen: pointers(s.here), propensities: first(q, s.here)}
	}
	p := &q.cat.Policies
	switch {
	case len(s.here) == 0 && len(s.nodes) == 0:
		return &verdict{outcome: surprisev1.Outcome_NONE}
	case p.Control > 0 && rank.NewNoise(r.opts.ChoiceKey, "control", q.key.String()).Uniform("control") < p.Control:
		return none(q, blocks, surprise.Errorf(surprise.ControlGroup, "the customer is in the control group, which shows what surprises achieve"))
	}
	if h := s.hold(q); h != nil {
		v := none(q, blocks, waits(h))
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
func none(q *query, blocks *blocks, why *surprise.Error) *verdict {
	blocks.customer(why)
	return &verdict{outcome: surprisev1.Outcome_NONE, against: why, propensities: q.certainly()}
}

// certainly returns the propensity of the only thing that could happen, to be filled in where that is not nothing.
func (q *query) certainly() []*surprisev1.Propensity {
	room, list := q.out.propensities.take(1)
	room[0].Probability, list[0] = 1, &room[0]
	return list
}

// first gives the first option with certainty.
func first(q *query, options []option) []*surprisev1.Propensity {
	out := q.certainly()
	if len(options) > 0 {
		options[0].propensity = 1
		out[0].Template, out[0].Level = options[0].template.ID, options[0].level.ID
	}
	return out
}

// choose draws an order of the best options. What is drawn after giving nothing is not offered.
func choose(q *query, here []option, noise rank.Noise) *verdict {
	p := &q.cat.Policies
	best := here[:min(len(here), p.ChoiceSize)]
	scores := slices.Grow(q.desk.scores[:0], len(best))
	for i := range best {
		scores = append(scores, best[i].score.Total)
	}
	q.desk.scores = scores
	c := q.desk.chooser.Choose(scores, p.Temperature, func(i int) float64 {
		if i == rank.None {
			return noise.Uniform("")
		}
		return noise.Uniform(best[i].template.ID)
	})
	c.Withhold(p.Withholding)
	v := &q.desk.verdict
	v.outcome = surprisev1.Outcome_OFFER
	v.settle(q, c, best)
	if len(v.chosen) == 0 {
		v.outcome = surprisev1.Outcome_NONE
	}
	return v
}

func (v *verdict) settle(q *query, c rank.Choice, best []option) {
	room, list := q.out.propensities.take(len(best) + 1)
	for i := range room {
		list[i] = &room[i]
	}
	for i := range best {
		o, p := &best[i], list[i]
		o.propensity = c.Propensity[i]
		p.Template, p.Level, p.Probability = o.template.ID, o.level.ID, o.propensity
	}
	list[len(best)].Probability = c.NoneFirst
	v.propensities = list
	for _, i := range c.Order {
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
