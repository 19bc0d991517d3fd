package card

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

func TestShelf(t *testing.T) {
	got, err := Shelf(load(t), "harbour", 1)
	if err != nil {
		t.Fatal(err)
	}
	want := &surprisev1.GetShelfCardResponse{
		Title: "驚喜角落", Text: "慢慢來，挑一個抽屜。打開看看，裡面的小東西就送給您。", Locale: "zh-Hant", Items: []string{"糖炒栗子", "一隻紙鳥", "薑糖", "沙發上的十分鐘"},
		Hours: []string{"MONDAY 12:00-18:00", "TUESDAY 12:00-18:00", "WEDNESDAY 12:00-18:00", "THURSDAY 12:00-18:00", "FRIDAY 12:00-18:00", "SATURDAY 12:00-17:00"},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestShelfWithoutCorner(t *testing.T) {
	cat := load(t)
	for _, store := range []string{"station", "nowhere", ""} {
		_, err := Shelf(cat, store, 0)
		var e *surprise.Error
		if !errors.As(err, &e) || e.Reason != surprise.NoCorner || e.Field != "store" {
			t.Errorf("store %q: %v", store, err)
		}
	}
}

// withHours compiles a catalogue of one store with a corner.
func withHours(t *testing.T, store, corner string) *catalog.Catalog {
	t.Helper()
	cat, problems := catalog.Load([]catalog.File{{Name: "a.yaml", Data: []byte(`
default_locale: en
currency: TWD
journeys: [{id: visit, stages: [{id: shop}]}]
stores: [{id: s, ` + store + ` corner: {` + corner + ` items: [{names: {en: bird}}]}}]
templates: [{id: t, kind: CORNER, levels: [{id: l, value: 1}], texts: {en: {title: x, message: y}}}]
`)}})
	if cat == nil {
		t.Fatal(problems)
	}
	return cat
}

func TestHours(t *testing.T) {
	for _, c := range []struct {
		name, store, corner string
		want, shown         []string
	}{
		{"always", "", "", nil, []string{"Always open"}},
		{"over midnight", `hours: [{days: [FRIDAY], from: "18:00", to: "02:00"}],`, "", []string{"FRIDAY 18:00-02:00"}, []string{"Fri 18:00–02:00"}},
		{"from Sunday into Monday", `hours: [{days: [SUNDAY], from: "18:00", to: "02:00"}, {days: [MONDAY], from: "09:00", to: "10:00"}],`, "",
			[]string{"MONDAY 09:00-10:00", "SUNDAY 18:00-02:00"}, []string{"Mon 09:00–10:00", "Sun 18:00–02:00"}},
		{"a whole weekend", `hours: [{days: [SATURDAY, SUNDAY], from: "00:00", to: "24:00"}],`, "",
			[]string{"SATURDAY 00:00-24:00", "SUNDAY 00:00-24:00"}, []string{"Sat–Sun 00:00–24:00"}},
		{"twice a day", `hours: [{days: [MONDAY], from: "09:00", to: "12:00"}, {days: [MONDAY], from: "13:00", to: "18:00"}],`, "",
			[]string{"MONDAY 09:00-12:00", "MONDAY 13:00-18:00"}, []string{"Mon 09:00–12:00", "Mon 13:00–18:00"}},
		{"only while the store is open", `hours: [{days: [TUESDAY], from: "09:00", to: "17:00"}],`, `hours: [{from: "15:30", to: "20:00"}],`,
			[]string{"TUESDAY 15:30-17:00"}, []string{"Tue 15:30–17:00"}},
	} {
		got, err := Shelf(withHours(t, c.store, c.corner), "s", 0)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, got.GetHours()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if diff := cmp.Diff(c.shown, english().hours(got.GetHours())); diff != "" {
			t.Errorf("%s shown (-want +got):\n%s", c.name, diff)
		}
	}
	_, err := Shelf(withHours(t, `hours: [{days: [MONDAY], from: "09:00", to: "12:00"}],`, `hours: [{days: [FRIDAY], from: "09:00", to: "12:00"}],`), "s", 0)
	if surprise.ReasonOf(err) != surprise.NoCorner {
		t.Errorf("never open: %v", err)
	}
}

// TestShelfInvites: a card without texts of the operator's own asks for nothing either.
func TestShelfInvites(t *testing.T) {
	got, err := Shelf(withHours(t, "", ""), "s", 0)
	if err != nil || got.GetTitle() == "" || got.GetText() != "Please help yourself. It is on the house." {
		t.Errorf("%v, %v", got, err)
	}
}

// TestShelfIsHarmless: what operators write is text as well.
func TestShelfIsHarmless(t *testing.T) {
	evil := "<script>alert(1)</script>\x1b[31m\u202e"
	r := &surprisev1.GetShelfCardResponse{Title: evil, Text: evil, Items: []string{evil}, Hours: []string{evil}, Locale: evil}
	for _, format := range papers() {
		page, err := ShelfHTML(r, format)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(page); err != nil || strings.Contains(page, "<script") {
			t.Errorf("%s: %v\n%s", format, err, page)
		}
	}
	if text := ShelfText(r, 32); strings.ContainsAny(text, "\x1b\u202e") {
		t.Errorf("%q", text)
	}
	if _, err := RenderShelf(r, 99); surprise.ReasonOf(err) != surprise.InvalidRequest {
		t.Errorf("a format that is none: %v", err)
	}
}
