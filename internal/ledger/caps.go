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

// CheckCaps asks every cap that is counted in the customer's record; of several that are reached it returns the one that stays so for longest, as far as that can be told: a cap for
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
		if t.count(c, rec, now) < c.Max {
			continue
		}
		err := t.reached(c, t.counted(c, rec, now))
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
			out = append(out, max(c.Max-t.count(c, rec, now), 0))
		}
	}
	return out
}

func (t Terms) capped(c catalog.Cap) bool {
	byLimit := c.Household && t.Household != ""
	return !byLimit && capOf(c, t.Channel, t.Category)
}

// capOf reports whether a cap is about surprises of a channel and category.
func capOf(c catalog.Cap, channel surprisev1.Channel, category string) bool {
	return (c.Channel == surprisev1.Channel_CHANNEL_UNSPECIFIED || c.Channel == channel) && (c.Category == "" || c.Category == category)
}

// counts reports whether a surprise is in a cap's window.
func (t Terms) counts(c catalog.Cap, e *storev1.Entry, now time.Time) bool {
	switch {
	case !active(e, now) || e.GetPurpose() == surprisev1.Purpose_RECOVERY || !capOf(c, e.GetChannel(), e.GetCategory()):
		return false
	case c.PerVisit:
		return e.GetVisitId() == t.VisitID
	default:
		return c.Window.AddTo(givenAt(e), t.Location).After(now)
	}
}

// count returns how many surprises are in a cap's window.
func (t Terms) count(c catalog.Cap, rec *storev1.Record, now time.Time) (n int) {
	for _, e := range rec.GetEntries() {
		if t.counts(c, e, now) {
			n++
		}
	}
	return n
}

// counted returns the times of the surprises in a cap's window, the earliest first.
func (t Terms) counted(c catalog.Cap, rec *storev1.Record, now time.Time) []time.Time {
	var out []time.Time
	for _, e := range rec.GetEntries() {
		if t.counts(c, e, now) {
			out = append(out, givenAt(e))
		}
	}
	slices.SortFunc(out, func(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) })
	return out
}

// reached refuses for a cap that has no room.
func (t Terms) reached(c catalog.Cap, counted []time.Time) *surprise.Error {
	if c.PerVisit {
		return surprise.Errorf(surprise.CapReached, "the customer had %d of at most %d surprises in this visit", len(counted), c.Max)
	}
	err := surprise.Errorf(surprise.CapReached, "the customer had %d of at most %d surprises within %s", len(counted), c.Max, c.Window)
	if c.Max > 0 {
		err.Until = c.Window.AddTo(counted[len(counted)-c.Max], t.Location)
	}
	return err
}
