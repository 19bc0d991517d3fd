package calendar

import (
	"fmt"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// CheckDate returns an error if a date does not exist.
func CheckDate(d *surprisev1.Date) error {
	return exists(int(d.GetYear()), int(d.GetMonth()), int(d.GetDay()))
}

// CheckBirthday returns an error if a birthday cannot exist: 29 February in a year that has none, the 30th of a lunar month is fine, the
// 31st is not. Where the year is unknown any year will do.
func (c *Calendar) CheckBirthday(b *surprisev1.Birthday) error {
	year, month, day := int(b.GetYear()), int(b.GetMonth()), int(b.GetDay())
	if b.GetCalendar() == surprisev1.Calendar_LUNAR {
		return c.checkLunar(year, month, day, b.GetLeapMonth())
	}
	if b.GetLeapMonth() {
		return fmt.Errorf("only lunar birthdays have leap months")
	}
	if year == 0 {
		if exists(2000, month, day) != nil { // a year with a 29 February
			return fmt.Errorf("month %d has no day %d", month, day)
		}
		return nil
	}
	return exists(year, month, day)
}

func exists(year, month, day int) error {
	if month >= 1 && month <= 12 && day >= 1 && day <= 28 {
		return nil // most dates
	}
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Day() != day || int(t.Month()) != month || t.Year() != year {
		return fmt.Errorf("%04d-%02d-%02d does not exist", year, month, day)
	}
	return nil
}

func (c *Calendar) checkLunar(year, month, day int, leapMonth bool) error {
	if day > 30 {
		return fmt.Errorf("lunar months have at most 30 days, not %d", day)
	}
	if year == 0 {
		return nil
	}
	months := c.lunarYear(year)
	if months == nil {
		return fmt.Errorf("lunar years are supported from %d to %d, not %d", minLunarYear, maxLunarYear, year)
	}
	want := month
	if leapMonth {
		want = -month
	}
	for _, m := range months {
		if m.number == want && day <= m.days {
			return nil
		}
	}
	if leapMonth {
		return fmt.Errorf("the lunar year %d has no day %d in a leap month %d", year, day, month)
	}
	return fmt.Errorf("the lunar year %d has no day %d in month %d", year, day, month)
}
