package recommend

import (
	"context"
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
	loaded, err := r.opts.Records.Load(ctx, q.key)
	if err != nil {
		return nil, ledger.Unavailable(err)
	}
	if err := q.recall(snapshot, loaded[0].Data); err != nil {
		return nil, err
	}
	e := newExplanation()
	s := r.look(q, e)
	e.summary.unmatched(q, e.mismatched)
	v := r.verdict(q, s, e.summary)
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

// template puts together what is known of one.
func (e *explanation) template(t *catalog.Template, s *survey, v *verdict) *surprisev1.TemplateExplanation {
	out := &surprisev1.TemplateExplanation{Template: t.ID, Blocks: e.blocks[t]}
	o := e.options[t]
	if i := slices.IndexFunc(s.here, func(o *option) bool { return o.template == t }); i >= 0 {
		o = s.here[i]
		out.Taken = slices.Contains(v.chosen, o)
		if !out.Taken {
			out.Blocks = append(out.Blocks, notTaken(v))
		}
	}
	if o == nil {
		return out
	}
	out.Score, out.Propensity = o.score, o.propensity
	if o.level != nil {
		out.Level = o.level.ID
	}
	return out
}

// notTaken is what stands in the way of an option that passed every gate.
func notTaken(v *verdict) *surprisev1.Block {
	why := v.against
	if why == nil {
		why = surprise.Errorf(surprise.NotChosen, "others are better or were drawn before it in this visit")
	}
	return block{reason: why.Reason, text: why.Message, earliest: why.Until}.proto()
}
