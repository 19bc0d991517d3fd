package recommend

import (
	"context"
	"math"
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Explain decides as Recommend does, by the same code, and says of every template: taken, or all that stops it.
func (r *Recommender) Explain(ctx context.Context, req *surprisev1.RecommendRequest) (*surprisev1.ExplainResponse, error) {
	snapshot := r.opts.Snapshot()
	q, err := r.newQuery(ctx, snapshot, req)
	if err != nil {
		return nil, err
	}
	q.out = new(answer)
	loaded, err := r.opts.Records.Load(ctx, q.key)
	if err != nil {
		return nil, ledger.Unavailable(err)
	}
	if err := q.recall(snapshot, loaded[0].Data); err != nil {
		return nil, err
	}
	e := newExplanation()
	s := r.lookAtAll(q, e)
	v := r.verdict(q, s, &e.summary)
	decision, err := r.respond(q, v, e.summary)
	if err != nil {
		return nil, err
	}
	out := &surprisev1.ExplainResponse{Decision: decision}
	for _, t := range q.cat.Templates {
		out.Templates = append(out.Templates, e.template(t, s, v))
	}
	return out, nil
}

// lookAtAll is look without an end before the last template, and asks all gates about each.
func (r *Recommender) lookAtAll(q *query, e *explanation) *survey {
	s := q.newSurvey()
	s.most = math.MaxInt
	for _, t := range q.cat.Templates {
		if q.ctx.Err() != nil {
			return s
		}
		if o := (&option{template: t}); r.passes(q, o, e) {
			s.keep(o)
		}
	}
	e.summary.unmatched(q, e.mismatched)
	if len(s.nodes) > 0 {
		r.search(q, s, nil)
	}
	return s
}

// passes asks every gate that can be asked.
func (r *Recommender) passes(q *query, o *option, e *explanation) bool {
	passed := true
	for _, gates := range [][]gate{matching(), r.barring, grading()} {
		for _, g := range gates {
			if g.needs != nil && !g.needs(o) {
				continue
			}
			if why := g.check(q, o); why.stops() {
				e.blocked(q, o, g, why)
				passed = false
			}
		}
	}
	return passed
}

// template puts together what is known of one.
func (e *explanation) template(t *catalog.Template, s *survey, v *verdict) *surprisev1.TemplateExplanation {
	out := &surprisev1.TemplateExplanation{Template: t.ID, Blocks: e.blocks[t]}
	o := e.options[t]
	if i := slices.IndexFunc(s.here, func(o option) bool { return o.template == t }); i >= 0 {
		o = &s.here[i]
		out.Taken = slices.Contains(v.chosen, o)
		if !out.Taken {
			out.Blocks = append(out.Blocks, notTaken(v))
		}
	}
	if o == nil {
		return out
	}
	out.Propensity = o.propensity
	if o.level != nil {
		out.Level, out.Score = o.level.ID, new(surprisev1.ScoreBreakdown)
		breakdown(out.Score, &o.score)
	}
	return out
}

// notTaken is what stands in the way of an option that passed every gate.
func notTaken(v *verdict) *surprisev1.Block {
	why := stop{reason: surprise.NotChosen, text: "others are better or were drawn before it in this visit"}
	if v.against != nil {
		why = stopped(v.against)
	}
	return why.asBlock(nil, nil)
}
