package ledger

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A trial is reserved with its claim, begins with the delivery, and ends by its length, by an outcome, or by coming back. Its product stays tried.

// trialPlan is what the catalogue says of the trial that a delivery begins; the zero value is none.
type trialPlan struct {
	of  *catalog.Trial
	loc *time.Location
}

// planTrial looks up the trial of a template. The catalogue's time zone counts: that of the customer is not kept.
func (l *Ledger) planTrial(template string) trialPlan {
	cat := l.catalog()
	if t := cat.Template(template); t != nil && t.Trial != nil {
		return trialPlan{of: t.Trial, loc: cat.Location}
	}
	return trialPlan{}
}

// startTrial begins the trial of an entry with its delivery. Of a template that is gone nobody knows the length: its trial runs until an outcome
// ends it.
func startTrial(e *storev1.Entry, plan trialPlan) {
	if e.GetTrial() == nil && plan.of == nil {
		return
	}
	trial := &surprisev1.ClaimTrial{Product: e.GetTrial().GetProduct(), Starts: e.GetDelivered()}
	if p := plan.of; p != nil {
		ends := p.Length.AddTo(trial.GetStarts().AsTime(), plan.loc)
		trial.Product = firstOf(trial.GetProduct(), p.Product)
		trial.Ends = timestamppb.New(ends)
		if !p.RemindBefore.IsZero() {
			trial.Remind = timestamppb.New(negative(p.RemindBefore).AddTo(ends, plan.loc))
		}
	}
	e.Trial = trial
}

func negative(p surprise.Period) surprise.Period {
	return surprise.Period{Years: -p.Years, Months: -p.Months, Days: -p.Days, Exact: -p.Exact}
}

// running reports whether a trial has begun and not ended.
func running(e *storev1.Entry) bool {
	return Counts(e) && e.GetTrial() != nil && e.GetTrial().GetEnded() == nil
}

// checkTrial refuses a product that an entry tries, tried, or is about to try.
func (t Terms) checkTrial(e *storev1.Entry) *surprise.Error {
	if t.Trial == "" || e.GetTrial().GetProduct() != t.Trial {
		return nil
	}
	err := trialUsed(t.Trial)
	if e.GetState() == surprisev1.ClaimState_HELD {
		err.Until = e.GetHoldUntil().AsTime()
	}
	return err
}

// checkTried is checkTrial for entries that are no longer kept.
func (t Terms) checkTried(rec *storev1.Record) *surprise.Error {
	if t.Trial == "" || !slices.Contains(rec.GetTried(), t.Trial) {
		return nil
	}
	return trialUsed(t.Trial)
}

func trialUsed(product string) *surprise.Error {
	return surprise.Errorf(surprise.TrialUsed, "the customer had a trial of %s; there is one for each product", product)
}

// keepTried remembers the product of an entry that is about to be forgotten.
func (m *machine) keepTried(e *storev1.Entry) {
	if product := e.GetTrial().GetProduct(); Counts(e) && product != "" && !slices.Contains(m.rec.GetTried(), product) {
		m.rec.Tried = append(m.rec.Tried, product)
	}
}

// tickTrials ends trials whose time is over, and reminds of those that soon will be.
func (m *machine) tickTrials() {
	for _, e := range m.rec.GetEntries() {
		switch trial := e.GetTrial(); {
		case !running(e):
		case isDue(trial.GetEnds(), m.now):
			m.endTrial(e, trial.GetEnds().AsTime(), surprisev1.OutcomeKind_OUTCOME_KIND_UNSPECIFIED)
		case !e.GetReminded() && isDue(trial.GetRemind(), m.now):
			e.Reminded = true
			m.changed = true
			m.emitClaim(event.TrialReminder, e)
		}
	}
}

func isDue(t *timestamppb.Timestamp, now time.Time) bool { return t != nil && !t.AsTime().After(now) }

// endTrial ends a running trial. Its end is not before its start.
func (m *machine) endTrial(e *storev1.Entry, at time.Time, by surprisev1.OutcomeKind) {
	if starts := e.GetTrial().GetStarts().AsTime(); at.Before(starts) {
		at = starts
	}
	e.Trial.Ended, e.Trial.EndedBy = timestamppb.New(at), by
	m.changed = true
	m.emitClaim(event.TrialEnded, e)
}

func (m *machine) dueTrials() time.Time {
	var first time.Time
	for _, e := range m.rec.GetEntries() {
		if !running(e) {
			continue
		}
		if ends := e.GetTrial().GetEnds(); ends != nil {
			first = earliest(first, ends.AsTime())
		}
		if remind := e.GetTrial().GetRemind(); remind != nil && !e.GetReminded() {
			first = earliest(first, remind.AsTime())
		}
	}
	return first
}
