package calendar

import (
	"slices"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// The days are those that public calendars print.
func TestFestivals(t *testing.T) {
	for id, days := range map[string][]string{
		"lunar_new_year_eve": {"2026-02-16", "2025-01-28"},
		"spring_festival":    {"2026-02-17", "2025-01-29"},
		"lantern_festival":   {"2026-03-03", "2025-02-12"},
		"dragon_boat":        {"2026-06-19", "2025-05-31"},
		"qixi":               {"2026-08-19", "2025-08-29"},
		"ghost_festival":     {"2026-08-27", "2025-09-06"},
		"mid_autumn":         {"2026-09-25", "2025-10-06", "2020-10-01"},
		"double_ninth":       {"2026-10-18", "2025-10-29"},
		"qingming":           {"2026-04-05", "2025-04-04"},
		"winter_solstice":    {"2026-12-22", "2025-12-21"},
		"easter":             {"2026-04-05", "2025-04-20", "2027-03-28", "2024-03-31"},
		"mothers_day":        {"2026-05-10", "2025-05-11"},
		"fathers_day":        {"2026-06-21"},
		"fathers_day_taiwan": {"2026-08-08"},
		"thanksgiving":       {"2026-11-26", "2025-11-27"},
		"christmas":          {"2026-12-25"},
	} {
		for _, want := range days {
			f := New().Find(Spec{Festival: id}, nil, Policy{}, day(t, want), Window{})
			if !f.In || f.Day.Format(time.DateOnly) != want {
				t.Errorf("%s: got %v, want %s", id, f, want)
			}
		}
	}
	c := New()
	for _, id := range Festivals() {
		for year := 2000; year < 2060; year++ {
			if day, ok := c.festivalIn(id, year); !ok || day.Year() != year {
				t.Errorf("%s %d: got %v, %v", id, year, day, ok)
			}
		}
	}
}

func TestFind(t *testing.T) {
	relations := []*surprisev1.Relation{
		{Kind: "child", Name: "Bo", Birthday: &surprisev1.Birthday{Month: 3, Day: 10}, Consent: surprisev1.Consent_GIVEN},
		{Kind: "child", Name: "Ida", Birthday: &surprisev1.Birthday{Month: 3, Day: 4}, Consent: surprisev1.Consent_GIVEN},
		{Kind: "partner", Name: "Jo", Birthday: &surprisev1.Birthday{Month: 3, Day: 2}},
	}
	who := func(f func(*surprisev1.CustomerProfile)) *surprisev1.CustomerProfile {
		c := &surprisev1.CustomerProfile{}
		f(c)
		return c
	}
	visits := func(total int32) *surprisev1.CustomerProfile {
		return who(func(c *surprisev1.CustomerProfile) { c.Visits = &surprisev1.Visits{Total: total} })
	}
	since := func(y, m, d int32) *surprisev1.CustomerProfile {
		return who(func(c *surprisev1.CustomerProfile) { c.MemberSince = &surprisev1.Date{Year: y, Month: m, Day: d} })
	}
	last := func(y, m, d int32) *surprisev1.CustomerProfile {
		return who(func(c *surprisev1.CustomerProfile) {
			c.Visits = &surprisev1.Visits{Last: &surprisev1.Date{Year: y, Month: m, Day: d}}
		})
	}
	family := who(func(c *surprisev1.CustomerProfile) { c.Relations = relations })
	for _, tc := range []struct {
		name  string
		spec  Spec
		who   *surprisev1.CustomerProfile
		today string
		w     Window
		state State
		in    bool
		day   string
	}{
		{"a child, the nearer one", Spec{Relative: "child"}, family, "2026-03-02", Window{Before: 3}, Known, true, "2026-03-04"},
		{"a child, outside", Spec{Relative: "child"}, family, "2026-02-01", Window{Before: 3}, Known, false, "2026-03-04"},
		{"a child, the window that is open goes first", Spec{Relative: "child"}, family, "2026-03-05", Window{After: 2}, Known, true, "2026-03-04"},
		{"without consent", Spec{Relative: "partner"}, family, "2026-03-02", Window{}, Unknown, false, ""},
		{"anybody with consent", Spec{Relative: "any"}, family, "2026-03-10", Window{}, Known, true, "2026-03-10"},
		{"the first anniversary", Spec{Membership: true}, since(2025, 3, 2), "2026-03-02", Window{}, Known, true, "2026-03-02"},
		{"joining is no anniversary", Spec{Membership: true}, since(2026, 3, 2), "2026-03-02", Window{}, Known, false, "2027-03-02"},
		{"joined on a leap day", Spec{Membership: true}, since(2024, 2, 29), "2026-02-28", Window{}, Known, true, "2026-02-28"},
		{"the tenth visit", Spec{Visit: 10}, visits(10), "2026-03-02", Window{}, Known, true, "2026-03-02"},
		{"before the tenth visit", Spec{Visit: 10}, visits(9), "2026-03-02", Window{}, Known, false, ""},
		{"after the tenth visit", Spec{Visit: 10}, visits(11), "2026-03-02", Window{}, Never, false, ""},
		{"visits are not known", Spec{Visit: 1}, visits(0), "2026-03-02", Window{}, Unknown, false, ""},
		{"back after 60 days", Spec{Absent: 60}, last(2026, 1, 1), "2026-03-02", Window{}, Known, true, "2026-03-02"},
		{"back after 59 days", Spec{Absent: 60}, last(2026, 1, 2), "2026-03-02", Window{}, Known, false, "2026-03-03"},
		{"a fixed day across new year", Spec{Month: time.January, Day: 1}, family, "2026-12-30", Window{Before: 3}, Known, true, "2027-01-01"},
		{"a fixed leap day", Spec{Month: time.February, Day: 29}, family, "2027-02-28", Window{}, Known, true, "2027-02-28"},
	} {
		f := New().Find(tc.spec, tc.who, Policy{}, day(t, tc.today), tc.w)
		got := ""
		if !f.Day.IsZero() {
			got = f.Day.Format(time.DateOnly)
		}
		if f.State != tc.state || f.In != tc.in || got != tc.day {
			t.Errorf("%s: got %+v", tc.name, f)
		}
	}
}

// Customers born on a leap day have one birthday a year, over eight years and with either policy.
func TestLeapDayCustomersOverEightYears(t *testing.T) {
	b := &surprisev1.Birthday{Year: 2000, Month: 2, Day: 29}
	for policy, want := range map[surprisev1.LeapDay][]string{
		surprisev1.LeapDay_FEBRUARY_28: {"2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28"},
		surprisev1.LeapDay_MARCH_1:     {"2024-02-29", "2025-03-01", "2026-03-01", "2027-03-01", "2028-02-29", "2029-03-01", "2030-03-01", "2031-03-01"},
	} {
		var got []string
		for today := day(t, "2024-01-01"); today.Year() < 2032; today = today.AddDate(0, 0, 1) {
			if o, in := birthday(New(), b, Policy{LeapDay: policy}, today, 0, 0); in {
				got = append(got, o.Day.Format(time.DateOnly))
			}
		}
		if len(got) != 8 {
			t.Fatalf("%v: got %v", policy, got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%v: got %s, want %s", policy, got[i], want[i])
			}
		}
	}
}

// Each window has one occurrence id, and no two windows share one.
func TestOccurrencesDoNotRepeat(t *testing.T) {
	b := &surprisev1.Birthday{Calendar: surprisev1.Calendar_LUNAR, Month: 12, Day: 28}
	c := New()
	windows := map[string]int{}
	inside := ""
	for today := day(t, "2020-01-01"); today.Year() < 2040; today = today.AddDate(0, 0, 1) {
		o, in := birthday(c, b, Policy{}, today, 3, 2)
		if !in {
			inside = ""
			continue
		}
		if o.ID != inside {
			windows[o.ID]++
			inside = o.ID
		}
	}
	if len(windows) < 19 {
		t.Errorf("got %d birthdays in 20 years", len(windows))
	}
	for id, n := range windows {
		if n != 1 {
			t.Errorf("%s has %d windows", id, n)
		}
	}
}

// Twins have a day each, also when it is the same.
func TestTwins(t *testing.T) {
	twin := func(name string) *surprisev1.Relation {
		return &surprisev1.Relation{Kind: "child", Name: name, Birthday: &surprisev1.Birthday{Month: 3, Day: 3}, Consent: surprisev1.Consent_GIVEN}
	}
	family := &surprisev1.CustomerProfile{Relations: []*surprisev1.Relation{twin("A"), twin("B")}}
	var given []string
	used := func(id string) bool { return slices.Contains(given, id) }
	for range 3 {
		f := New().FindUnused(Spec{Relative: "child"}, family, Policy{}, day(t, "2026-03-02"), Window{Before: 3}, used)
		if !f.In {
			t.Fatalf("got %+v", f)
		}
		given = append(given, f.ID)
	}
	if given[0] == given[1] || given[2] != given[0] && given[2] != given[1] {
		t.Errorf("got %v, want one of each, and then one that was used", given)
	}
}

// Where clocks go forward at midnight the day begins at one, and a day that was left out begins with the next.
func TestStartOfOddDays(t *testing.T) {
	for _, tc := range []struct{ zone, day, want string }{
		{"America/Santiago", "2026-09-06", "2026-09-06T01:00:00-03:00"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"},
		{"Asia/Taipei", "2026-09-06", "2026-09-06T00:00:00+08:00"},
	} {
		loc, err := time.LoadLocation(tc.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := Start(day(t, tc.day), loc).Format(time.RFC3339); got != tc.want {
			t.Errorf("%s in %s: got %s, want %s", tc.day, tc.zone, got, tc.want)
		}
	}
}
