package recommend

import (
	"slices"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/rank"
	"github.com/surprise-service/surprised/internal/surprise"
)

// earlier is a surprise of the record that counts for cooldowns: one that was given, or that is held.
type earlier struct {
	template, category string
	at                 time.Time
	// given tells that it was not only held, so that it makes habit, of which so much is left.
	given bool
	left  float64
}

// recallPast reads the entries of the record once for all templates.
func (q *query) recallPast() {
	entries := q.rec.GetEntries()
	if len(entries) == 0 {
		return
	}
	q.past = slices.Grow(q.past, len(entries))
	for _, e := range entries {
		if given := ledger.Counts(e); given || held(e, q.now) {
			q.past = append(q.past, q.recallEntry(e, given))
		}
	}
}

func held(e *storev1.Entry, now time.Time) bool {
	return e.GetState() == surprisev1.ClaimState_HELD && e.GetHoldUntil().AsTime().After(now)
}

func (q *query) recallEntry(e *storev1.Entry, given bool) earlier {
	out := earlier{template: e.GetTemplate(), category: e.GetCategory(), given: given}
	if given {
		out.left = rank.Left(q.now.Sub(e.GetDelivered().AsTime()), q.cat.Policies.HalfLife)
	}
	out.at = e.GetCreated().AsTime()
	if d := e.GetDelivered(); d != nil {
		out.at = d.AsTime()
	}
	return out
}

// habit remembers what the customer was given: the same template fully, others of its category as far as that carries over.
func (q *query) habit(t *catalog.Template) float64 {
	h := rank.NewHabit()
	for i := range q.past {
		switch e := &q.past[i]; {
		case !e.given:
		case e.template == t.ID:
			h.Add(1, e.left)
		case e.category == t.Category:
			h.Add(q.cat.Policies.CarryOver, e.left)
		}
	}
	return h.Value()
}

// cooldownGate asks the ledger's rules, which answer Claim as well. Of templates that the record does not name, all that they come to is the
// category's cooldown.
func cooldownGate(q *query, o *option) stop {
	if o.template.Trial != nil || q.names(o.template) {
		return stopped(q.checkCooldowns(o))
	}
	until := q.categoryCooldown(o.template)
	if !q.now.Before(until) {
		return stop{}
	}
	return stop{reason: surprise.Cooldown, until: until, write: func(q *query, o *option) string { return q.checkCooldowns(o).Message }}
}

// names tells whether the record has any entry of a template.
func (q *query) names(t *catalog.Template) bool {
	for _, e := range q.rec.GetEntries() {
		if e.GetTemplate() == t.ID {
			return true
		}
	}
	return false
}

// categoryCooldown is until when the category of a template waits; zero: it does not.
func (q *query) categoryCooldown(t *catalog.Template) (until time.Time) {
	if t.Cooldowns.Category.IsZero() {
		return time.Time{}
	}
	for i := range q.past {
		if e := &q.past[i]; e.category == t.Category {
			if ends := t.Cooldowns.Category.AddTo(e.at, q.location); ends.After(until) {
				until = ends
			}
		}
	}
	return until
}
