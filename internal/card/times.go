package card

import (
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/surprise"
)

// setTimes says when to order, when it is collected, and by when it must be done. What is over needs no times.
func (in *Input) setTimes(c *surprisev1.TaskCard) {
	held := in.Claim.GetState() == surprisev1.ClaimState_HELD
	if in.Claim != nil && !held {
		return
	}
	if held {
		c.DoBy = in.Claim.GetHoldUntil()
	}
	// Whoever booked a time comes then, and whoever may pick up until the evening comes until then, however short the hold: a late confirmation is
	// never lost.
	if ends := c.GetSlot().GetEnds(); ends != nil {
		c.DoBy = ends
	}
	day, ok := in.day()
	if !ok || in.Template == nil {
		return
	}
	zone := in.Catalog.Location
	need := in.dayBegins(day)
	if p := in.Template.Pickup; p != nil {
		need = at(day, p.From, zone)
		c.PickupFrom, c.PickupUntil = stamp(need), stamp(at(day, p.To, zone))
		c.DoBy = c.PickupUntil
	}
	if lead := in.Template.LeadTime; !lead.IsZero() {
		c.OrderBy = stamp(before(need, lead, zone))
	}
}

// day is the civil day of the occasion.
func (in *Input) day() (time.Time, bool) {
	if !in.OccasionDay.IsZero() {
		return in.OccasionDay, true
	}
	d := in.Claim.GetOccasionDay()
	if d == nil {
		return time.Time{}, false
	}
	return time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay()), 0, 0, 0, 0, time.UTC), true
}

func (in *Input) dayBegins(day time.Time) time.Time {
	if in.Location == nil {
		return calendar.Start(day, in.Catalog.Location)
	}
	return calendar.Start(day, in.Location)
}

// at is what clocks show that long after midnight, also on days on which they change.
func at(day time.Time, sinceMidnight time.Duration, zone *time.Location) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, int(sinceMidnight/time.Minute), 0, 0, zone)
}

// before is a period earlier, by the calendar.
func before(t time.Time, p surprise.Period, zone *time.Location) time.Time {
	return surprise.Period{Years: -p.Years, Months: -p.Months, Days: -p.Days, Exact: -p.Exact}.AddTo(t, zone)
}
