// Package calendar finds the personal days of a customer: when they are, how near today is, and which occurrence it is.
//
// All arithmetic is on civil days (midnights in UTC), so that neither time zones nor daylight saving move a birthday.
package calendar

import (
	"sync"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Calendar answers questions about days. It keeps lunar years that it has computed, and is safe for concurrent use.
type Calendar struct {
	// Zones are the time zones that requests named.
	Zones      Zones
	lunarYears sync.Map // int -> []lunarMonth
	terms      sync.Map // solar term and year -> time.Time
	festivals  map[string]festival
}

// New returns a calendar.
func New() *Calendar { return &Calendar{festivals: festivals()} }

// Occurrence is one celebration of a personal day.
type Occurrence struct {
	// ID is the same on every day of its window and differs from year to year, for example "birthday/2026".
	ID string
	// Day is the midnight (UTC) of the day itself.
	Day time.Time
}

// DayOf returns the civil day of t in t's own time zone.
func DayOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Start returns the first moment of a civil day in a time zone.
func Start(day time.Time, loc *time.Location) time.Time {
	y, m, d := day.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, loc)
	// Where clocks go forward at midnight, or a whole day is left out, the day begins later.
	for range 4 * 25 {
		if !DayOf(t).Before(day) {
			break
		}
		t = t.Add(15 * time.Minute)
	}
	return t
}

// Days returns the whole days from a to b.
func Days(a, b time.Time) int { return int(b.Sub(a) / (24 * time.Hour)) }

// birthdayIn returns the birthday of one year: a lunar year for lunar birthdays, which can begin in January or February.
func (c *Calendar) birthdayIn(b *surprisev1.Birthday, p Policy, year int) (time.Time, bool) {
	if b.GetCalendar() == surprisev1.Calendar_LUNAR {
		return c.lunarDay(year, int(b.GetMonth()), int(b.GetDay()), b.GetLeapMonth() && p.LeapMonth != surprisev1.LeapMonth_REGULAR_MONTH)
	}
	return yearDay(year, time.Month(b.GetMonth()), int(b.GetDay()), p), true
}

// yearDay is a day of every year in one year.
func yearDay(year int, month time.Month, day int, p Policy) time.Time {
	month, day = leapDayIn(year, month, day, p.LeapDay)
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }
