package ledger

import (
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func TestPeriodEnd(t *testing.T) {
	for limit, want := range map[string]string{
		"cakes|2026-11-20|":                     "2026-11-24",
		"cakes|2026-11-20|taipei-1":             "2026-11-24",
		"cakes|2026-W47|":                       "2026-11-26", // it lasts until the 22nd
		"cakes|2026-W01|":                       "2026-01-08",
		"cakes|2026-11|":                        "2026-12-04",
		"cakes||":                               "",
		"cakes||2026-11-20":                     "",
		"slot|times|2026-11-20|x|2026-11-20":    "",
		"@household|gift|86400|20000|KEY":       "2024-10-05",
		"@household|cap|gift|0|864000|20000|K":  "2024-10-05",
		"@household|piece|max|KEY":              "",
		"@household|x|nonsense|20000|KEY":       "",
		"@wallet|shift|an|b|2026-11-20T14:00":   "2026-11-23",
		"@wallet|store|north|":                  "",
		"@wallet|store|north|2026-11-20":        "2026-11-24",
		"@wallet|store|north|week 2026-11-16":   "2026-11-26",
		"@wallet|store|north|2026-11":           "2026-12-04",
		"@returned|xy":                          "",
		"cakes|2026-W54|":                       "",
		"cakes|20260-W04|":                      "",
		"@household|gift|86400|1099511627777|K": "",
	} {
		got := ""
		if end := periodEnd(limit); !end.IsZero() {
			got = end.UTC().Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%s ends on %q, want %q", limit, got, want)
		}
	}
}

// Whatever names the ledger gives to periods, none is over while it lasts, and each is soon after.
func TestPeriodsEndAfterTheirLast(t *testing.T) {
	zone, err := time.LoadLocation("Pacific/Kiritimati")
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Date(2026, 1, 1, 0, 0, 0, 0, zone); at.Year() < 2029; at = at.Add(17 * time.Hour) {
		for _, p := range []surprisev1.LimitPeriod{surprisev1.LimitPeriod_DAY, surprisev1.LimitPeriod_WEEK, surprisev1.LimitPeriod_MONTH} {
			name, end := walletPeriod(p, at)
			wantSoon(t, walletStore+"north|"+name, end)
		}
		for _, h := range []Household{{Key: "k", Category: "c", Cooldown: 100 * time.Hour}, {Key: "k", Cooldown: 90 * day, Cap: true, Capacity: 3}} {
			for i, step := range h.Steps(at) {
				wantSoon(t, step, h.StepStart(at, i+1))
			}
		}
		week := at.Format("2006-01-02")
		wantSoon(t, "cakes|"+week+"|", at.Truncate(day))
		y, w := at.ISOWeek()
		wantSoon(t, "cakes|"+isoWeek(y, w)+"|", at)
	}
}

func isoWeek(y, w int) string {
	return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + "-W" + string(rune('0'+w/10)) + string(rune('0'+w%10))
}

func wantSoon(t *testing.T, limit string, end time.Time) {
	t.Helper()
	if limitOver(limit, end.Add(-time.Second)) || !limitOver(limit, end.Add(12*day)) {
		t.Errorf("%s ends at %v, and is taken to end at %v", limit, end, periodEnd(limit))
	}
}
