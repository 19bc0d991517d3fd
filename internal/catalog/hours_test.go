package catalog

import (
	"fmt"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"pgregory.net/rapid"
)

const (
	mon = surprisev1.Weekday_MONDAY
	fri = surprisev1.Weekday_FRIDAY
	sat = surprisev1.Weekday_SATURDAY
	sun = surprisev1.Weekday_SUNDAY
)

func hoursOf(spans ...*surprisev1.OpeningHours) Hours {
	return newCompiler(nil).hours(spans, place{})
}

func on(from, to string, days ...surprisev1.Weekday) *surprisev1.OpeningHours {
	return &surprisev1.OpeningHours{Days: days, From: from, To: to}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

const stamp = "2006-01-02T15:04-0700"

// describe says when it opens: "open", "never" or a time in loc.
func describe(h Hours, t time.Time, loc *time.Location) string {
	open, next := h.Open(t, loc)
	switch {
	case open:
		return "open"
	case next.IsZero():
		return "never"
	}
	return next.In(loc).Format(stamp)
}

func TestOpen(t *testing.T) {
	weekdays := []surprisev1.Weekday{1, 2, 3, 4, 5}
	for _, tc := range []struct {
		name, zone, at string // at in UTC
		hours          Hours
		want           string
	}{
		// 2026-11-20 is a Friday; Taipei is 8 hours ahead of UTC.
		{"always", "Asia/Taipei", "2026-11-20T03:00", Hours{}, "open"},
		{"never", "Asia/Taipei", "2026-11-20T03:00", Hours{spans: []span{}}, "never"},
		{"before", "Asia/Taipei", "2026-11-20T00:59", hoursOf(on("09:00", "21:00")), "2026-11-20T09:00+0800"},
		{"at the beginning", "Asia/Taipei", "2026-11-20T01:00", hoursOf(on("09:00", "21:00")), "open"},
		{"at the end", "Asia/Taipei", "2026-11-20T13:00", hoursOf(on("09:00", "21:00")), "2026-11-21T09:00+0800"},
		{"a minute before the end", "Asia/Taipei", "2026-11-20T12:59", hoursOf(on("09:00", "21:00")), "open"},
		{"over the weekend", "Asia/Taipei", "2026-11-20T14:00", hoursOf(on("09:00", "21:00", weekdays...)), "2026-11-23T09:00+0800"},
		{"a week later", "Asia/Taipei", "2026-11-20T14:00", hoursOf(on("09:00", "21:00", fri)), "2026-11-27T09:00+0800"},
		{"the sooner of two", "Asia/Taipei", "2026-11-20T06:00", hoursOf(on("17:00", "21:00"), on("15:00", "16:00")), "2026-11-20T15:00+0800"},
		{"in the second", "Asia/Taipei", "2026-11-20T10:00", hoursOf(on("09:00", "12:00"), on("17:00", "21:00")), "open"},
		{"to the end of the day", "Asia/Taipei", "2026-11-20T15:59", hoursOf(on("09:00", "24:00", fri)), "open"},
		{"the whole day, over", "Asia/Taipei", "2026-11-20T16:00", hoursOf(on("00:00", "24:00", fri)), "2026-11-27T00:00+0800"},
		{"over midnight, on its day", "Asia/Taipei", "2026-11-20T15:00", hoursOf(on("22:00", "02:00", fri)), "open"},
		{"over midnight, on the next", "Asia/Taipei", "2026-11-20T17:59", hoursOf(on("22:00", "02:00", fri)), "open"},
		{"over midnight, over", "Asia/Taipei", "2026-11-20T18:00", hoursOf(on("22:00", "02:00", fri)), "2026-11-27T22:00+0800"},
		{"over midnight, not on the morning of its day", "Asia/Taipei", "2026-11-19T17:00", hoursOf(on("22:00", "02:00", fri)), "2026-11-20T22:00+0800"},
		{"from Sunday to Monday", "Asia/Taipei", "2026-11-22T17:00", hoursOf(on("22:00", "02:00", sun)), "open"},
		// Berlin: clocks go from 02:00 to 03:00 on 2026-03-29, and from 03:00 back to 02:00 on 2026-10-25, both at 01:00 UTC.
		{"opens when clocks skip it", "Europe/Berlin", "2026-03-29T00:59", hoursOf(on("02:30", "05:00")), "2026-03-29T03:00+0200"},
		{"closes when clocks skip it", "Europe/Berlin", "2026-03-29T01:00", hoursOf(on("00:00", "02:30", sun)), "2026-04-05T00:00+0200"},
		{"skipped altogether", "Europe/Berlin", "2026-03-29T00:59", hoursOf(on("02:10", "02:50", sun)), "2026-04-05T02:10+0200"},
		{"opens after the skip as ever", "Europe/Berlin", "2026-03-29T06:59", hoursOf(on("09:00", "21:00")), "2026-03-29T09:00+0200"},
		{"closes after the skip as ever", "Europe/Berlin", "2026-03-29T19:00", hoursOf(on("09:00", "21:00")), "2026-03-30T09:00+0200"},
		{"opens the first time", "Europe/Berlin", "2026-10-25T00:29", hoursOf(on("02:30", "05:00")), "2026-10-25T02:30+0200"},
		{"stays open the second time", "Europe/Berlin", "2026-10-25T01:10", hoursOf(on("02:30", "05:00")), "open"},
		{"closes the first time", "Europe/Berlin", "2026-10-25T00:30", hoursOf(on("01:00", "02:30")), "2026-10-26T01:00+0100"},
		{"and stays closed the second time", "Europe/Berlin", "2026-10-25T01:10", hoursOf(on("01:00", "02:30")), "2026-10-26T01:00+0100"},
		{"closes after both as ever", "Europe/Berlin", "2026-10-25T03:59", hoursOf(on("22:00", "05:00")), "open"},
		// West of Greenwich the same: New York skips 02:00 to 03:00 on 2026-03-08 at 07:00 UTC.
		{"opens when New York skips it", "America/New_York", "2026-03-08T06:00", hoursOf(on("02:30", "05:00")), "2026-03-08T03:00-0400"},
		{"opens the first time in New York", "America/New_York", "2026-11-01T04:00", hoursOf(on("01:30", "05:00")), "2026-11-01T01:30-0400"},
		// Havana skips midnight, Apia skipped the whole 30 December 2011, Lord Howe moves by half an hour.
		{"opens at a midnight that is skipped", "America/Havana", "2026-03-08T04:00", hoursOf(on("00:00", "05:00")), "2026-03-08T01:00-0400"},
		{"a day that is skipped", "Pacific/Apia", "2011-12-30T09:00", hoursOf(on("09:00", "21:00", fri, sat)), "2011-12-31T09:00+1400"},
		{"half an hour", "Australia/Lord_Howe", "2026-10-03T15:00", hoursOf(on("02:15", "05:00")), "2026-10-04T02:30+1100"},
	} {
		at, err := time.Parse("2006-01-02T15:04", tc.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(tc.hours, at, zone(t, tc.zone)); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
}

// When both are open is when each is, whatever the spans.
func TestWithin(t *testing.T) {
	loc := zone(t, "Asia/Taipei")
	clocks := rapid.SampledFrom([]string{"00:00", "01:30", "09:00", "12:00", "18:00", "22:00", "23:59"})
	drawn := rapid.Custom(func(t *rapid.T) Hours {
		var spans []*surprisev1.OpeningHours
		for range rapid.IntRange(1, 3).Draw(t, "spans") {
			days := rapid.SliceOfN(rapid.SampledFrom([]surprisev1.Weekday{mon, fri, sat, sun}), 0, 2).Draw(t, "days")
			from, to := clocks.Draw(t, "from"), clocks.Draw(t, "to")
			if from != to {
				spans = append(spans, on(from, to, days...))
			}
		}
		return hoursOf(spans...)
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawn.Draw(t, "a"), drawn.Draw(t, "b")
		both := a.within(b)
		for i := range 7 * 24 * 2 {
			at := time.Date(2026, 11, 16, 0, 30*i, 0, 0, loc)
			inA, _ := a.Open(at, loc)
			inB, _ := b.Open(at, loc)
			if got, next := both.Open(at, loc); got != (inA && inB) {
				t.Fatalf("%s: both %v, next %v; one %v, other %v", at.Format("Mon 15:04"), got, next, inA, inB)
			}
		}
	})
}

// What is said to open next opens then, and not a minute before, on the nights on which clocks change too.
func TestOpensWhenItSays(t *testing.T) {
	names := []string{"Asia/Taipei", "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe"}
	begins := []time.Time{time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC)}
	minute := rapid.IntRange(0, 24*60-1)
	hhmm := func(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from, to := minute.Draw(t, "from"), minute.Draw(t, "to")
		if from == to {
			return
		}
		h := hoursOf(on(hhmm(from), hhmm(to)))
		at := rapid.SampledFrom(begins).Draw(t, "day").Add(time.Duration(rapid.IntRange(0, 3*24*60).Draw(t, "minutes")) * time.Minute)
		open, next := h.Open(at, loc)
		if open {
			return
		}
		if now, _ := h.Open(next, loc); next.IsZero() || !next.After(at) || !now {
			t.Fatalf("closed at %s, next %s: open then %v", at, next, now)
		}
		for m := at; m.Before(next); m = m.Add(time.Minute) {
			if early, _ := h.Open(m, loc); early {
				t.Fatalf("closed at %s until %s, but open at %s", at, next, m)
			}
		}
	})
}

func FuzzOpen(f *testing.F) {
	f.Add(int64(1774742400), "02:30", "05:00", uint8(1), "Europe/Berlin")
	f.Add(int64(-1<<40), "22:00", "02:00", uint8(0), "Pacific/Apia")
	f.Fuzz(func(t *testing.T, unix int64, from, to string, day uint8, name string) {
		loc, err := time.LoadLocation(name)
		if err != nil || unix > 1<<40 || unix < -1<<40 {
			return
		}
		h := hoursOf(on(from, to, surprisev1.Weekday(day%8)))
		at := time.Unix(unix, 0)
		if _, next := h.Open(at, loc); !next.IsZero() && (!next.After(at) || next.Sub(at) > 10*24*time.Hour) {
			t.Errorf("closed at %s, opens next at %s", at, next)
		}
	})
}
