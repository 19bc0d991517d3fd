package catalog

import (
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Hours are opening hours; the zero value is always open.
type Hours struct {
	// spans is nil for what is always open, and empty for what never is.
	spans []span
}

// span is one daily span on some weekdays, from midnight; to may be after the next midnight.
type span struct {
	days     [7]bool // by time.Weekday
	from, to time.Duration
}

// openingDays is how many days ahead an opening is looked for: a week, and one day more for spans that clocks skip.
const openingDays = 8

// Open reports whether it is open at t, and if not, when it opens next, within 8 days; zero: not in that time. t is in any time zone, hours are in
// that of loc. Times that clocks skip or show twice are as civilDay.at has them.
func (h Hours) Open(t time.Time, loc *time.Location) (open bool, next time.Time) {
	if h.spans == nil {
		return true, time.Time{}
	}
	today := dayOf(t, loc)
	for ahead := -1; ahead <= openingDays; ahead++ {
		d := today.plus(ahead)
		for _, s := range h.spans {
			if !s.days[d.weekday()] {
				continue
			}
			from, to := d.at(s.from, loc), d.at(s.to, loc)
			switch {
			case !from.After(t) && t.Before(to):
				return true, time.Time{}
			case from.After(t) && from.Before(to) && (next.IsZero() || from.Before(next)):
				next = from
			}
		}
		// Later days begin later, save that a clock can go back over midnight.
		if ahead > 0 && !next.IsZero() {
			break
		}
	}
	return false, next
}

// never reports whether it opens on no day of the week.
func (h Hours) never() bool { return h.spans != nil && len(h.spans) == 0 }

// within returns when both are open.
func (h Hours) within(outer Hours) Hours {
	switch {
	case h.spans == nil:
		return outer
	case outer.spans == nil:
		return h
	}
	out := Hours{spans: []span{}}
	for _, a := range h.spans {
		for _, b := range outer.spans {
			for shift := -1; shift <= 1; shift++ {
				if s, ok := a.meet(b, shift); ok {
					out.spans = append(out.spans, s)
				}
			}
		}
	}
	return out
}

// meet returns what a has in common with b of the days that are shift days later.
func (a span) meet(b span, shift int) (both span, ok bool) {
	offset := time.Duration(shift) * day
	both.from, both.to = max(a.from, b.from+offset), min(a.to, b.to+offset)
	later := 0
	if both.from >= day { // it begins after a's midnight, and belongs to that day
		later, both.from, both.to = 1, both.from-day, both.to-day
	}
	for d := range 7 {
		if a.days[d] && b.days[(d+shift+7)%7] {
			both.days[(d+later)%7] = true
			ok = true
		}
	}
	return both, ok && both.from < both.to
}

// hours reads opening hours. A broken span is noted and left out.
func (c *compiler) hours(src []*surprisev1.OpeningHours, at place) Hours {
	if len(src) == 0 {
		return Hours{}
	}
	out := Hours{spans: []span{}}
	for i, o := range src {
		s := span{from: clock(o.GetFrom()), to: clock(o.GetTo())}
		if s.from == s.to {
			c.hintf(at.in(i, "to"), `for the whole day write from: "00:00", to: "24:00"`, "opening hours end when they begin, at %s", o.GetFrom())
			continue
		}
		if s.to < s.from {
			s.to += day
		}
		for _, d := range o.GetDays() {
			s.days[int(d)%7] = true // SUNDAY is 7 here and 0 in time
		}
		if len(o.GetDays()) == 0 {
			s.days = [7]bool{true, true, true, true, true, true, true}
		}
		out.spans = append(out.spans, s)
	}
	return out
}
