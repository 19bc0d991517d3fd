package card

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func TestBuildTakesEverything(t *testing.T) {
	cat := load(t)
	claim := claimOf("cake")
	got := Build(input(cat, "cake", 0))
	want := &surprisev1.TaskCard{
		Role:       "Whoever is closest to the guest",
		Steps:      []string{"Take the little cake from the fridge of Harbour Street and box it.", "Ask about milk, eggs and flour, in case something has changed.", "Hand it over with both hands, and take your time."},
		Say:        "Happy birthday, Mei! This little cake is from all of us.",
		Avoid:      []string{"Saying the birthday or the age aloud to the room.", "Any condition, now or later."},
		Warnings:   []string{"allergy: nuts", "dislikes: Candles", "No candle on this cake"},
		Title:      "A little cake for your birthday",
		Visibility: surprisev1.Visibility_PRIVATE, Store: "Harbour Street", Locale: "en", CustomerName: "Mei", TimeZone: "Asia/Taipei",
		PickupFrom: ts(taipei(24, 11, 0)), PickupUntil: ts(taipei(24, 18, 30)), DoBy: ts(taipei(24, 18, 30)), OrderBy: ts(taipei(22, 11, 0)),
		Memories: remembered(), ClaimId: claim.GetClaimId(), Lease: claim.GetLease(),
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBuildAtOfferTime(t *testing.T) {
	in := input(load(t), "cake", 0)
	in.Claim, in.Store = nil, "station"
	if c := Build(in); c.GetDoBy() != nil || c.GetOrderBy() != nil || c.GetClaimId() != "" || c.GetStore() != "Station" {
		t.Errorf("without a day: %v", c)
	}
	in.OccasionDay = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	if c := Build(in); !c.GetDoBy().AsTime().Equal(taipei(24, 18, 30)) || !c.GetOrderBy().AsTime().Equal(taipei(22, 11, 0)) {
		t.Errorf("do by %v, order by %v", c.GetDoBy(), c.GetOrderBy())
	}
	// An id that the catalogue does not list is its own name.
	in.Store = "somewhere"
	if c := Build(in); c.GetStore() != "somewhere" || !strings.Contains(c.GetSteps()[0], "fridge of somewhere") {
		t.Errorf("store %q, %q", c.GetStore(), c.GetSteps()[0])
	}
}

func TestOrderByWithoutPickup(t *testing.T) {
	in := input(load(t), "cake", 0)
	plain := *in.Template
	plain.Pickup = nil
	in.Template = &plain
	auckland := time.FixedZone("NZDT", 13*60*60)
	for _, c := range []struct {
		name string
		loc  *time.Location
		want time.Time
	}{
		{"the catalogue's zone", nil, taipei(22, 0, 0)},
		{"the customer's zone", auckland, time.Date(2026, 11, 22, 0, 0, 0, 0, auckland)},
	} {
		in.Location = c.loc
		got := Build(in)
		if !got.GetOrderBy().AsTime().Equal(c.want) || got.GetPickupFrom() != nil || !got.GetDoBy().AsTime().Equal(taipei(21, 15, 30)) {
			t.Errorf("%s: order by %v, pick-up %v, do by %v", c.name, got.GetOrderBy().AsTime(), got.GetPickupFrom(), got.GetDoBy().AsTime())
		}
	}
}

func TestWarnings(t *testing.T) {
	cat := load(t)
	for _, c := range []struct {
		name     string
		customer *surprisev1.CustomerProfile
		locale   int
		want     []string
	}{
		{"nobody knows", nil, 0, []string{"allergies and dislikes are not known here: ask first"}},
		{"nobody knows, in Chinese", nil, 1, []string{"這裡不知道客人的過敏和喜惡：請先詢問"}},
		{"nothing to say", &surprisev1.CustomerProfile{}, 0, nil},
		{"allergies first", &surprisev1.CustomerProfile{Dislikes: []string{"noise"}, Allergies: []string{"nuts", "eggs"}}, 0, []string{"allergy: nuts", "allergy: eggs", "dislikes: noise"}},
		{"caution by a dislike in another case and width", &surprisev1.CustomerProfile{Dislikes: []string{"ＣＡＮＤＬＥＳ"}}, 0, []string{"dislikes: ＣＡＮＤＬＥＳ", "No candle on this cake"}},
		{"caution by a tag", &surprisev1.CustomerProfile{Tags: []string{"Wheelchair"}}, 1, []string{"請先清出靠門那桌的通道"}},
		{"a word that only contains it", &surprisev1.CustomerProfile{Tags: []string{"candlestick"}}, 0, nil},
		{"control characters", &surprisev1.CustomerProfile{Allergies: []string{"nu\x1b[2Jts\nmilk"}}, 0, []string{"allergy: nu[2Jts milk"}},
	} {
		in := input(cat, "cake", c.locale)
		in.Customer = c.customer
		if diff := cmp.Diff(c.want, Build(in).GetWarnings()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestCornerItems(t *testing.T) {
	cat := load(t)
	all := []string{"Roasted chestnuts", "A paper bird", "Candied ginger", "Ten minutes in the armchair"}
	for _, c := range []struct {
		name     string
		customer *surprisev1.CustomerProfile
		store    string
		want     []string
	}{
		{"not known", nil, "harbour", all},
		{"known", &surprisev1.CustomerProfile{}, "harbour", all},
		{"allergic", &surprisev1.CustomerProfile{Allergies: []string{"NUTS"}}, "harbour", all[1:]},
		{"dislikes", &surprisev1.CustomerProfile{Dislikes: []string{"sweets"}}, "harbour", []string{all[0], all[1], all[3]}},
		{"tags are no dislikes", &surprisev1.CustomerProfile{Tags: []string{"sweets"}}, "harbour", all},
		{"no corner there", nil, "station", nil},
		{"no such store", nil, "nowhere", nil},
	} {
		in := input(cat, "corner", 0)
		in.Customer, in.Store = c.customer, c.store
		if diff := cmp.Diff(c.want, Build(in).GetItems()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if items := Build(input(cat, "cake", 0)).GetItems(); items != nil {
		t.Errorf("a cake has items: %v", items)
	}
}

func TestVisibility(t *testing.T) {
	cat := load(t)
	if c := Build(input(cat, "corner", 0)); c.GetVisibility() != surprisev1.Visibility_PUBLIC || c.GetEarnedReason() == "" {
		t.Errorf("corner: %s, %q", c.GetVisibility(), c.GetEarnedReason())
	}
	if c := Build(input(cat, "cake", 0)); c.GetVisibility() != surprisev1.Visibility_PRIVATE || c.GetEarnedReason() != "" {
		t.Errorf("cake: %s, %q", c.GetVisibility(), c.GetEarnedReason())
	}
}

// TestCode: a code that is not confirmed must not leave, whoever asks.
func TestCode(t *testing.T) {
	in := input(load(t), "gift_card", 0)
	for state := range surprisev1.ClaimState_name {
		in.Claim.State = surprisev1.ClaimState(state)
		want := ""
		if in.Claim.State == surprisev1.ClaimState_CONFIRMED {
			want = "TEA-7Q4X-9KMB"
		}
		if got := Build(in).GetCode(); got != want {
			t.Errorf("%s: code %q, want %q", in.Claim.State, got, want)
		}
	}
}

func TestTimesOfEndedClaims(t *testing.T) {
	in := input(load(t), "cake", 0)
	for state := range surprisev1.ClaimState_name {
		in.Claim.State = surprisev1.ClaimState(state)
		c := Build(in)
		if open := in.Claim.State == surprisev1.ClaimState_HELD; (c.GetDoBy() != nil) != open || (c.GetOrderBy() != nil) != open || (c.GetPickupFrom() != nil) != open {
			t.Errorf("%s: do by %v, order by %v, pick-up %v", in.Claim.State, c.GetDoBy(), c.GetOrderBy(), c.GetPickupFrom())
		}
	}
}

func TestWithoutTemplate(t *testing.T) {
	in := input(load(t), "cake", 1)
	in.Template = nil
	c := Build(in)
	if c.GetTitle() != "cake" || c.GetLocale() != "zh-Hant" || !slices.Contains(c.GetWarnings(), "目錄裡已經沒有這項驚喜：請向店長確認答應了什麼") || c.GetWarnings()[0] != "過敏：nuts" {
		t.Errorf("a template that is gone: %v", c)
	}
	in.Claim.Template = ""
	if c := Build(in); c.GetTitle() != "我們自己的心意" || len(c.GetWarnings()) != 2 {
		t.Errorf("a clerk's own idea: %v", c)
	}
	in.Claim, in.Customer, in.Locale = nil, nil, 0
	if c := Build(in); c.GetTitle() != "An idea of our own" || c.GetLocale() != "en" {
		t.Errorf("of nothing: %v", c)
	}
}

// TestNameTurnsNothingAround: a name with right-to-left letters or direction marks stays by itself in what is said.
func TestNameTurnsNothingAround(t *testing.T) {
	in := input(load(t), "cake", 0)
	in.Customer.DisplayName = "\u202eليلى\x1b[31m"
	want := "Happy birthday, \u2068ليلى[31m\u2069! This little cake is from all of us."
	if got := Build(in).GetSay(); got != want {
		t.Errorf("say %q, want %q", got, want)
	}
}

// TestBuildChangesNothing: the claim and the profile belong to the caller.
func TestBuildChangesNothing(t *testing.T) {
	cat := load(t)
	for _, kind := range kinds() {
		in := input(cat, kind, 0)
		claim, customer := proto.Clone(in.Claim), proto.Clone(in.Customer)
		Build(in)
		if !proto.Equal(claim, in.Claim) || !proto.Equal(customer, in.Customer) {
			t.Errorf("%s: the input changed", kind)
		}
	}
}

// TestExamples builds and renders a card of every template and level that ships, in all of its languages.
func TestExamples(t *testing.T) {
	cat := loadFrom(t, "../../examples/catalog")
	for _, tmpl := range cat.Templates {
		for i := range tmpl.Levels {
			for _, tag := range []string{"en", "zh-Hant"} {
				c := Build(Input{Catalog: cat, Template: tmpl, Level: &tmpl.Levels[i], Locale: cat.MatchLocale(tag, ""), Customer: mei(), Now: taipei(21, 15, 0)})
				if c.GetTitle() == "" || c.GetLocale() != tag {
					t.Errorf("%s/%s: title %q in %s, want one in %s", tmpl.ID, tmpl.Levels[i].ID, c.GetTitle(), c.GetLocale(), tag)
				}
				for _, f := range append(papers(), surprisev1.CardFormat_TEXT) {
					if out, err := Render(c, f); err != nil || !strings.Contains(strings.Join(strings.Fields(out), " "), strings.Fields(c.GetTitle())[0]) {
						t.Errorf("%s/%s as %s: %v", tmpl.ID, tmpl.Levels[i].ID, f, err)
					}
				}
			}
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	in := input(load(b), "cake", 0)
	in.Claim, in.Memories = nil, nil
	b.ReportAllocs()
	for b.Loop() {
		Build(in)
	}
}
