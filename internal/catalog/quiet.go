package catalog

import (
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Quiet is a span of the day at which nobody is surprised.
type Quiet struct {
	// From and To are minutes after midnight; To at or before From runs over midnight. Both 0: the whole day.
	From, To int
	days     [7]bool
	dates    map[monthDay]bool
	channels uint64 // bits; 0: all
}

type monthDay struct {
	month time.Month
	day   int
}

func (c *compiler) quiet(src []*surprisev1.QuietTime, at place) []Quiet {
	var out []Quiet
	for i, q := range src {
		where := at.in(i)
		if (q.GetFrom() == "") != (q.GetTo() == "") {
			c.hintf(where, "give both, or none for the whole day", "a quiet time has from and to")
			continue
		}
		span := Quiet{From: minutes(q.GetFrom()), To: minutes(q.GetTo())}
		for _, d := range q.GetDays() {
			span.days[int(d)%7] = true // SUNDAY is 7 here and 0 in time
		}
		if len(q.GetDays()) == 0 && len(q.GetDates()) == 0 {
			span.days = [7]bool{true, true, true, true, true, true, true}
		}
		span.dates = c.quietDates(q.GetDates(), where.in("dates"))
		for _, ch := range q.GetChannels() {
			span.channels |= 1 << uint(ch)
		}
		out = append(out, span)
	}
	return out
}

func (c *compiler) quietDates(dates []string, at place) map[monthDay]bool {
	out := map[monthDay]bool{}
	for i, d := range dates {
		month, day := c.monthDay(at.in(i), d)
		out[monthDay{month, day}] = true
	}
	return out
}

// minutes reads "HH:MM", which the protos have checked; "" is midnight.
func minutes(text string) int {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0
	}
	return 60*t.Hour() + t.Minute()
}

// Until returns the end of the quiet time that now, in the customer's time zone, is in on a channel; ok is false where it is in none.
func (q Quiet) Until(now time.Time, channel surprisev1.Channel) (end time.Time, ok bool) {
	if q.channels != 0 && q.channels&(1<<uint(channel)) == 0 {
		return time.Time{}, false
	}
	// A span that began yesterday can reach into today.
	for _, back := range []int{0, 1} {
		y, m, d := now.Date()
		begins := time.Date(y, m, d-back, 0, q.From, 0, 0, now.Location())
		if !q.on(begins) {
			continue
		}
		ends := time.Date(y, m, d-back, 0, q.To, 0, 0, now.Location())
		if q.To <= q.From {
			ends = time.Date(y, m, d-back+1, 0, q.To, 0, 0, now.Location())
		}
		if !now.Before(begins) && now.Before(ends) {
			return ends, true
		}
	}
	return time.Time{}, false
}

func (q Quiet) on(day time.Time) bool {
	_, m, d := day.Date()
	return q.days[day.Weekday()] || q.dates[monthDay{m, d}]
}
