package catalog

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func TestShift(t *testing.T) {
	for _, tc := range []struct {
		zone, at        string // at in UTC
		shifts          []time.Duration
		wantName, wants string
	}{
		{"Asia/Taipei", "2026-11-21T06:00", hours(6, 14, 22), "2026-11-21T14:00", "2026-11-21T22:00+0800"},
		{"Asia/Taipei", "2026-11-21T05:59", hours(6, 14, 22), "2026-11-21T06:00", "2026-11-21T14:00+0800"},
		{"Asia/Taipei", "2026-11-21T17:00", hours(6, 14, 22), "2026-11-21T22:00", "2026-11-22T06:00+0800"}, // 01:00 of the next day
		{"Asia/Taipei", "2026-11-21T01:00", hours(14), "2026-11-20T14:00", "2026-11-21T14:00+0800"},
		{"Asia/Taipei", "2026-11-20T16:00", nil, "2026-11-21T00:00", "2026-11-22T00:00+0800"},
		{"Asia/Taipei", "2026-12-31T15:59", nil, "2026-12-31T00:00", "2027-01-01T00:00+0800"},
		{"Europe/Berlin", "2026-03-29T00:59", hours(2, 10), "2026-03-28T10:00", "2026-03-29T03:00+0200"},
		{"Europe/Berlin", "2026-03-29T01:00", hours(2, 10), "2026-03-29T02:00", "2026-03-29T10:00+0200"},
		{"Europe/Berlin", "2026-10-25T01:30", hours(2, 10), "2026-10-25T02:00", "2026-10-25T10:00+0100"},
		{"America/Havana", "2026-03-08T05:00", nil, "2026-03-08T00:00", "2026-03-09T00:00-0400"},
		{"Pacific/Apia", "2011-12-30T09:59", nil, "2011-12-29T00:00", "2011-12-31T00:00+1400"},
	} {
		loc := zone(t, tc.zone)
		at, err := time.Parse("2006-01-02T15:04", tc.at)
		if err != nil {
			t.Fatal(err)
		}
		name, end := (&Catalog{Location: loc, shifts: tc.shifts}).Shift(at)
		if got := end.In(loc).Format(stamp); name != tc.wantName || got != tc.wants {
			t.Errorf("%s at %s: got %s to %s, want %s to %s", tc.zone, tc.at, name, got, tc.wantName, tc.wants)
		}
	}
}

func hours(of ...int) []time.Duration {
	out := make([]time.Duration, len(of))
	for i, h := range of {
		out[i] = time.Duration(h) * time.Hour
	}
	return out
}

func TestServices(t *testing.T) {
	cat, problems, err := LoadDir(os.DirFS("testdata/good_services"))
	if err != nil || cat == nil {
		t.Fatal(err, problems)
	}
	day := 24 * time.Hour
	cake, tin, try := cat.Template("cake"), cat.Template("tin"), cat.Template("try")
	for what, gw := range map[string][2]any{
		"pickup":        {cake.Pickup, &Pickup{From: 15 * time.Hour, To: day}},
		"caution words": {cake.Cautions[0].When, []string{"nuts", "花生"}},
		"grants":        {cake.Grants, []string{"lemon_cake"}},
		"household":     {cake.HouseholdMax, int64(1)},
		"trial":         {try.Trial, &Trial{Product: "oolong_club", Length: surprise.Period{Months: 1}, RemindBefore: surprise.Period{Exact: 3 * day}}},
		"per order":     {[]bool{try.PerOrder, tin.PerOrder}, []bool{true, false}},
		"waiting":       {[]time.Duration{try.WaitKeep, tin.WaitKeep, cake.WaitKeep}, []time.Duration{day, 2 * day, 0}},
		"amounts":       {[]int64{tin.Limits[0].Amount(500), tin.Limits[1].Amount(0), tin.Limits[2].Amount(7)}, []int64{1, 1, 1}},
		"cap":           {cat.Policies.Caps, []Cap{{Max: 2, Window: surprise.Period{Exact: 7 * day}, Household: true}}},
		"policies":      {[]any{cat.Policies.Lease, cat.Policies.WishWeight}, []any{30 * time.Minute, 0.8}},
		"wishes":        {cat.Wishes, Wishes{MinDelay: surprise.Period{Exact: day}, Retention: surprise.Period{Exact: 180 * day}, MaxOpen: 3}},
		"wallet": {cat.Wallet, Wallet{
			Reasons: []string{"long_wait", "our_mistake"}, PerIncident: 10000, PerShift: 30000, PerStore: 90000, StorePeriod: surprisev1.LimitPeriod_DAY,
		}},
	} {
		if d := cmp.Diff(gw[1], gw[0]); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	name, _ := cat.Shift(time.Date(2026, 11, 21, 15, 0, 0, 0, cat.Location))
	if name != "2026-11-21T14:00" {
		t.Errorf("shift: got %s", name)
	}
}

func TestDefaultsOfServices(t *testing.T) {
	cat := load(t, shopYAML, noteYAML)
	want := Wishes{MinDelay: surprise.Period{Exact: day}, Retention: surprise.Period{Exact: 180 * day}, MaxOpen: 5}
	if cat.Wishes != want || cat.Policies.Lease != time.Hour || cat.Policies.WishWeight != 0.5 || cat.HasStores() || cat.StoreName("x", 0) != "x" || cat.Store("x") != nil {
		t.Errorf("got %+v, %+v", cat.Wishes, cat.Policies)
	}
	if d := cmp.Diff(Wallet{}, cat.Wallet); d != "" {
		t.Error(d)
	}
}

func TestStores(t *testing.T) {
	cat, _, err := LoadDir(os.DirFS("testdata/good_services"))
	if err != nil {
		t.Fatal(err)
	}
	en, zh := cat.MatchLocale("en", ""), cat.MatchLocale("zh-TW", "")
	one, two := cat.Store("taipei-1"), cat.Store("taipei-2")
	corner := one.Corner
	for what, gw := range map[string][2]any{
		"names":      {[]string{one.Name(en), one.Name(zh), two.Name(zh), cat.StoreName("taipei-1", zh), cat.StoreName("gone", zh)}, []string{"The old town shop", "老城店", "taipei-2", "老城店", "gone"}},
		"texts":      {[]CornerText{corner.Text(en), corner.Text(zh)}, []CornerText{{"en", "The cabinet", "Take one"}, {"zh-Hant", "小抽屜", ""}}},
		"items":      {[]string{corner.Items[0].Name(en), corner.Items[0].Name(zh)}, []string{"Nougat", "牛軋糖"}},
		"contains":   {corner.Items[0].Contains, []string{"nuts", "milk"}},
		"no corner":  {two.Corner, (*Corner)(nil)},
		"cautions":   {[]string{cat.Template("cake").Cautions[0].Text(en), cat.Template("cake").Cautions[0].Text(zh)}, []string{"Not the nut cake", "Not the nut cake"}},
		"never asks": {cat.HasStores(), true},
	} {
		if d := cmp.Diff(gw[1], gw[0]); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	// The store is open from Saturday 10:00 to Sunday 02:00, its corner from 08:00 to midnight.
	for at, want := range map[string]string{"21 09:30": "2026-11-21T10:00+0800", "21 23:30": "open", "22 00:30": "2026-11-22T10:00+0800"} {
		when, err := time.ParseInLocation("2006-01 02 15:04", "2026-11 "+at, cat.Location)
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(corner.Hours, when, cat.Location); got != want {
			t.Errorf("corner at %s: got %s, want %s", at, got, want)
		}
	}
	if got := describe(two.Hours, time.Time{}, cat.Location); got != "open" {
		t.Errorf("a store without hours: got %s", got)
	}
}

func TestOnlyThesePhrases(t *testing.T) {
	copy := "templates: [{id: a, kind: NOTE, levels: [{id: a, value: 1}], texts: {en: {title: come back for tea, message: every Friday}}}]"
	for extra, want := range map[string]int{"": 2, "sincerity: {only_these: true}": 0, "sincerity: {only_these: true, conditions: ['for TEA']}": 1} {
		if got := problemsOf(shopYAML, copy, extra); len(got) != want {
			t.Errorf("%q: got %q, want %d", extra, got, want)
		}
	}
}

// Households are counted by limits, so that records need not be kept for them; trials are in records.
func TestRetentionOfServices(t *testing.T) {
	plain := load(t, shopYAML, noteYAML).Policies.Retention
	if got := load(t, shopYAML, noteYAML, "policies: {caps: [{max: 1, window: 5000d, household: true}]}").Policies.Retention; got != plain {
		t.Errorf("a household's cap: got %v, want %v", got, plain)
	}
	if got := load(t, shopYAML, noteYAML, "policies: {caps: [{max: 1, window: 5000d}]}").Policies.Retention; got <= 5000*day {
		t.Errorf("a cap: got %v", got)
	}
	trial := "templates: [{id: a, kind: TRIAL, trial: {product: x, length: 5000d}, levels: [{id: a, value: 1}], texts: {en: {title: t, message: m}}}]"
	if got := load(t, shopYAML, trial).Policies.Retention; got <= 5000*day {
		t.Errorf("a trial: got %v", got)
	}
}
