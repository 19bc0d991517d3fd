package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Two visits, 90 days apart, which is one half-life.
//
//	own: at the door the cup scores 20 - 1 = 19, at the table 20 * 1.5 - 1 = 29: hold back, then give it. On day 90 the cup has a habit of
//	a half: 10 * 1.5 - 1 = 14. The vase has 30 * 1.5 - 20 = 25 at the table, 10 at the door: hold back, then give it.
//	highest value: the vase at the door, 30 - 20 = 10. On day 90 it has 15 - 20 = -5 and is not worth its cost: the cup.
//	every stage: the cup at the door, 19. On day 90 the cup has 9, the vase 10.
func TestPoliciesByHand(t *testing.T) {
	opts := Options{Catalog: load(t, smallShop), Customers: []*surprisev1.RecommendRequest{guest("a")}, From: newYear2027(), Days: 120}
	want := map[string]PolicyReport{
		Own: {
			Surprises: 2, CostMinor: 2100, MeanGap: 25, ByStage: []Group{{"table", 2, 1, 25, 2100}},
			ByTemplate: []Group{{"cup", 1, 0.5, 20, 100}, {"vase", 1, 0.5, 30, 2000}},
			Decisions:  Decisions{Total: 4, Offered: 2, Held: 2, OfferedShare: 0.5, HeldShare: 0.5, HeldVisits: 2, HoldsPaid: 2},
			Remembered: Remembered{Total: 30, Mean: 30, Peak: 30, End: 30, AtItsMoment: 45},
		},
		HighestValue: {
			Surprises: 2, CostMinor: 2100, MeanGap: 25, ByStage: []Group{{"door", 2, 1, 25, 2100}},
			ByTemplate: []Group{{"cup", 1, 0.5, 20, 100}, {"vase", 1, 0.5, 30, 2000}},
			Decisions:  Decisions{Total: 4, Offered: 2, None: 2, OfferedShare: 0.5, NoneShare: 0.5},
			Remembered: Remembered{Total: 25, Mean: 25, Peak: 30, End: 20, AtItsMoment: 25},
		},
		EveryStage: {
			Surprises: 2, CostMinor: 2100, MeanGap: 25, ByStage: []Group{{"door", 2, 1, 25, 2100}},
			ByTemplate: []Group{{"cup", 1, 0.5, 20, 100}, {"vase", 1, 0.5, 30, 2000}},
			Decisions:  Decisions{Total: 4, Offered: 2, None: 2, OfferedShare: 0.5, NoneShare: 0.5},
			Remembered: Remembered{Total: 30, Mean: 30, Peak: 30, End: 30, AtItsMoment: 30},
		},
	}
	for _, p := range policies() {
		_, got := lived(t, opts, p, visitsOn(0, 90))
		ignore := cmpopts.IgnoreFields(PolicyReport{}, "Policy", "PerCustomer", "Reasons", "Months")
		if diff := cmp.Diff(want[p.name], got, ignore, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.name, diff)
		}
	}
}

// On day 0 and day 90 the shop has only the cup: by then its habit is a half.
func TestHabitByMonth(t *testing.T) {
	onlyCup, _, _ := strings.Cut(smallShop, "  - id: vase")
	opts := Options{Catalog: load(t, onlyCup), Customers: []*surprisev1.RecommendRequest{guest("a")}, From: newYear2027(), Days: 120}
	_, got := lived(t, opts, ownPolicy(), visitsOn(0, 90))
	want := []Month{{Month: "2027-01", Surprises: 1, MeanGap: 20}, {Month: "2027-02"}, {Month: "2027-03"}, {Month: "2027-04", Surprises: 1, MeanHabit: 0.5, MeanGap: 10}}
	if diff := cmp.Diff(want, got.Months, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("months (-want +got):\n%s", diff)
	}
	if want := (Distribution{Mean: 2, Min: 2, Median: 2, P90: 2, Max: 2, Counts: []int{0, 0, 1}}); !cmp.Equal(want, got.PerCustomer) {
		t.Errorf("per customer: got %+v, want %+v", got.PerCustomer, want)
	}
}

func TestRefusals(t *testing.T) {
	opts := Options{Catalog: load(t, smallShop), Customers: []*surprisev1.RecommendRequest{guest("a")}, From: newYear2027(), Days: 120, RefusalShare: 0.6}
	_, got := lived(t, opts, ownPolicy(), visitsOn(0, 90)) // every moment of that plan draws 0.5
	if got.Surprises != 0 || got.Refused != 2 || got.CostMinor != 0 || got.Remembered.WithoutSurprise != 1 {
		t.Errorf("got %+v, want two offers refused and nothing given", got)
	}
}

func TestSharedStockIsSharedInTime(t *testing.T) {
	text := strings.Replace(smallShop, "policies:", "limits: [{id: one, unit: UNITS, capacity: 1}]\npolicies:", 1)
	text = strings.ReplaceAll(text, "    levels:", "    limits: [one]\n    levels:")
	opts := Options{Catalog: load(t, text), Customers: []*surprisev1.RecommendRequest{guest("a"), guest("b"), guest("a")}, From: newYear2027(), Days: 30}
	p := visitsOn(0, 1, 2)
	p.moments[0].customer, p.moments[1].customer = 1, 1 // b comes first
	y, got := lived(t, opts, ownPolicy(), p)
	if len(y.customers) != 2 || got.Surprises != 1 || len(y.customers[1].gifts) != 1 {
		t.Errorf("got %d customers and %+v, want two customers, of whom b has the only one", len(y.customers), got)
	}
}

func TestRecoveryMakesRoomForDelight(t *testing.T) {
	text := strings.Replace(smallShop, "policies:", "policies:\n  satisfaction: {max_open_complaints: 0}", 1) + `
  - id: sorry
    kind: NOTE
    purpose: RECOVERY
    levels: [{id: note, value: 10, cost_minor: 50}]
    texts: {en: {title: Sorry, message: We are sorry.}}
`
	angry := guest("a")
	angry.Customer.OpenComplaints = 1
	opts := Options{Catalog: load(t, text), Customers: []*surprisev1.RecommendRequest{angry}, From: newYear2027(), Days: 30}
	_, got := lived(t, opts, ownPolicy(), visitsOn(0))
	if got.Recoveries != 1 || got.RecoveryCostMinor != 50 || got.Decisions.Recover != 1 || got.Surprises != 1 {
		t.Errorf("got %+v, want a recovery at the door and a surprise at the table", got)
	}
	if angry.Customer.OpenComplaints != 1 {
		t.Error("the request of the caller was changed")
	}
}

func crowd() []*surprisev1.RecommendRequest {
	var out []*surprisev1.RecommendRequest
	for _, id := range []string{"a", "b", "c", "d"} {
		out = append(out, guest(id))
	}
	out[1].Customer.TimeZone = "America/New_York"
	return out
}

func encoded(t *testing.T, opts Options, seeds int) string {
	t.Helper()
	result, err := Compare(t.Context(), opts, seeds)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheSeedDecides(t *testing.T) {
	// With noise in the choice: the keys that it depends on come from the seed, too.
	opts := Options{Catalog: load(t, strings.Replace(smallShop, "temperature: 0", "temperature: 9", 1)), Customers: crowd(), From: newYear2027(), Days: 200, Seed: 3, RefusalShare: 0.1}
	first := encoded(t, opts, 3)
	before := runtime.GOMAXPROCS(1)
	second := encoded(t, opts, 3)
	runtime.GOMAXPROCS(before)
	if first != second {
		t.Errorf("two runs of one seed differ:\n%s\n%s", first, second)
	}
	opts.Seed = 4
	if encoded(t, opts, 3) == first {
		t.Error("another seed gives the same year")
	}
}

func TestProgressEndsAtTheEnd(t *testing.T) {
	last, total := 0, 0
	opts := Options{Catalog: load(t, smallShop), Customers: crowd(), From: newYear2027(), Days: 50, Progress: func(done, of int) {
		if done <= last {
			t.Errorf("progress went from %d to %d", last, done)
		}
		last, total = done, of
	}}
	if _, err := Compare(t.Context(), opts, 2); err != nil || last != total || total == 0 {
		t.Errorf("got %d of %d, %v", last, total, err)
	}
}

func TestWhatCannotBeSimulated(t *testing.T) {
	good := Options{Catalog: load(t, smallShop), Customers: crowd(), From: newYear2027(), Days: 5}
	for want, change := range map[string]func(*Options){
		"a catalogue is needed":          func(o *Options) { o.Catalog = nil },
		"there are no customers":         func(o *Options) { o.Customers = nil },
		"0 days: give 1 to 3660":         func(o *Options) { o.Days = 0 },
		"366 visits a year":              func(o *Options) { o.VisitsPerYear = 366 },
		"a share of 2 refuses":           func(o *Options) { o.RefusalShare = 2 },
		"no journey \"tour\"":            func(o *Options) { o.Customers = crowd(); o.Customers[0].Moment.Journey = "tour" },
		"there is no time zone \"Moon\"": func(o *Options) { o.Customers = crowd(); o.Customers[3].Customer.TimeZone = "Moon" },
	} {
		opts := good
		change(&opts)
		if _, err := Run(t.Context(), opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v", err)
	}
}

// A gap of 10 is expected by the catalogue, but not by a shop that does not think of it.
func TestBaselinesMayGiveWhatIsExpected(t *testing.T) {
	onlyCup, _, _ := strings.Cut(smallShop, "  - id: vase")
	nothing := 0.0
	opts := Options{Catalog: load(t, strings.Replace(onlyCup, "policies:", "policies:\n  min_gap: 12", 1)), Customers: crowd()[:1], From: newYear2027(), Days: 120, BaselineMinGap: &nothing}
	for i, want := range []int{1, 2, 2} {
		if _, got := lived(t, opts, policies()[i], visitsOn(0, 90)); got.Surprises != want {
			t.Errorf("%s: got %d surprises, want %d", got.Policy, got.Surprises, want)
		}
	}
}
