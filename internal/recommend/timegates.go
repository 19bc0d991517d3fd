package recommend

import (
	"fmt"
	"slices"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// The gates in this file are about time.

func validityGate(q *query, o *option) stop {
	t := o.template
	switch {
	case !t.From.IsZero() && q.now.Before(t.From):
		return stop{reason: surprise.NotValidNow, until: t.From, write: func(q *query, o *option) string {
			return "it begins on " + o.template.From.In(q.location).Format(time.DateOnly)
		}}
	case !t.Until.IsZero() && !q.now.Before(t.Until):
		return stop{reason: surprise.NotValidNow, write: func(q *query, o *option) string {
			return "it ended on " + o.template.Until.In(q.location).Format(time.DateOnly)
		}}
	default:
		return stop{}
	}
}

// quietGate leaves customers in peace; who must be made satisfied is helped at any time.
func quietGate(q *query, o *option) stop {
	if recovers(o.template) || q.neverQuiet() {
		return stop{}
	}
	return q.quiet.get(q.findQuiet)
}

func (q *query) findQuiet() stop {
	end := q.quietUntil()
	if end.Equal(q.now) {
		return stop{}
	}
	return stop{reason: surprise.QuietTime, until: end, text: "it is quiet time for the customer until " + end.Format("2006-01-02 15:04")}
}

// quietUntil follows quiet times that touch or overlap to the end of the last one, for at most a year of them; now where there is none.
func (q *query) quietUntil() time.Time {
	end := q.now
	for range 2 * 366 {
		before := end
		for _, quiet := range q.cat.Policies.Quiet {
			if until, in := quiet.Until(end, q.moment.GetChannel()); in && until.After(end) {
				end = until
			}
		}
		if end.Equal(before) {
			break
		}
	}
	return end
}

// coolOffGate waits a while after something went wrong: delight that follows at once feels like an attempt to win back.
func coolOffGate(q *query, o *option) stop {
	if recovers(o.template) || q.neverCoolsOff() {
		return stop{}
	}
	return q.coolOff.get(q.findCoolOff)
}

func (q *query) findCoolOff() stop {
	last, ok := q.lastRecovery()
	if !ok {
		return stop{}
	}
	until := q.cat.Policies.Satisfaction.CoolOff.AddTo(last, q.location)
	if !q.now.Before(until) {
		return stop{}
	}
	return stop{reason: surprise.CoolOff, until: until, text: "something went wrong for the customer; delight waits until " + until.In(q.location).Format(time.DateOnly)}
}

// lastRecovery is when a complaint was last resolved, as the profile or the ledger knows it.
func (q *query) lastRecovery() (last time.Time, ok bool) {
	if d := q.customer.GetComplaintResolved(); d != nil {
		last, ok = time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay()), 0, 0, 0, 0, q.location), true
	}
	for _, e := range q.rec.GetEntries() {
		if at := e.GetDelivered().AsTime(); recovered(e) && at.After(last) {
			last, ok = at, true
		}
	}
	return last, ok
}

func recovered(e *storev1.Entry) bool {
	return e.GetPurpose() == surprisev1.Purpose_RECOVERY && ledger.Counts(e)
}

func occasionGate(q *query, o *option) stop {
	occ := o.template.Occasion
	if occ == nil {
		return stop{}
	}
	f := q.find(o.template)
	switch {
	case f.In:
		o.occasion = f.Occurrence
		return stop{}
	case f.State == calendar.Unknown:
		return stop{reason: surprise.NoOccasion, write: func(_ *query, o *option) string {
			return "the profile does not tell when the customer's " + o.template.Occasion.Name + " is"
		}}
	case f.State == calendar.Never:
		return stop{reason: surprise.NoOccasion, write: func(_ *query, o *option) string {
			return "the customer's " + o.template.Occasion.Name + " is over"
		}}
	}
	out := stop{reason: surprise.NoOccasion, write: func(_ *query, o *option) string { return "the " + o.template.Occasion.Name + " is not near" }}
	if !f.Day.IsZero() {
		out.until = calendar.Start(f.Day.AddDate(0, 0, -occ.Window.Before), q.location)
	}
	return out
}

// near is an occasion with its window.
type near struct {
	calendar.Spec
	calendar.Window
}

// find looks the occasion of a template up. Save for relatives, of whom the one counts for whom it was not given yet, that is the same for all
// templates.
func (q *query) find(t *catalog.Template) calendar.Finding {
	occ, policy := t.Occasion, q.cat.Policies.Calendar
	if occ.Spec.Relative != "" {
		return q.calendar.FindUnused(occ.Spec, q.customer, policy, q.today, occ.Window, q.usedBy(t))
	}
	return q.occasions.get(near{occ.Spec, occ.Window}, func() calendar.Finding { return q.calendar.Find(occ.Spec, q.customer, policy, q.today, occ.Window) })
}

// usedBy tells the occurrences for which a template was given or is held.
func (q *query) usedBy(t *catalog.Template) func(occurrence string) bool {
	return func(occurrence string) bool {
		return slices.ContainsFunc(q.rec.GetEntries(), func(e *storev1.Entry) bool {
			return (ledger.Counts(e) || held(e, q.now)) && e.GetTemplate() == t.ID && e.GetOccurrence() == occurrence
		})
	}
}

// leadTimeGate asks whether it can still be prepared while its occasion lasts.
func leadTimeGate(q *query, o *option) stop {
	occ := o.template.Occasion
	if occ == nil || o.template.LeadTime.IsZero() || o.occasion.ID == "" {
		return stop{}
	}
	end := calendar.Start(o.occasion.Day.AddDate(0, 0, occ.Window.After+1), q.location)
	if ready := o.template.LeadTime.AddTo(q.now, q.location); ready.Before(end) {
		return stop{}
	}
	return stop{reason: surprise.LeadTime, write: func(_ *query, o *option) string {
		t := o.template
		return fmt.Sprintf("it takes %s to prepare, which is too long for %s on %s", t.LeadTime, t.Occasion.Name, o.occasion.Day.Format(time.DateOnly))
	}}
}
