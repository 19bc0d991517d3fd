package catalog

import "time"

// civilDay is a date without a time zone.
type civilDay struct {
	year  int
	month time.Month
	day   int
}

func dayOf(t time.Time, loc *time.Location) civilDay {
	y, m, d := t.In(loc).Date()
	return civilDay{y, m, d}
}

// plus returns the date n days later.
func (d civilDay) plus(n int) civilDay {
	y, m, day := time.Date(d.year, d.month, d.day+n, 0, 0, 0, 0, time.UTC).Date()
	return civilDay{y, m, day}
}

func (d civilDay) weekday() time.Weekday {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Weekday()
}

// wall returns what a clock shows so long after the midnight of d, as if it were in UTC.
func (d civilDay) wall(sinceMidnight time.Duration) time.Time {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Add(sinceMidnight)
}

// at returns the first moment at which clocks in loc show the time of the day d, or have gone past it: a time that clocks skip in spring is the
// moment at which they skip it, and of a time that comes twice in autumn it is the first.
func (d civilDay) at(sinceMidnight time.Duration, loc *time.Location) time.Time {
	wanted := d.wall(sinceMidnight)
	y, m, day := wanted.Date()
	t := time.Date(y, m, day, wanted.Hour(), wanted.Minute(), 0, 0, loc)
	start, end := t.ZoneBounds()
	switch shown := wallOf(t); {
	case shown.After(wanted): // skipped, and told by the clock after
		return start
	case shown.Before(wanted): // skipped, and told by the clock before
		return end
	case start.IsZero():
		return t
	}
	before := start.Add(-time.Second)
	_, was := before.Zone()
	_, is := t.Zone()
	if first := t.Add(-time.Duration(was-is) * time.Second); was > is && first.Before(start) {
		return first
	}
	return t
}

func wallOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// clock reads "HH:MM", which the protos have checked, as the time since midnight; "24:00" is the end of the day.
func clock(text string) time.Duration {
	if text == "24:00" {
		return day
	}
	return time.Duration(minutes(text)) * time.Minute
}
