package ledger_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func codesOf(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("CODE-%05d", i)
	}
	return out
}

func (s *shop) fillCodes(codes ...string) *surprisev1.ImportCodesResponse {
	s.t.Helper()
	got, err := s.ledger.ImportCodes(s.t.Context(), &surprisev1.ImportCodesRequest{Limit: "cards", Codes: codes})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func TestImportCodesAddsEachOnce(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	for _, c := range []struct {
		codes               []string
		added, known, total int64
	}{
		{[]string{"a", " b\n", "a"}, 2, 1, 2},
		{[]string{"b", "a"}, 0, 2, 2},
		{append([]string{"b", "願"}, codesOf(2500)...), 2501, 1, 2503},
		{codesOf(2500), 0, 2500, 2503},
	} {
		got := s.fillCodes(c.codes...)
		if got.GetAdded() != c.added || got.GetKnownBefore() != c.known || got.GetTotal() != c.total {
			t.Errorf("%d codes: %v, want %d added, %d known, %d in all", len(c.codes), got, c.added, c.known, c.total)
		}
	}
	for _, req := range []*surprisev1.ImportCodesRequest{
		{Limit: "cards", Codes: []string{"x", "  "}},
		{Limit: "cards", Codes: []string{"x\x00y"}},
		{Limit: "cards", Store: "north", Codes: []string{"x"}},
		{Limit: "pieces", Codes: []string{"x"}},
		{Limit: "none", Codes: []string{"x"}},
	} {
		_, err := s.ledger.ImportCodes(t.Context(), req)
		refusedAs(t, err, surprise.InvalidRequest)
	}
	if got := s.fillCodes("a"); got.GetTotal() != 2503 {
		t.Errorf("refused imports added something: %v", got)
	}
}

func TestImportsAtOnceAddEachCodeOnce(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	codes := codesOf(3000)
	var added [8]int64
	var wait sync.WaitGroup
	for g := range added {
		own := slices.Clone(codes)
		rand.New(rand.NewPCG(1, uint64(g))).Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
		wait.Go(func() {
			got, err := s.ledger.ImportCodes(t.Context(), &surprisev1.ImportCodesRequest{Limit: "cards", Codes: own})
			if err != nil {
				t.Error(err)
			}
			added[g] = got.GetAdded()
		})
	}
	wait.Wait()
	sum := int64(0)
	for _, n := range added {
		sum += n
	}
	entries, err := s.store.Range(t.Context(), "codes|cards||", nil, 4000, false)
	if err != nil || sum != 3000 || len(entries) != 3000 || entries[2999].Score != 3000 {
		t.Errorf("%d added, the pool has %d (%v), want 3000", sum, len(entries), err)
	}
}

// 10,000 codes are drawn by 64 clients, who cancel every fifth: no code is given twice, and none is lost.
func TestNoCodeIsGivenTwiceOrLost(t *testing.T) {
	const codes, clients = 10_000, 64
	s := newShopOf(t, wallCatalog)
	s.fillCodes(codesOf(codes)...)
	given := make([]map[string]bool, clients)
	var wait sync.WaitGroup
	for g := range clients {
		given[g] = map[string]bool{}
		wait.Go(func() {
			for i := 0; ; i++ {
				customer := fmt.Sprintf("c%d-%d", g, i)
				c, _, err := s.claim(customer, s.signOffer(customer, &storev1.OfferClaims{Template: "card"}))
				if surprise.ReasonOf(err) == surprise.LimitExhausted {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				if c.GetCode() != "" {
					t.Error("a code was shown before Confirm")
				}
				if i%5 == 4 {
					_, _, err = s.cancel(c.GetClaimId(), surprisev1.CancelReason_NOT_DELIVERED)
				} else if c, _, err = s.confirm(c.GetClaimId()); err == nil {
					if given[g][c.GetCode()] {
						t.Errorf("the code %s was given twice", c.GetCode())
					}
					given[g][c.GetCode()] = true
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	// What the last to come was refused for may have come back since.
	for i := 0; ; i++ {
		customer := fmt.Sprint("last", i)
		c, _, err := s.claim(customer, s.signOffer(customer, &storev1.OfferClaims{Template: "card"}))
		if err != nil {
			refusedAs(t, err, surprise.LimitExhausted)
			break
		}
		given[0][s.mustConfirm(c.GetClaimId()).GetCode()] = true
	}
	all := map[string]bool{}
	sum := 0
	for _, own := range given {
		sum += len(own)
		for code := range own {
			all[code] = true
		}
	}
	if sum != codes || len(all) != codes || all[""] {
		t.Errorf("%d codes were given, %d of them different, want %d", sum, len(all), codes)
	}
}

func slotAt(id string, starts time.Time, places int32) *surprisev1.Slot {
	return &surprisev1.Slot{Id: id, Starts: timestamppb.New(starts), Ends: timestamppb.New(starts.Add(time.Hour)), Places: places}
}

func (s *shop) fillSlots(slots ...*surprisev1.Slot) (*surprisev1.ImportSlotsResponse, error) {
	return s.ledger.ImportSlots(s.t.Context(), &surprisev1.ImportSlotsRequest{Limit: "hours", Store: "north", Slots: slots})
}

func TestImportSlots(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	at := s.clock().Add(time.Hour)
	week := []*surprisev1.Slot{slotAt("a", at, 0), slotAt("b", at.Add(time.Hour), 2), slotAt("a", at, 1)}
	for i, want := range []int64{2, 0} {
		got, err := s.fillSlots(week...)
		if err != nil || got.GetAdded() != want || got.GetKnownBefore() != 3-want {
			t.Errorf("import %d: %v (%v), want %d added", i, got, err, want)
		}
	}
	s.pass(90 * time.Minute)
	if got, err := s.fillSlots(week...); err != nil || got.GetKnownBefore() != 3 {
		t.Errorf("sent again when a slot has begun: %v (%v)", got, err)
	}
	at = s.clock().Add(time.Hour)
	for _, c := range []struct {
		field string
		slots []*surprisev1.Slot
	}{
		{"slots[1]", []*surprisev1.Slot{slotAt("c", at, 1), slotAt("d", s.clock(), 1)}},
		{"slots[0]", []*surprisev1.Slot{slotAt("c", at.AddDate(101, 0, 0), 1)}},
		{"slots[0]", []*surprisev1.Slot{{Id: "c", Starts: timestamppb.New(at), Ends: timestamppb.New(at)}}},
		{"slots[0]", []*surprisev1.Slot{{Id: "c", Starts: timestamppb.New(at), Ends: &timestamppb.Timestamp{Nanos: -1}}}},
		{"slots[1]", []*surprisev1.Slot{slotAt("c", at, 1), slotAt("c", at, 2)}},
	} {
		_, err := s.fillSlots(c.slots...)
		if e, ok := err.(*surprise.Error); !ok || e.Reason != surprise.InvalidRequest || e.Field != c.field { //nolint:errorlint // as it is returned
			t.Errorf("%v: %v, want the field %s", c.slots, err, c.field)
		}
	}
	slots, _, err := s.ledger.ListSlots(t.Context(), &surprisev1.ListSlotsRequest{Limit: "hours", Store: "north", From: timestamppb.New(at.Add(-24 * time.Hour))})
	if err != nil || len(slots) != 2 {
		t.Errorf("the pool has %v (%v), want the first two", slots, err)
	}
}

func (s *shop) bookAt(customer, slot string) (*surprisev1.Claim, error) {
	token := s.signOffer(customer, &storev1.OfferClaims{Template: "talk", Store: "north"})
	c, _, err := s.ledger.Claim(s.t.Context(), &surprisev1.ClaimRequest{OfferToken: token, CustomerId: customer, SlotId: slot})
	return c, err
}

func TestSlotsAreBookedAndListed(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	_, err := s.bookAt("ann", "")
	refusedAs(t, err, surprise.SlotNotFound)
	at := s.clock()
	var slots []*surprisev1.Slot
	for i := range 450 {
		slots = append(slots, slotAt(fmt.Sprint("s", i), at.Add(time.Duration(i+1)*time.Hour), 1))
	}
	slots[0].Places = 2
	if _, err := s.fillSlots(slots...); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"s0", "s0", "s1", "s2"} {
		if c, err := s.bookAt(fmt.Sprint("c", i), ""); err != nil || c.GetSlot().GetId() != want {
			t.Errorf("booking %d: %v (%v), want the slot %s", i, c.GetSlot(), err, want)
		}
	}
	_, err = s.bookAt("ann", "s1")
	refusedAs(t, err, surprise.SlotTaken)
	_, err = s.bookAt("ann", "none")
	refusedAs(t, err, surprise.SlotNotFound)
	if c, err := s.bookAt("ann", "s7"); err != nil || c.GetSlot().GetId() != "s7" {
		t.Errorf("booked %v (%v), want s7", c.GetSlot(), err)
	}
	s.pass(time.Hour)
	_, err = s.bookAt("bob", "s0")
	refusedAs(t, err, surprise.SlotNotFound)

	span := timestamppb.New(at.Add(448 * time.Hour))
	for _, c := range []struct {
		req  *surprisev1.ListSlotsRequest
		want int
	}{
		{&surprisev1.ListSlotsRequest{}, 450},
		{&surprisev1.ListSlotsRequest{FreeOnly: true, PageSize: 10}, 446},
		{&surprisev1.ListSlotsRequest{FreeOnly: true, PageSize: 500}, 446},
		{&surprisev1.ListSlotsRequest{From: timestamppb.New(at), Until: span}, 447},
	} {
		c.req.Limit, c.req.Store = "hours", "north"
		var ids []string
		for {
			states, next, err := s.ledger.ListSlots(t.Context(), c.req)
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range states {
				ids = append(ids, st.GetSlot().GetId())
				if c.req.GetFreeOnly() && st.GetFree() < 1 {
					t.Errorf("%v is listed as free", st)
				}
			}
			if c.req.PageToken = next; next == "" {
				break
			}
		}
		slices.Sort(ids)
		if len(ids) != c.want || len(slices.Compact(ids)) != c.want {
			t.Errorf("%v lists %d slots, want %d", c.req, len(ids), c.want)
		}
	}
	_, _, err = s.ledger.ListSlots(t.Context(), &surprisev1.ListSlotsRequest{Limit: "hours", Store: "north", Until: timestamppb.New(at)})
	refusedAs(t, err, surprise.InvalidRequest)
}

func TestStock(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	s.fillCodes("a", "b", "c")
	at := s.clock()
	if _, err := s.fillSlots(slotAt("x", at.Add(time.Hour), 2), slotAt("y", at.Add(3*time.Hour), 3)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.bookAt("ann", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.bookAt("bob", "y"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.claim("ann", s.signOffer("ann", &storev1.OfferClaims{Template: "card"})); err != nil {
		t.Fatal(err)
	}
	check := func(limit, store string, capacity, taken int64, renews time.Time) {
		t.Helper()
		got, err := s.ledger.Stock(t.Context(), limit, store)
		if err != nil || got.GetCapacity() != capacity || got.GetTaken() != taken || (got.GetRenews() == nil) != renews.IsZero() ||
			got.GetRenews() != nil && !got.GetRenews().AsTime().Equal(renews) {
			t.Errorf("%s: %v (%v), want %d of %d until %v", limit, got, err, taken, capacity, renews)
		}
	}
	check("cards", "", 3, 1, time.Time{})
	check("pieces", "", 3, 0, time.Time{})
	check("hours", "north", 5, 2, time.Time{})
	check("hours", "south", 0, 0, time.Time{})
	check("daily", "", 9, 0, time.Date(2026, 3, 2, 16, 0, 0, 0, time.UTC))
	s.pass(time.Hour)
	check("hours", "north", 3, 1, time.Time{})
	_, err := s.ledger.Stock(t.Context(), "hours", "")
	refusedAs(t, err, surprise.InvalidRequest)
}

func TestHeadroomOfPools(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	h := ledger.NewHeadroom(s.store, s.clock).WithPools(s.ledger)
	refresh := func() {
		t.Helper()
		if err := h.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what string, codes, slots bool) {
		t.Helper()
		if got := h.PoolFits("cards||", 1); got != codes {
			t.Errorf("%s: codes fit %v, want %v", what, got, codes)
		}
		if got := h.HasFreeSlot("hours||north"); got != slots {
			t.Errorf("%s: a slot is free %v, want %v", what, got, slots)
		}
	}
	want("nothing read", true, true)
	refresh()
	want("empty", false, false)
	s.fillCodes("a")
	if _, err := s.fillSlots(slotAt("x", s.clock().Add(time.Hour), 1)); err != nil {
		t.Fatal(err)
	}
	refresh()
	want("filled", true, true)
	if _, _, err := s.claim("ann", s.signOffer("ann", &storev1.OfferClaims{Template: "card"})); err != nil {
		t.Fatal(err)
	}
	if _, err := s.bookAt("ann", ""); err != nil {
		t.Fatal(err)
	}
	refresh()
	want("taken", false, false)
	s.pass(11 * time.Minute)
	refresh() // nobody asked for long
	want("forgotten", true, true)
}
