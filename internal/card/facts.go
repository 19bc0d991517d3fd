package card

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// fact is one line of who, when and what.
type fact struct {
	Name, Value string
	// Urgent ones are set apart: they say by when.
	Urgent bool
	// Customer texts can be in any direction.
	Customer bool
}

// clock writes times as people at a counter read them.
type clock struct {
	w    *words
	zone *time.Location
}

// newClock shows times in UTC where the card names no zone that there is.
func newClock(w *words, zone string) clock {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return clock{w: w, zone: loc}
}

func (c clock) time(t *timestamppb.Timestamp) string {
	at := t.AsTime().In(c.zone)
	return c.w.day(c.w, at) + at.Format("15:04")
}

// date is for what may be years away.
func (c clock) date(t *timestamppb.Timestamp) string {
	return t.AsTime().In(c.zone).Format(time.DateOnly)
}

// span names the day once where both are on the same one. A span may end with its day, at 24:00.
func (c clock) span(from, until *timestamppb.Timestamp) string {
	a, b := from.AsTime().In(c.zone), until.AsTime().In(c.zone)
	last := b.Add(-time.Nanosecond)
	switch {
	case until == nil:
		return c.time(from)
	case a.YearDay() != last.YearDay() || a.Year() != last.Year():
		return c.time(from) + " – " + c.time(until)
	case last.Day() != b.Day():
		return c.time(from) + "–24:00"
	default:
		return c.time(from) + b.Format("–15:04")
	}
}

// facts are in the order in which they are asked for.
func facts(c *surprisev1.TaskCard, w *words) []fact {
	ck := newClock(w, c.GetTimeZone())
	var out []fact
	add := func(f fact) {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	when := func(name string, t *timestamppb.Timestamp) {
		if t != nil {
			add(fact{Name: name, Value: ck.time(t), Urgent: true})
		}
	}
	add(fact{Name: w.customer, Value: line(c.GetCustomerName()), Customer: true})
	add(fact{Name: w.role, Value: written(c.GetRole())})
	if s := c.GetSlot(); s != nil {
		add(fact{Name: w.slot, Value: ck.span(s.GetStarts(), s.GetEnds()), Urgent: true})
		add(fact{Name: w.adviser, Value: line(s.GetAdviser()), Customer: true})
	}
	when(w.orderBy, c.GetOrderBy())
	if from := c.GetPickupFrom(); from != nil {
		add(fact{Name: w.pickup, Value: ck.span(from, c.GetPickupUntil()), Urgent: true})
	}
	// The end of what is shown already needs no line of its own.
	if by := c.GetDoBy(); by.GetSeconds() != c.GetPickupUntil().GetSeconds() && by.GetSeconds() != c.GetSlot().GetEnds().GetSeconds() {
		when(w.doBy, by)
	}
	add(fact{Name: w.order, Value: line(c.GetOrderId()), Customer: true})
	add(fact{Name: w.trial, Value: ck.trial(c.GetTrial())})
	return out
}

func (c clock) trial(t *surprisev1.ClaimTrial) string {
	switch {
	case t == nil:
		return ""
	case t.GetEnds() == nil:
		return line(t.GetProduct())
	default:
		return fmt.Sprintf(c.w.trialTo, line(t.GetProduct()), c.date(t.GetEnds()))
	}
}

// memories are shown as "2025-11-21: lemon cake, well received". Those without a tag say nothing.
func (c clock) memories(all []*surprisev1.Memory) []string {
	out := make([]string, 0, len(all))
	for _, m := range all {
		if tag := line(m.GetTag()); tag != "" {
			out = append(out, c.date(m.GetDelivered())+": "+tag)
		}
	}
	return out
}

// serial is "No. 7 of 100", or nothing.
func (w *words) serialNumber(n, of int64) string {
	switch {
	case n == 0:
		return ""
	case of == 0:
		return fmt.Sprintf(w.serialOf, n)
	default:
		return fmt.Sprintf(w.serial, n, of)
	}
}

// badge says who may notice, and of what others see, why.
func (w *words) badge(c *surprisev1.TaskCard) (name, why string) {
	if c.GetVisibility() != surprisev1.Visibility_PUBLIC {
		return w.private, ""
	}
	if reason := written(c.GetEarnedReason()); reason != "" {
		return w.public, w.because + w.colon + reason
	}
	return w.public, w.because
}
