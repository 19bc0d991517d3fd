package recommend

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// pass asks the gates in turn; the first that stops the option answers.
func (r *Recommender) pass(q *query, o *option) *surprise.Error {
	for _, g := range r.gates {
		if err := g(q, o); err != nil {
			return err
		}
	}
	return nil
}

// blocks sums up what stopped templates, by reason.
type blocks struct {
	byReason map[surprise.Reason]*block
}

type block struct {
	reason    surprise.Reason
	text      string
	templates int
	template  string
	earliest  time.Time
}

func newBlocks() *blocks { return &blocks{byReason: map[surprise.Reason]*block{}} }

func (b *blocks) add(t *catalog.Template, err *surprise.Error) {
	known := b.byReason[err.Reason]
	if known == nil {
		known = &block{reason: err.Reason, text: err.Message, template: t.ID}
		b.byReason[err.Reason] = known
	}
	known.templates++
	// Speak of the template that is possible first.
	if !err.Until.IsZero() && (known.earliest.IsZero() || err.Until.Before(known.earliest)) {
		known.earliest, known.template, known.text = err.Until, t.ID, err.Message
	}
}

// unmatched notes the templates that are for other customers or moments.
func (b *blocks) unmatched(q *query, n int) {
	if n > 0 {
		b.byReason[surprise.AudienceMismatch] = &block{reason: surprise.AudienceMismatch, templates: n,
			text: "not for this customer at stage " + q.stage.ID + " on channel " + q.moment.GetChannel().String()}
	}
}

// details returns the reasons, those of the customer first, then the most frequent first.
func (b *blocks) details(dissatisfied *surprise.Error) []*surprisev1.ReasonDetail {
	all := make([]*block, 0, len(b.byReason)+1)
	for _, x := range b.byReason {
		all = append(all, x)
	}
	slices.SortFunc(all, func(x, y *block) int {
		if x.templates != y.templates {
			return y.templates - x.templates
		}
		return compareReasons(x.reason, y.reason)
	})
	if dissatisfied != nil {
		all = slices.DeleteFunc(all, func(x *block) bool { return x.reason == dissatisfied.Reason })
		all = slices.Insert(all, 0, &block{reason: dissatisfied.Reason, text: dissatisfied.Message})
	}
	out := make([]*surprisev1.ReasonDetail, len(all))
	for i, x := range all {
		out[i] = x.detail()
	}
	return out
}

func compareReasons(a, b surprise.Reason) int { return int(code(a)) - int(code(b)) }

func code(r surprise.Reason) surprisev1.Reason {
	return surprisev1.Reason(surprisev1.Reason_value[string(r)])
}

func (x *block) detail() *surprisev1.ReasonDetail {
	d := &surprisev1.ReasonDetail{Reason: code(x.reason), Text: x.text, Templates: int32(x.templates), Template: x.template} //nolint:gosec // fewer than 2^31 templates
	if !x.earliest.IsZero() {
		d.Earliest = timestamppb.New(x.earliest)
	}
	return d
}
