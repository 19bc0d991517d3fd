package recommend

import (
	"cmp"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

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

var _ recorder = (*blocks)(nil)

func (b *blocks) all() bool { return false }

func (b *blocks) blocked(_ *query, o *option, _ gate, err *surprise.Error) { b.add(o.template, err) }

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

// customer notes a reason that stands in the way of all options.
func (b *blocks) customer(err *surprise.Error) {
	b.byReason[err.Reason] = &block{reason: err.Reason, text: err.Message, earliest: err.Until}
}

// unmatched notes the templates that are for other customers or moments.
func (b *blocks) unmatched(q *query, n int) {
	if n > 0 {
		b.byReason[surprise.AudienceMismatch] = &block{reason: surprise.AudienceMismatch, templates: n,
			text: "not for this customer at stage " + q.stage.ID + " on channel " + q.moment.GetChannel().String()}
	}
}

// details returns the reasons: those of the customer first, then the most frequent first.
func (b *blocks) details() []*surprisev1.ReasonDetail {
	all := make([]*block, 0, len(b.byReason))
	for _, x := range b.byReason {
		all = append(all, x)
	}
	slices.SortFunc(all, func(x, y *block) int {
		if (x.templates == 0) != (y.templates == 0) {
			return x.templates - y.templates
		}
		return cmp.Or(y.templates-x.templates, int(code(x.reason))-int(code(y.reason)))
	})
	out := make([]*surprisev1.ReasonDetail, len(all))
	for i, x := range all {
		out[i] = x.detail()
	}
	return out
}

func code(r surprise.Reason) surprisev1.Reason {
	return surprisev1.Reason(surprisev1.Reason_value[string(r)])
}

func (x *block) detail() *surprisev1.ReasonDetail {
	return &surprisev1.ReasonDetail{Reason: code(x.reason), Text: x.text, Templates: int32(x.templates), Template: x.template, Earliest: timestamp(x.earliest)} //nolint:gosec // fewer than 2^31 templates
}

func (x block) proto() *surprisev1.Block {
	return &surprisev1.Block{Reason: code(x.reason), Text: x.text, Earliest: timestamp(x.earliest)}
}

func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
