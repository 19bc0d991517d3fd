package card

import (
	"os"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

// load returns a catalogue of all kinds, in en and zh-Hant.
func load(t testing.TB) *catalog.Catalog {
	t.Helper()
	return loadFrom(t, "testdata/catalog")
}

func loadFrom(t testing.TB, dir string) *catalog.Catalog {
	t.Helper()
	cat, problems, err := catalog.LoadDir(os.DirFS(dir))
	if err != nil || cat == nil {
		t.Fatalf("%s does not load: %v %v", dir, problems, err)
	}
	return cat
}

// taipei is a time in the zone of the catalogue.
func taipei(day, hour, minute int) time.Time {
	return time.Date(2026, time.November, day, hour, minute, 0, 0, time.FixedZone("Taipei", 8*60*60))
}

func ts(t time.Time) *timestamppb.Timestamp { return timestamppb.New(t) }

func mei() *surprisev1.CustomerProfile {
	return &surprisev1.CustomerProfile{Id: "c1", DisplayName: "Mei", Allergies: []string{"nuts"}, Dislikes: []string{"Candles"}}
}

func remembered() []*surprisev1.Memory {
	return []*surprisev1.Memory{
		{Delivered: ts(time.Date(2025, 11, 21, 9, 0, 0, 0, time.UTC)), Tag: "lemon cake, well received", Template: "cake"},
		{Delivered: ts(time.Date(2025, 6, 1, 9, 0, 0, 0, time.UTC)), Tag: "paper bird", Template: "corner"},
	}
}

func held(template string) *surprisev1.Claim {
	return &surprisev1.Claim{
		ClaimId: "2Wn8KxqYb7VtR4mZ.hG5sQe", State: surprisev1.ClaimState_HELD, Template: template, Store: "harbour",
		HoldUntil: ts(taipei(21, 15, 30)),
	}
}

// claimOf is a claim of a template as its kind has it.
func claimOf(template string) *surprisev1.Claim {
	c := held(template)
	switch template {
	case "cake":
		c.OccasionDay = &surprisev1.Date{Year: 2026, Month: 11, Day: 24}
		c.Lease = &surprisev1.Lease{StaffId: "till-2", Until: ts(taipei(21, 18, 0))}
	case "gift_card":
		c.State, c.Code = surprisev1.ClaimState_CONFIRMED, "TEA-7Q4X-9KMB"
	case "trial":
		c.State = surprisev1.ClaimState_CONFIRMED
		c.Trial = &surprisev1.ClaimTrial{Product: "harvest_tea", Starts: ts(taipei(21, 15, 0)), Ends: ts(taipei(21, 15, 0).AddDate(0, 0, 14))}
	case "delivery":
		c.OrderId = "A-10442"
	case "one_to_one":
		c.Slot = &surprisev1.Slot{Id: "s1", Starts: ts(taipei(23, 14, 0)), Ends: ts(taipei(23, 14, 30)), Adviser: "Lin"}
	case "edition":
		c.Serial, c.SerialOf = 7, 100
	}
	return c
}

func input(cat *catalog.Catalog, template string, locale int) Input {
	in := Input{
		Catalog: cat, Template: cat.Template(template), Locale: locale, Customer: mei(), Claim: claimOf(template), Memories: remembered(), Now: taipei(21, 15, 0),
	}
	if template == "wish" {
		in.Wish = "A window seat for my parents.\nThey have never seen the harbour at night."
	}
	return in
}

func kinds() []string {
	return []string{"cake", "gift_card", "trial", "corner", "delivery", "wish", "one_to_one", "edition"}
}

func papers() []surprisev1.CardFormat {
	return []surprisev1.CardFormat{surprisev1.CardFormat_RECEIPT_58, surprisev1.CardFormat_RECEIPT_80, surprisev1.CardFormat_A6}
}

// fuller has everything that a card can have, so that a test of the page leaves nothing out.
func fuller(text string) *surprisev1.TaskCard {
	now := ts(taipei(21, 15, 0))
	return &surprisev1.TaskCard{
		Role: text, Steps: []string{text}, Say: text, Avoid: []string{text}, Warnings: []string{text}, Title: text, Visibility: surprisev1.Visibility_PUBLIC,
		EarnedReason: text, Store: text, DoBy: now, OrderBy: now, PickupFrom: now, PickupUntil: now, Memories: []*surprisev1.Memory{{Delivered: now, Tag: text}},
		Items: []string{text}, ClaimId: text, Serial: 7, SerialOf: 100, Code: text, Slot: &surprisev1.Slot{Starts: now, Ends: now, Adviser: text}, OrderId: text,
		Wish: text, Trial: &surprisev1.ClaimTrial{Product: text, Ends: now}, Locale: text, CustomerName: text, Lease: &surprisev1.Lease{StaffId: text}, TimeZone: text,
	}
}
