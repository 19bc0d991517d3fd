package calendar

import (
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBirthday(t *testing.T) {
	solar := func(m, d int32) *surprisev1.Birthday { return &surprisev1.Birthday{Month: m, Day: d} }
	moon := func(m, d int32, leap bool) *surprisev1.Birthday {
		return &surprisev1.Birthday{Calendar: surprisev1.Calendar_LUNAR, Month: m, Day: d, LeapMonth: leap}
	}
	const feb28, mar1 = surprisev1.LeapDay_FEBRUARY_28, surprisev1.LeapDay_MARCH_1
	for _, tc := range []struct {
		name          string
		b             *surprisev1.Birthday
		leap          surprisev1.LeapDay
		today         string
		before, after int
		wantID        string
		wantDay       string
		wantIn        bool
	}{
		{"on the day", solar(11, 21), feb28, "2026-11-21", 0, 0, "birthday/2026", "2026-11-21", true},
		{"the day before", solar(11, 22), feb28, "2026-11-21", 0, 0, "birthday/2026", "2026-11-22", false},
		{"the day after", solar(11, 20), feb28, "2026-11-21", 0, 0, "birthday/2027", "2027-11-20", false},
		{"three days early", solar(11, 24), feb28, "2026-11-21", 3, 0, "birthday/2026", "2026-11-24", true},
		{"two days late", solar(11, 19), feb28, "2026-11-21", 0, 2, "birthday/2026", "2026-11-19", true},
		{"early, across new year", solar(1, 2), feb28, "2026-12-30", 3, 0, "birthday/2027", "2027-01-02", true},
		{"late, across new year", solar(12, 30), feb28, "2027-01-01", 0, 3, "birthday/2026", "2026-12-30", true},
		{"29 February in a leap year", solar(2, 29), feb28, "2028-02-29", 0, 0, "birthday/2028", "2028-02-29", true},
		{"28 February in a leap year", solar(2, 29), feb28, "2028-02-28", 0, 0, "birthday/2028", "2028-02-29", false},
		{"29 February on 28 February", solar(2, 29), feb28, "2026-02-28", 0, 0, "birthday/2026", "2026-02-28", true},
		{"29 February on 1 March", solar(2, 29), mar1, "2026-03-01", 0, 0, "birthday/2026", "2026-03-01", true},
		{"29 February, not on 28 February", solar(2, 29), mar1, "2026-02-28", 0, 0, "birthday/2026", "2026-03-01", false},
		// Published dates: lunar new year 2026 is 17 February, the Mid-Autumn festival (8/15) 25 September 2026.
		{"lunar new year's day", moon(1, 1, false), feb28, "2026-02-17", 0, 0, "birthday/lunar-2026", "2026-02-17", true},
		{"mid-autumn", moon(8, 15, false), feb28, "2026-09-25", 0, 0, "birthday/lunar-2026", "2026-09-25", true},
		// 2025 had a leap sixth month from 25 July; 2026 has none.
		{"leap month in a year that has it", moon(6, 1, true), feb28, "2025-07-25", 0, 0, "birthday/lunar-2025", "2025-07-25", true},
		{"leap month in a year without", moon(6, 1, true), feb28, "2026-07-14", 0, 0, "birthday/lunar-2026", "2026-07-14", true},
		// The twelfth month of the lunar year 2025 ends on 16 February 2026.
		{"last day of the lunar year", moon(12, 30, false), feb28, "2026-02-16", 0, 0, "birthday/lunar-2025", "2026-02-16", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o, in := birthday(New(), tc.b, Policy{LeapDay: tc.leap}, day(t, tc.today), tc.before, tc.after)
			if o.ID != tc.wantID || o.Day.Format(time.DateOnly) != tc.wantDay || in != tc.wantIn {
				t.Errorf("got %s on %s, in %v; want %s on %s, in %v", o.ID, o.Day.Format(time.DateOnly), in, tc.wantID, tc.wantDay, tc.wantIn)
			}
		})
	}
}

func TestCheckBirthday(t *testing.T) {
	for _, tc := range []struct {
		name string
		b    *surprisev1.Birthday
		want string
	}{
		{"leap day", &surprisev1.Birthday{Year: 2024, Month: 2, Day: 29}, ""},
		{"leap day, year unknown", &surprisev1.Birthday{Month: 2, Day: 29}, ""},
		{"no leap day", &surprisev1.Birthday{Year: 2023, Month: 2, Day: 29}, "2023-02-29 does not exist"},
		{"31 April", &surprisev1.Birthday{Month: 4, Day: 31}, "month 4 has no day 31"},
		{"lunar 30th", &surprisev1.Birthday{Calendar: surprisev1.Calendar_LUNAR, Month: 8, Day: 30}, ""},
		{"lunar 31st", &surprisev1.Birthday{Calendar: surprisev1.Calendar_LUNAR, Month: 8, Day: 31}, "lunar months have at most 30 days, not 31"},
		{"leap month that was", &surprisev1.Birthday{Calendar: surprisev1.Calendar_LUNAR, Year: 1987, Month: 6, Day: 10, LeapMonth: true}, ""},
		{"leap month that was not", &surprisev1.Birthday{Calendar: surprisev1.Calendar_LUNAR, Year: 1988, Month: 6, Day: 10, LeapMonth: true}, "the lunar year 1988 has no day 10 in a leap month 6"},
		{"leap month, solar", &surprisev1.Birthday{Month: 6, Day: 10, LeapMonth: true}, "only lunar birthdays have leap months"},
	} {
		got := ""
		if err := New().CheckBirthday(tc.b); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func birthday(c *Calendar, b *surprisev1.Birthday, p Policy, today time.Time, before, after int) (o Occurrence, in bool) {
	f := c.Find(Spec{Birthday: true}, &surprisev1.CustomerProfile{Birthday: b}, p, today, Window{before, after})
	return f.Occurrence, f.In
}
