package ledger

import (
	"cmp"
	"slices"
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
	// Location is the customer's time zone, for periods by the calendar.
	Location *time.Location
}

// TermsFor returns the terms of a template on a channel.
func TermsFor(cat *catalog.Catalog, t *catalog.Template, channel surprisev1.Channel, visitID, occurrence string, loc *time.Location) Terms {
	var span time.Duration
	if t.Occasion != nil {
		span = time.Duration(t.Occasion.Window.Before+t.Occasion.Window.After+1) * 24 * time.Hour
	}
	return Terms{
		Template: t.ID, Category: t.Category, Purpose: t.Purpose, Channel: channel, VisitID: visitID,
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
	var longest *surprise.Error
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
	var longest *surprise.Error
	if e.GetTemplate() == t.Template {
		if t.used(e, now) {
			return surprise.Errorf(surprise.OccasionUsed, "this occasion (%s) had its surprise; it comes once for each", t.Occurrence)
		}
		if e.GetState() == surprisev1.ClaimState_HELD {
			longest = &surprise.Error{Reason: surprise.Cooldown, Until: e.GetHoldUntil().AsTime(), Message: "this surprise is already claimed for the customer; confirm or cancel that claim"}
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
	switch e.GetState() {
	case surprisev1.ClaimState_CONFIRMED:
		return true
	case surprisev1.ClaimState_HELD:
		return e.GetHoldUntil().AsTime().After(now)
	default:
		return false
	}
}

// givenAt is when a surprise was given or, while it is held, claimed.
func givenAt(e *storev1.Entry) time.Time {
	if d := e.GetDelivered(); d != nil {
		return d.AsTime()
	}
	return e.GetCreated().AsTime()
}

// CheckCaps asks every cap; of several that are reached it returns the one that stays so for longest, as far as that can be told: a cap for
// the visit ends with the visit.
func (t Terms) CheckCaps(rec *storev1.Record, now time.Time) *surprise.Error {
	if t.Purpose == surprisev1.Purpose_RECOVERY {
		return nil
	}
	var longest *surprise.Error
	for _, c := range t.Caps {
		if !t.capped(c) {
			continue
		}
		err := t.checkCap(c, t.counted(c, rec, now))
		if longest == nil || err != nil && err.Until.After(longest.Until) {
			longest = err
		}
	}
	return longest
}

// Remaining returns how many more surprises each cap that is not of one category allows now; none where there is no such cap.
func (t Terms) Remaining(rec *storev1.Record, now time.Time) []int {
	var out []int
	for _, c := range t.Caps {
		if c.Category == "" && t.capped(c) {
			out = append(out, max(c.Max-len(t.counted(c, rec, now)), 0))
		}
	}
	return out
}

func (t Terms) capped(c catalog.Cap) bool {
	return (c.Channel == surprisev1.Channel_CHANNEL_UNSPECIFIED || c.Channel == t.Channel) && (c.Category == "" || c.Category == t.Category)
}

// counted returns the times of the surprises in a cap's window, the earliest first.
func (t Terms) counted(c catalog.Cap, rec *storev1.Record, now time.Time) []time.Time {
	var out []time.Time
	for _, e := range rec.GetEntries() {
		if !active(e, now) || e.GetPurpose() == surprisev1.Purpose_RECOVERY || !entryIn(c, e) {
			continue
		}
		at := givenAt(e)
		inWindow := c.Window.AddTo(at, t.Location).After(now)
		if c.PerVisit {
			inWindow = e.GetVisitId() == t.VisitID
		}
		if inWindow {
			out = append(out, at)
		}
	}
	slices.SortFunc(out, func(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) })
	return out
}

func entryIn(c catalog.Cap, e *storev1.Entry) bool {
	return (c.Channel == surprisev1.Channel_CHANNEL_UNSPECIFIED || c.Channel == e.GetChannel()) && (c.Category == "" || c.Category == e.GetCategory())
}

func (t Terms) checkCap(c catalog.Cap, counted []time.Time) *surprise.Error {
	if len(counted) < c.Max {
		return nil
	}
	if c.PerVisit {
		return surprise.Errorf(surprise.CapReached, "the customer had %d of at most %d surprises in this visit", len(counted), c.Max)
	}
	err := surprise.Errorf(surprise.CapReached, "the customer had %d of at most %d surprises within %s", len(counted), c.Max, c.Window)
	if c.Max > 0 {
		err.Until = c.Window.AddTo(counted[len(counted)-c.Max], t.Location)
	}
	return err
}
