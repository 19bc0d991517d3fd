package card

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func TestCalendar(t *testing.T) {
	c := Build(input(load(t), "one_to_one", 0))
	want := strings.ReplaceAll(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//surprised//task card//EN
CALSCALE:GREGORIAN
METHOD:PUBLISH
BEGIN:VEVENT
UID:2Wn8KxqYb7VtR4mZ.hG5sQe@surprised
DTSTAMP:20261121T070000Z
DTSTART:20261123T060000Z
DTEND:20261123T063000Z
SUMMARY:Half an hour\, just for you
LOCATION:Harbour Street
DESCRIPTION:May I take half an hour for you\, dear guest?\nWith: Lin
CLASS:PRIVATE
STATUS:CONFIRMED
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n")
	if diff := cmp.Diff(want, c.GetIcalendar()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCalendarOnlyOfSlots(t *testing.T) {
	cat := load(t)
	for _, kind := range kinds() {
		if got := Build(input(cat, kind, 0)).GetIcalendar(); (got != "") != (kind == "one_to_one") {
			t.Errorf("%s: %q", kind, got)
		}
	}
	in := input(cat, "one_to_one", 0)
	in.Claim.State = surprisev1.ClaimState_CANCELLED
	if got := Build(in).GetIcalendar(); got != "" {
		t.Errorf("cancelled: %q", got)
	}
}

// TestCalendarWithoutTheName also of cards that were not made for a calendar.
func TestCalendarWithoutTheName(t *testing.T) {
	c := Build(input(load(t), "one_to_one", 1))
	if c.Title != "半小時，只為Mei" {
		t.Fatalf("the card itself has the name: %q", c.Title)
	}
	for _, ics := range []string{c.GetIcalendar(), Calendar(c, taipei(21, 15, 0))} {
		if strings.Contains(ics, "Mei") || !strings.Contains(ics, "\r\nSUMMARY:") {
			t.Errorf("calendar:\n%s", ics)
		}
	}
}

// TestCalendarLines: whatever the texts, lines are at most 75 octets of whole characters, and unfolded there are as many as ever.
func TestCalendarLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("願🎂é,;\\\n\r: aBEGIN")))).Draw(t, "text")
		c := fuller("x" + s)
		c.CustomerName = ""
		ics := Calendar(c, taipei(21, 15, 0))
		for l := range strings.SplitSeq(strings.TrimSuffix(ics, "\r\n"), "\r\n") {
			if len(l) > 75 || !utf8.ValidString(l) || strings.ContainsAny(l, "\r\n") {
				t.Fatalf("%d octets: %q", len(l), l)
			}
		}
		unfolded := strings.ReplaceAll(ics, "\r\n ", "")
		if n := strings.Count(unfolded, "\r\n"); n != 18 {
			t.Fatalf("%d lines:\n%s", n, unfolded)
		}
		if !strings.Contains(unfolded, "\r\nSUMMARY:"+escaped(written("x"+s))+"\r\n") {
			t.Fatalf("no summary %q in\n%s", s, unfolded)
		}
	})
}
