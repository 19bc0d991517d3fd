package calendar

import (
	"time"

	lunar "github.com/6tail/lunar-go/calendar"
)

// lunarMonth is one month of a lunar year. A leap month has the number of the month before it, negative.
type lunarMonth struct {
	number int
	first  time.Time
	days   int
}

// The library computes from astronomy; beyond these years nobody alive celebrates.
const (
	minLunarYear = 1800
	maxLunarYear = 2300
)

// lunarDay returns the civil day of a lunar date. A leap month that the year does not have is celebrated in the month itself, and a day
// 30 in a month of 29 days on its last.
func (c *Calendar) lunarDay(year, month, day int, leapMonth bool) (time.Time, bool) {
	var plain *lunarMonth
	months := c.lunarYear(year)
	for i := range months {
		switch m := &months[i]; {
		case leapMonth && m.number == -month:
			return m.day(day), true
		case m.number == month:
			plain = m
		}
	}
	if plain == nil {
		return time.Time{}, false
	}
	return plain.day(day), true
}

func (m *lunarMonth) day(n int) time.Time { return m.first.AddDate(0, 0, min(n, m.days)-1) }

// lunarYear returns the months of a lunar year in order; none outside the years that are supported.
func (c *Calendar) lunarYear(year int) []lunarMonth {
	if year < minLunarYear || year > maxLunarYear {
		return nil
	}
	if known, ok := c.lunarYears.Load(year); ok {
		return known.([]lunarMonth)
	}
	var out []lunarMonth
	for e := lunar.NewLunarYear(year).GetMonthsInYear().Front(); e != nil; e = e.Next() {
		m := e.Value.(*lunar.LunarMonth)
		s := lunar.NewSolarFromJulianDay(m.GetFirstJulianDay())
		out = append(out, lunarMonth{number: m.GetMonth(), days: m.GetDayCount(), first: time.Date(s.GetYear(), time.Month(s.GetMonth()), s.GetDay(), 0, 0, 0, 0, time.UTC)})
	}
	c.lunarYears.Store(year, out)
	return out
}
