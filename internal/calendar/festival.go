package calendar

import (
	"fmt"
	"sort"
	"time"

	lunar "github.com/6tail/lunar-go/calendar"
)

// festival says how to find a festival's day in a year.
type festival struct {
	// A lunar month and day, moved by so many days.
	lunarMonth, lunarDay, offset int
	// A day of the solar calendar.
	month time.Month
	day   int
	// The nth such weekday of a month.
	nth     int
	weekday time.Weekday
	// A solar term by its Chinese name.
	term string
	// Easter, by the Gregorian computus.
	easter bool
}

func festivals() map[string]festival {
	return map[string]festival{
		"lunar_new_year_eve": {lunarMonth: 1, lunarDay: 1, offset: -1},
		"spring_festival":    {lunarMonth: 1, lunarDay: 1},
		"lantern_festival":   {lunarMonth: 1, lunarDay: 15},
		"dragon_boat":        {lunarMonth: 5, lunarDay: 5},
		"qixi":               {lunarMonth: 7, lunarDay: 7},
		"ghost_festival":     {lunarMonth: 7, lunarDay: 15},
		"mid_autumn":         {lunarMonth: 8, lunarDay: 15},
		"double_ninth":       {lunarMonth: 9, lunarDay: 9},
		"qingming":           {term: "清明", month: time.April},
		"winter_solstice":    {term: "冬至", month: time.December},
		"new_year":           {month: time.January, day: 1},
		"valentines_day":     {month: time.February, day: 14},
		"womens_day":         {month: time.March, day: 8},
		"white_day":          {month: time.March, day: 14},
		"easter":             {easter: true},
		"mothers_day":        {month: time.May, nth: 2, weekday: time.Sunday},
		"fathers_day":        {month: time.June, nth: 3, weekday: time.Sunday},
		"fathers_day_taiwan": {month: time.August, day: 8},
		"halloween":          {month: time.October, day: 31},
		"thanksgiving":       {month: time.November, nth: 4, weekday: time.Thursday},
		"christmas":          {month: time.December, day: 25},
	}
}

// Festivals returns the ids of all festivals in order.
func Festivals() []string {
	all := festivals()
	out := make([]string, 0, len(all))
	for id := range all {
		out = append(out, id)
	}
	sort.Strings(out)
	return out
}

func (c *Calendar) festivalIn(id string, year int) (time.Time, bool) {
	f, ok := c.festivals[id]
	if !ok {
		return time.Time{}, false
	}
	return c.dayOf(f, year)
}

func (c *Calendar) dayOf(f festival, year int) (time.Time, bool) {
	switch {
	case f.lunarMonth > 0:
		day, ok := c.lunarDay(year, f.lunarMonth, f.lunarDay, false)
		return day.AddDate(0, 0, f.offset), ok
	case f.term != "":
		return c.solarTerm(f, year)
	case f.easter:
		return easter(year), true
	case f.nth > 0:
		first := time.Date(year, f.month, 1, 0, 0, 0, 0, time.UTC)
		toFirst := (int(f.weekday) - int(first.Weekday()) + 7) % 7
		return first.AddDate(0, 0, toFirst+7*(f.nth-1)), true
	default:
		return time.Date(year, f.month, f.day, 0, 0, 0, 0, time.UTC), true
	}
}

// solarTerm returns the day of a solar term, by China's standard time as almanacs print it.
func (c *Calendar) solarTerm(f festival, year int) (time.Time, bool) {
	if year < minLunarYear || year > maxLunarYear {
		return time.Time{}, false
	}
	key := fmt.Sprint(f.term, year)
	if known, ok := c.terms.Load(key); ok {
		return known.(time.Time), true
	}
	// The table runs from one winter to the next: it has the solstice twice, the second time under another name.
	table := lunar.NewSolarFromYmd(year, int(f.month), 15).GetLunar().GetJieQiTable()
	for _, name := range []string{f.term, "DONG_ZHI"} {
		if s := table[name]; s != nil && s.GetYear() == year && s.GetMonth() == int(f.month) {
			day := time.Date(year, f.month, s.GetDay(), 0, 0, 0, 0, time.UTC)
			c.terms.Store(key, day)
			return day, true
		}
	}
	return time.Time{}, false
}

// easter is the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	day := (h + l - 7*m + 33*month + 19) % 32
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}
