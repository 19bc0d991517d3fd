package ledger

import (
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Terms is what a template's cooldowns and the catalogue's caps ask of one customer's record before one more surprise. The same check
// answers Recommend (may it be offered?) and Claim (may it be taken?).
type Terms struct {
	Template  string
	Category  string
	Purpose   surprisev1.Purpose
	Channel   surprisev1.Channel
	VisitID   string
	Cooldowns catalog.Cooldowns
	Caps      []catalog.Cap
	// Occurrence names the occasion that it celebrates; empty: none.
	Occurrence string
	// Span is the length of the occasion's window: what was given without an offer within it was given for the same occurrence.
	Span time.Duration
	// Trial is the product that it lets the customer try; empty: none.
	Trial string
	// Household is the key of the customer's household; empty: none. What it may have is counted by limits then, not by the customer's record.
	Household string
	// Location is the customer's time zone, for periods by the calendar.
	Location *time.Location
}

// TermsFor returns the terms of a template on a channel, for a customer without a household.
func TermsFor(cat *catalog.Catalog, t *catalog.Template, channel surprisev1.Channel, visitID, occurrence string, loc *time.Location) Terms {
	var span time.Duration
	if t.Occasion != nil {
		span = time.Duration(t.Occasion.Window.Before+t.Occasion.Window.After+1) * 24 * time.Hour
	}
	var trial string
	if t.Trial != nil {
		trial = t.Trial.Product
	}
	return Terms{
		Template: t.ID, Trial: trial, Category: t.Category, Purpose: t.Purpose, Channel: channel, VisitID: visitID,
		Cooldowns: t.Cooldowns, Caps: cat.Policies.Caps, Occurrence: occurrence, Span: span, Location: loc,
	}
}

// Check returns nil if one more surprise on these terms is allowed at now, else an error with the reason and, where it can be told, the time
// from which it is.
func (t Terms) Check(rec *storev1.Record, now time.Time) *surprise.Error {
	cooldowns, caps := t.CheckCooldowns(rec, now), t.CheckCaps(rec, now)
	if cooldowns == nil {
		return caps
	}
	if caps != nil && !cooldowns.Until.IsZero() && caps.Until.After(cooldowns.Until) {
		cooldowns.Until = caps.Until
	}
	return cooldowns
}

// CheckCooldowns asks every claim of the record; of several that stand in the way it returns the one that does so for longest.
func (t Terms) CheckCooldowns(rec *storev1.Record, now time.Time) *surprise.Error {
	longest := t.checkTried(rec)
	for _, e := range rec.GetEntries() {
		longest = later(longest, t.checkEntry(e, now))
	}
	return longest
}

// later returns the refusal that ends later. One whose end cannot be told ends last.
func later(a, b *surprise.Error) *surprise.Error {
	switch {
	case b == nil || a != nil && a.Until.IsZero():
		return a
	case a == nil || b.Until.IsZero() || b.Until.After(a.Until):
		return b
	default:
		return a
	}
}

func (t Terms) checkEntry(e *storev1.Entry, now time.Time) *surprise.Error {
	if e.GetTemplate() == t.Template && e.GetCancelReason() == surprisev1.CancelReason_CUSTOMER_REFUSED {
		return t.wait(surprise.RefusalCooldown, "the customer refused this surprise", t.Cooldowns.AfterRefusal, e.GetEnded().AsTime(), now)
	}
	if !active(e, now) {
		return nil
	}
	longest := t.checkTrial(e)
	if e.GetTemplate() == t.Template {
		if t.used(e, now) {
			return surprise.Errorf(surprise.OccasionUsed, "this occasion (%s) had its surprise; it comes once for each", t.Occurrence)
		}
		if e.GetState() == surprisev1.ClaimState_HELD {
			longest = later(longest, &surprise.Error{Reason: surprise.Cooldown, Until: e.GetHoldUntil().AsTime(),
				Message: "this surprise is already claimed for the customer; confirm or cancel that claim"})
		}
		longest = later(longest, t.wait(surprise.Cooldown, "the customer had this surprise", t.Cooldowns.Template, givenAt(e), now))
	}
	if e.GetCategory() == t.Category {
		longest = later(longest, t.wait(surprise.Cooldown, "the customer had a surprise of the category "+t.Category, t.Cooldowns.Category, givenAt(e), now))
	}
	return longest
}

// used reports whether an entry of the same template was for the same occurrence.
func (t Terms) used(e *storev1.Entry, now time.Time) bool {
	if t.Occurrence == "" {
		return false
	}
	return e.GetOccurrence() == t.Occurrence || e.GetOccurrence() == "" && now.Sub(givenAt(e)).Abs() < t.Span
}

// wait refuses until a period after a time.
func (t Terms) wait(reason surprise.Reason, why string, cooldown surprise.Period, since, now time.Time) *surprise.Error {
	until := cooldown.AddTo(since, t.Location)
	if cooldown.IsZero() || !now.Before(until) {
		return nil
	}
	return &surprise.Error{Reason: reason, Until: until,
		Message: why + " on " + since.In(t.Location).Format(time.DateOnly) + "; possible again from " + until.In(t.Location).Format("2006-01-02 15:04")}
}

// active entries count for cooldowns and caps: what was given, and what is held.
func active(e *storev1.Entry, now time.Time) bool {
	return Counts(e) || e.GetState() == surprisev1.ClaimState_HELD && e.GetHoldUntil().AsTime().After(now)
}

// givenAt is when a surprise was given or, while it is held, claimed.
func givenAt(e *storev1.Entry) time.Time {
	if d := e.GetDelivered(); d != nil {
		return d.AsTime()
	}
	return e.GetCreated().AsTime()
}
