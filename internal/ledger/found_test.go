package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// The templates of a category share the longest household cooldown of any, and what a clerk gives counts too.
func TestHouseholdCooldownOfACategory(t *testing.T) {
	s := newShopOf(t, `
default_locale: en
currency: TWD
journeys:
  - {id: visit, stages: [{id: till}]}
templates:
  - {id: cake, kind: CAKE, cooldowns: {household: 7d}, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
  - {id: bigger, kind: CAKE, cooldowns: {household: 365d}, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
  - {id: plain, kind: CAKE, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
`)
	for i, first := range []string{"cake", "bigger", "plain"} {
		home := fmt.Sprint("h", i)
		key := ledger.HouseholdKey(hash, home)
		if _, _, err := s.claim("mother"+home, s.sign("mother"+home, first, ofHousehold(key))); err != nil {
			t.Fatal(err)
		}
		for _, second := range []string{"cake", "bigger", "plain"} {
			_, _, err := s.claim("father"+home, s.sign("father"+home, second, ofHousehold(key)))
			wantReason(t, second+" after "+first, err, surprise.Cooldown)
		}
	}
	if _, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "aunt", Kind: surprisev1.Kind_CAKE, Channel: surprisev1.Channel_POS, HouseholdId: "own"}); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.claim("uncle", s.sign("uncle", "cake", ofHousehold(ledger.HouseholdKey(hash, "own"))))
	wantReason(t, "a cake after a clerk's own", err, surprise.Cooldown)
}

func TestCapsOfTheSameWindow(t *testing.T) {
	s := newShopOf(t, `
default_locale: en
journeys:
  - {id: visit, stages: [{id: till}]}
policies:
  caps:
    - {max: 5, window: 7d, household: true}
    - {max: 1, window: 168h, household: true}
templates:
  - {id: n, kind: NOTE, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
`)
	key := ledger.HouseholdKey(hash, "h")
	if _, _, err := s.claim("a", s.sign("a", "n", ofHousehold(key))); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.claim("b", s.sign("b", "n", ofHousehold(key)))
	wantReason(t, "the stricter of two caps", err, surprise.CapReached)
}

// Nothing from before an erasure comes back with a late repetition.
func TestErasedStaysErased(t *testing.T) {
	s := newServices(t)
	token := s.sign("mei", "corner")
	given := &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "mei", Kind: surprisev1.Kind_GIFT, Channel: surprisev1.Channel_POS, MemoryTag: "lemon", Delivered: timestamppb.New(s.clock().Add(-time.Hour))}
	bought := &surprisev1.RecordOutcomeRequest{OutcomeId: "1", CustomerId: "mei", Kind: surprisev1.OutcomeKind_RENEWAL, Time: given.GetDelivered()}
	if _, _, err := s.ledger.RecordDelivery(t.Context(), given); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ledger.Erase(t.Context(), "mei"); err != nil {
		t.Fatal(err)
	}
	s.pass(time.Minute)
	_, _, err := s.ledger.RecordDelivery(t.Context(), given)
	wantReason(t, "a delivery from before", err, surprise.Erased)
	_, _, err = s.ledger.RecordOutcome(t.Context(), bought)
	wantReason(t, "an outcome from before", err, surprise.Erased)
	_, _, err = s.ledger.Cancel(t.Context(), &surprisev1.CancelRequest{OfferToken: token})
	wantReason(t, "an offer from before", err, surprise.Erased)
	out, err := s.ledger.Export(t.Context(), "mei")
	if err != nil || len(out.GetClaims())+len(out.GetOutcomes()) != 0 {
		t.Errorf("erased, and there is %v, %v", out, err)
	}
}

// While a record's time stands still, because another replica's clock is ahead, its events have ids of their own all the same.
func TestEventIDsAreUnique(t *testing.T) {
	s := newServices(t)
	c := s.take("mei", "corner")
	s.pass(-time.Second)
	for range 3 {
		if _, err := s.lease(c.GetClaimId(), "ann"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.giveBackCard(c.GetClaimId(), "ann"); err != nil {
			t.Fatal(err)
		}
	}
	logged, err := s.store.Events(t.Context(), "", 100)
	if err != nil || len(logged) < 7 {
		t.Fatal(len(logged), err)
	}
	seen := map[string]bool{}
	for _, e := range logged {
		ce, _, err := event.Decode(e.Data)
		if err != nil || seen[ce.GetId()] {
			t.Errorf("%s is the id of two events, or none: %v", ce.GetId(), err)
		}
		seen[ce.GetId()] = true
	}
}

func TestSlotsAreNotForEver(t *testing.T) {
	s := newServices(t)
	slot := &surprisev1.Slot{Id: "s", Starts: timestamppb.New(s.clock().Add(time.Hour)), Ends: timestamppb.New(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))}
	_, err := s.ledger.ImportSlots(t.Context(), &surprisev1.ImportSlotsRequest{Limit: "times", Slots: []*surprisev1.Slot{slot}})
	wantReason(t, "a slot of 8,000 years", err, surprise.InvalidRequest)
}

func TestPoolsAreNoCustomers(t *testing.T) {
	s := newServices(t)
	s.withCards("a", "b")
	const pool = "\x00pool\x00cards||"
	_, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: pool, Kind: surprisev1.Kind_GIFT, Channel: surprisev1.Channel_POS})
	wantReason(t, "a delivery to a pool", err, surprise.InvalidRequest)
	_, _, err = s.ledger.RecordOutcome(t.Context(), &surprisev1.RecordOutcomeRequest{OutcomeId: "1", CustomerId: pool, Kind: surprisev1.OutcomeKind_ACTIVITY})
	wantReason(t, "an outcome of a pool", err, surprise.InvalidRequest)
}

// Who posts and withdraws again and again does not make a record grow for ever.
func TestEndedWishesAreForgotten(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	for i := range 400 {
		s.pass(time.Second)
		w := s.wish("ann", fmt.Sprint("r", i), "x")
		if _, _, err := s.ledger.WithdrawWish(t.Context(), &surprisev1.WithdrawWishRequest{WishId: w.GetWishId()}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := s.ledger.Export(t.Context(), "ann")
	if err != nil || len(out.GetWishes()) != 101 {
		t.Errorf("%d wishes are kept, %v", len(out.GetWishes()), err)
	}
}

func TestLimitCalledSlot(t *testing.T) {
	s := newShopOf(t, `
default_locale: en
journeys:
  - {id: visit, stages: [{id: till}]}
limits:
  - {id: slot, unit: UNITS, capacity: 1}
templates:
  - {id: x, kind: NOTE, levels: [{id: small, value: 10}], limits: [slot], texts: {en: {title: t, message: m}}}
`)
	s.take("a", "x")
	_, _, err := s.claim("b", s.sign("b", "x"))
	wantReason(t, "a limit with the name of something else", err, surprise.LimitExhausted)
}

// Only stores that the catalogue lists have an allowance.
func TestWalletOfNoStore(t *testing.T) {
	s := newShopOf(t, `
default_locale: en
currency: TWD
journeys:
  - {id: visit, stages: [{id: till}]}
stores:
  - {id: north, names: {en: North}}
wallet: {reasons: [kindness], per_incident_minor: 100, per_shift_minor: 1000, per_store_minor: 100}
templates:
  - {id: gift, kind: GIFT, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
`)
	for store, want := range map[string]surprise.Reason{"norht": surprise.InvalidRequest, "": surprise.InvalidRequest, "north": ""} {
		_, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{
			DeliveryId: "d" + store, CustomerId: "mei", Kind: surprisev1.Kind_GIFT, CostMinor: 100, Channel: surprisev1.Channel_POS, StaffId: "ann", WalletReason: "kindness", Store: store})
		if got := surprise.ReasonOf(err); got != want {
			t.Errorf("%q: %v", store, err)
		}
	}
}

// Time never runs backwards in a record: what is claimed after something else is not from before it, whatever the clock says.
func TestTimeOfARecord(t *testing.T) {
	s := newServices(t)
	first := s.take("mei", "corner")
	s.pass(-time.Second)
	second := s.take("mei", "film")
	if second.GetCreated().AsTime().Before(first.GetCreated().AsTime()) {
		t.Errorf("the first claim is of %v, the second of %v", first.GetCreated().AsTime(), second.GetCreated().AsTime())
	}
}

// A delivery is neither before its claim nor after now, whatever a till's clock says.
func TestDeliveredIsBetweenClaimAndNow(t *testing.T) {
	for name, told := range map[string]time.Duration{"an hour before the claim": -time.Hour, "a minute from now": 2 * time.Minute} {
		s := newServices(t)
		c := s.take("mei", "corner")
		claimed := s.clock()
		s.pass(time.Minute)
		got, _, err := s.ledger.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: c.GetClaimId(), Delivered: timestamppb.New(claimed.Add(told))})
		want := claimed
		if told > 0 {
			want = s.clock()
		}
		if err != nil || !got.GetDelivered().AsTime().Equal(want) {
			t.Errorf("%s: delivered %v, want %v, %v", name, got.GetDelivered().AsTime(), want, err)
		}
	}
}
