package recommend

import (
	"math/bits"

	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rank"
	"github.com/surprise-service/surprised/internal/rule"
)

// consider asks the gates about a template that fits at some of the stages, and keeps what it is worth there. Only the factor differs from stage to
// stage, save for levels whose rules ask for the stage.
func (r *Recommender) consider(q *query, s *survey, m *match.Match, from int, b *blocks) {
	later := s.worthwhile(m, from)
	here := b != nil && from == 0 && m.Here()
	if !here && later == 0 {
		return
	}
	o := &s.trying
	*o = option{template: m.Template}
	if here {
		s.fitting++
	} else if s.hopeless(q, o, later, from) {
		return
	}
	if why := r.barred(q, s, m, o); why.stops() {
		if here {
			b.add(o, why)
		}
		return
	}
	byStage := later != 0 && m.Template.ByStage
	var why stop
	if here || !byStage {
		why = grade(q, o, q.facts)
	}
	if here {
		s.take(q, o, why, b)
	}
	s.takeLater(q, o, why, later, from)
}

// takeLater keeps what an option is worth at stages ahead, unless why speaks against it at all of them.
func (s *survey) takeLater(q *query, o *option, why stop, later uint64, from int) {
	for ; later != 0; later &= later - 1 {
		i := from + bits.TrailingZeros64(later)
		if o.template.ByStage {
			why = grade(q, o, s.factsAt(q, i))
		}
		if !why.stops() {
			s.plan(s.stages[i], scoreAt(s.stages[i], o))
		}
	}
}

// worthwhile returns the stages ahead at which a match could be among the best. A score falls at least as fast as the factor does, so at a stage
// it is at most the ceiling times what the stage has of the highest factor. Most matches are passed over here, by numbers alone.
func (s *survey) worthwhile(m *match.Match, from int) (later uint64) {
	all := m.At
	if from == 0 {
		all &^= 1
	}
	for ; all != 0; all &= all - 1 {
		i := bits.TrailingZeros64(all)
		stage := s.stages[from+i]
		if scores := s.nodes[stage.Position].Scores; len(scores) < s.left || !(m.Most*(stage.Factor/s.outlook.highest) < scores[s.left-1]) {
			later |= 1 << i
		}
	}
	return later
}

// hopeless tells that an option which cannot be given here is not among the best at any of the stages ahead, even if it cost nothing and the customer
// never had it.
func (s *survey) hopeless(q *query, o *option, later uint64, from int) bool {
	o.wish = q.granted(o.template)
	in := rank.Input{Market: q.market(o.template.Kind), Fit: q.fit(o), Effect: 1}
	for i := range o.template.Levels {
		in.Value = max(in.Value, o.template.Levels[i].Value)
	}
	for ; later != 0; later &= later - 1 {
		stage := s.stages[from+bits.TrailingZeros64(later)]
		in.Moment = stage.Factor
		scores := s.nodes[stage.Position].Scores
		if most := rank.Compute(in).Total; len(scores) < s.left || most+slack*(1+most) >= scores[s.left-1] {
			return false
		}
	}
	return true
}

// barred asks the gates that are the same at every stage, of them those that can stop this template for this customer.
func (r *Recommender) barred(q *query, s *survey, m *match.Match, o *option) stop {
	for set := s.gates & s.outlook.gates[m.Position]; set != 0; set &= set - 1 {
		if why := r.barring[bits.TrailingZeros32(uint32(set))].check(q, o); why.stops() {
			return why
		}
	}
	return stop{}
}

// grade finds the level and the score of an option, with the facts at some stage.
func grade(q *query, o *option, facts *rule.Facts) stop {
	if why := q.chooseLevel(o, facts); why.stops() {
		return why
	}
	return scoreGate(q, o)
}

// factsAt returns the facts at one of the stages.
func (s *survey) factsAt(q *query, i int) *rule.Facts {
	if i == 0 {
		return q.facts
	}
	if len(s.facts) == 0 {
		s.facts = append(s.facts, make([]*rule.Facts, len(s.stages))...)
	}
	if s.facts[i] == nil {
		s.facts[i] = q.facts.AtStage(s.stages[i].ID)
	}
	return s.facts[i]
}
