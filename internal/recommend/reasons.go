package recommend

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// blocks sums up what stopped templates, one for each reason.
type blocks []block

type block struct {
	stop
	// shown is the option whose text is shown. It has no template where the reason is not about any.
	shown     option
	templates int
}

func (b *blocks) find(r surprise.Reason) *block {
	for i := range *b {
		if (*b)[i].reason == r {
			return &(*b)[i]
		}
	}
	return nil
}

// add counts an option. The one shown is possible first; of those of which that cannot be told, it comes first in the catalogue.
func (b *blocks) add(o *option, s stop) {
	known := b.find(s.reason)
	if known == nil {
		*b = append(*b, block{stop: s, shown: *o, templates: 1})
		return
	}
	known.templates++
	if known.yieldsTo(o, &s) {
		known.stop, known.shown = s, *o
	}
}

func (x *block) yieldsTo(o *option, s *stop) bool {
	switch {
	case s.until.IsZero() != x.until.IsZero():
		return x.until.IsZero()
	case !s.until.Equal(x.until):
		return s.until.Before(x.until)
	default:
		return o.template.Position < x.shown.template.Position
	}
}

// customer notes a reason that stands in the way of all options.
func (b *blocks) customer(err *surprise.Error) {
	if known := b.find(err.Reason); known != nil {
		*known = block{stop: stopped(err)}
		return
	}
	*b = append(*b, block{stop: stopped(err)})
}

// unmatched notes, after all others, the templates that are for other customers or moments.
func (b *blocks) unmatched(q *query, n int) {
	if n == 0 {
		return
	}
	none := block{stop: stop{reason: surprise.AudienceMismatch, write: unmatchedText}, templates: n}
	if known := b.find(none.reason); known != nil {
		none.templates += known.templates
		*known = none
		return
	}
	*b = append(*b, none)
}

func unmatchedText(q *query, _ *option) string {
	return "not for this customer at stage " + q.stage.ID + " on channel " + q.moment.GetChannel().String()
}

// details returns the reasons: those of the customer first, then the most frequent first.
func (b blocks) details(q *query) []*surprisev1.ReasonDetail {
	slices.SortFunc(b, func(x, y block) int {
		if (x.templates == 0) != (y.templates == 0) {
			return x.templates - y.templates
		}
		if x.templates != y.templates {
			return y.templates - x.templates
		}
		return int(code(x.reason)) - int(code(y.reason))
	})
	room, out := q.out.reasons.take(len(b))
	for i := range b {
		out[i] = &room[i]
		b[i].tell(out[i], q)
	}
	return out
}

func code(r surprise.Reason) surprisev1.Reason {
	return surprisev1.Reason(surprisev1.Reason_value[string(r)])
}

func (x *block) tell(out *surprisev1.ReasonDetail, q *query) {
	out.Reason, out.Text, out.Earliest = code(x.reason), x.words(q, &x.shown), timestamp(x.until)
	out.Templates = int32(x.templates) //nolint:gosec // fewer than 2^31 templates
	if x.shown.template != nil {
		out.Template = x.shown.template.ID
	}
}

// asBlock shows what stops one option.
func (s *stop) asBlock(q *query, o *option) *surprisev1.Block {
	return &surprisev1.Block{Reason: code(s.reason), Text: s.words(q, o), Earliest: timestamp(s.until)}
}

func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
