package recommend

import (
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

func validityGate(q *query, o *option) *surprise.Error {
	t := o.template
	switch {
	case !t.From.IsZero() && q.now.Before(t.From):
		return &surprise.Error{Reason: surprise.NotValidNow, Until: t.From, Message: "it begins on " + t.From.In(q.location).Format(time.DateOnly)}
	case !t.Until.IsZero() && !q.now.Before(t.Until):
		return surprise.Errorf(surprise.NotValidNow, "it ended on %s", t.Until.In(q.location).Format(time.DateOnly))
	default:
		return nil
	}
}

// quietGate leaves customers in peace; who must be made satisfied is helped at any time.
func quietGate(q *query, o *option) *surprise.Error {
	if o.template.Purpose == surprisev1.Purpose_RECOVERY {
		return nil
	}
	end := q.quietUntil()
	if end.Equal(q.now) {
		return nil
	}
	return &surprise.Error{Reason: surprise.QuietTime, Until: end, Message: "it is quiet time for the customer until " + end.Format("2006-01-02 15:04")}
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
func coolOffGate(q *query, o *option) *surprise.Error {
	coolOff := q.cat.Policies.Satisfaction.CoolOff
	if o.template.Purpose == surprisev1.Purpose_RECOVERY || coolOff.IsZero() {
		return nil
	}
	last, ok := q.lastRecovery()
	if !ok {
		return nil
	}
	until := coolOff.AddTo(last, q.location)
	if !q.now.Before(until) {
		return nil
	}
	return &surprise.Error{Reason: surprise.CoolOff, Until: until, Message: "something went wrong for the customer; delight waits until " + until.In(q.location).Format(time.DateOnly)}
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

func occasionGate(q *query, o *option) *surprise.Error {
	occ := o.template.Occasion
	if occ == nil {
		return nil
	}
	f := q.calendar.FindUnused(occ.Spec, q.customer, q.cat.Policies.Calendar, q.today, occ.Window, q.usedBy(o.template))
	switch {
	case f.In:
		found := f.Occurrence
		o.occasion = &found
		return nil
	case f.State == calendar.Unknown:
		return surprise.Errorf(surprise.NoOccasion, "the profile does not tell when the customer's %s is", occ.Name)
	case f.State == calendar.Never:
		return surprise.Errorf(surprise.NoOccasion, "the customer's %s is over", occ.Name)
	}
	out := surprise.Errorf(surprise.NoOccasion, "the %s is not near", occ.Name)
	if !f.Day.IsZero() {
		out.Until = calendar.Start(f.Day.AddDate(0, 0, -occ.Window.Before), q.location)
	}
	return out
}

// usedBy tells the occurrences for which a template was given or is held.
func (q *query) usedBy(t *catalog.Template) func(occurrence string) bool {
	return func(occurrence string) bool {
		return slices.ContainsFunc(q.rec.GetEntries(), func(e *storev1.Entry) bool {
			live := ledger.Counts(e) || e.GetState() == surprisev1.ClaimState_HELD && e.GetHoldUntil().AsTime().After(q.now)
			return live && e.GetTemplate() == t.ID && e.GetOccurrence() == occurrence
		})
	}
}

// leadTimeGate asks whether it can still be prepared while its occasion lasts.
func leadTimeGate(q *query, o *option) *surprise.Error {
	occ := o.template.Occasion
	if occ == nil || o.template.LeadTime.IsZero() || o.occasion == nil {
		return nil
	}
	end := calendar.Start(o.occasion.Day.AddDate(0, 0, occ.Window.After+1), q.location)
	if ready := o.template.LeadTime.AddTo(q.now, q.location); ready.Before(end) {
		return nil
	}
	return surprise.Errorf(surprise.LeadTime, "it takes %s to prepare, which is too long for %s on %s", o.template.LeadTime, occ.Name, o.occasion.Day.Format(time.DateOnly))
}
