package ledger_test

import (
	"testing"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// entry returns what the customer's record has under an id.
func (s *shop) entry(customer, id string) *storev1.Entry {
	s.t.Helper()
	for _, e := range s.record(customer).GetEntries() {
		if e.GetClaimId() == id {
			return e
		}
	}
	return nil
}

func (s *shop) record(customer string) *storev1.Record {
	s.t.Helper()
	loaded, err := s.store.Load(s.t.Context(), hash(customer))
	if err != nil {
		s.t.Fatal(err)
	}
	rec, err := ledger.DecodeRecord(loaded[0].Data)
	if err != nil {
		s.t.Fatal(err)
	}
	return rec
}

func (s *shop) wantUsage(limit string, want int64) {
	s.t.Helper()
	if got := s.usage(limit); got != want {
		s.t.Errorf("%d are taken of %s, want %d", got, limit, want)
	}
}

func (s *shop) wantReason(err error, want surprise.Reason) {
	s.t.Helper()
	if surprise.ReasonOf(err) != want {
		s.t.Errorf("got %v, want %s", err, want)
	}
}

// crashAt makes the n-th stage of a kind fail, once.
func (s *stagedStore) crashAt(kind string, n int) {
	s.step = func(stage string) error {
		if stage == kind {
			if n--; n == 0 {
				s.step = nil
				return errCrash
			}
		}
		return nil
	}
}

// A refusal after a reservation is written down: what was reserved is back at once, and the token stays refused even when there is room again.
func TestDenied(t *testing.T) {
	s, _ := newStaged(t)
	held := s.take("b", "one")
	token := s.sign("c", "one") // there is room on the shelf, and none in the second limit
	_, _, err := s.ask("c", token)
	s.wantReason(err, surprise.LimitExhausted)
	s.wantUsage("shelf||", 1)
	rec := s.record("c")
	if len(rec.GetEntries()) != 1 || rec.GetEntries()[0].GetState() != surprisev1.ClaimState_DENIED || len(rec.GetEntries()[0].GetTakes()) != 2 {
		t.Fatalf("the record is %v", rec)
	}
	if _, _, err := s.cancel(held.GetClaimId(), surprisev1.CancelReason_NOT_DELIVERED); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.ask("c", token)
	s.wantReason(err, surprise.ClaimDenied)
	_, _, err = s.ask("c", token, forOrder("o"))
	s.wantReason(err, surprise.IdempotencyMismatch)
	s.take("c", "one") // another offer is not refused for it
}

// Where the first limit is full, nothing was reserved, and nothing is written.
func TestRefusalWithoutReservationLeavesNothing(t *testing.T) {
	s, _ := newStaged(t)
	s.take("a", "gift")
	s.take("b", "gift")
	_, _, err := s.ask("c", s.sign("c", "pair"), forOrder("o"))
	s.wantReason(err, surprise.LimitExhausted)
	if n := len(s.record("c").GetEntries()); n != 0 {
		t.Errorf("the record has %d entries", n)
	}
}

// Room that a hold of the same record gives back when it runs out is not room before that is written: the hold may be confirmed meanwhile.
func TestRoomOfAnEndedHoldIsNotCountedTwice(t *testing.T) {
	s, store := newStaged(t)
	first := s.take("c", "one")
	s.pass(31 * time.Minute)
	store.step = func(stage string) error {
		if stage == "record" {
			store.step = nil
			s.mustConfirm(first.GetClaimId())
		}
		return nil
	}
	_, _, err := s.ask("c", s.sign("c", "one"))
	s.wantReason(err, surprise.LimitExhausted)
	s.wantUsage("last||", 1)
	if _, _, err := s.cancel(s.take("b", "gift").GetClaimId(), surprisev1.CancelReason_NOT_DELIVERED); err != nil {
		t.Fatal(err)
	}
}

// A conflict after a reservation, and then a refusal by the record: the second attempt of c sees a cooldown that another claim brought.
func TestDeniedByWhatCameBetween(t *testing.T) {
	s, store := newStaged(t)
	first, second := s.sign("c", "gift"), s.sign("c", "gift")
	store.step = func(stage string) error {
		if stage == "record" {
			store.step = nil
			if _, _, err := s.ask("c", second); err != nil {
				t.Error(err)
			}
		}
		return nil
	}
	_, _, err := s.ask("c", first)
	s.wantReason(err, surprise.Cooldown)
	s.wantUsage("shelf||", 1)
	s.wantUsage("budget||", 300)
	_, _, err = s.ask("c", first)
	s.wantReason(err, surprise.ClaimDenied)
}

// A claimer that stopped after it reserved: the unit is back after a minute, and the claimer that wakes up is refused.
func TestReaperLeavesATombstone(t *testing.T) {
	s, store := newStaged(t)
	token := s.sign("c", "gift")
	store.step = func(stage string) error {
		if stage == "record" {
			store.step = nil
			s.pass(61 * time.Second)
			if n, err := s.ledger.ReapLimits(t.Context()); n != 2 || err != nil {
				t.Errorf("reaped %d (%v)", n, err)
			}
			s.wantUsage("shelf||", 0)
		}
		return nil
	}
	_, _, err := s.ask("c", token)
	s.wantReason(err, surprise.ClaimExpired)
	s.wantUsage("shelf||", 0)
	s.wantUsage("budget||", 0)
	_, _, err = s.ask("c", token)
	s.wantReason(err, surprise.ClaimExpired)
	id := s.record("c").GetEntries()[0].GetClaimId()
	_, _, err = s.confirm(id)
	s.wantReason(err, surprise.ClaimExpired)
	if claims, _, err := s.ledger.List(t.Context(), &surprisev1.ListClaimsRequest{CustomerId: "c"}); err != nil || len(claims) != 0 {
		t.Errorf("the customer is shown %v (%v)", claims, err)
	}
}

func TestReapLimitsIsEarlyForNobody(t *testing.T) {
	s, store := newStaged(t)
	c := s.take("c", "gift")
	s.pass(59 * time.Second)
	if n, err := s.ledger.ReapLimits(t.Context()); n != 0 || err != nil {
		t.Fatalf("reaped %d (%v) before a minute was over", n, err)
	}
	s.pass(2 * time.Second)
	if n, err := s.ledger.ReapLimits(t.Context()); n != 2 || err != nil {
		t.Fatalf("reaped %d (%v)", n, err)
	}
	if n, err := s.ledger.ReapLimits(t.Context()); n != 0 || err != nil {
		t.Fatalf("what is held comes up again: %d (%v)", n, err)
	}
	s.wantUsage("shelf||", 1)
	store.crashAt("settle", 1)
	if _, _, err := s.confirm(c.GetClaimId()); surprise.ReasonOf(err) != surprise.StoreUnavailable {
		t.Fatalf("confirm with a crash: %v", err)
	}
	s.pass(31*time.Minute + time.Second)
	if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	if refs, err := store.Overdue(t.Context(), s.clock().Add(time.Hour), 10); err != nil || len(refs) != 0 {
		t.Errorf("after the confirmation was posted, %v are open (%v)", refs, err)
	}
	s.wantUsage("shelf||", 1)
}

// A hold that ran out is ended by ReapLimits too, a minute after its time at the latest.
func TestReapLimitsEndsHolds(t *testing.T) {
	s, _ := newStaged(t)
	c := s.take("c", "gift")
	s.pass(2 * time.Minute)
	if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.pass(29*time.Minute + 2*time.Second) // 30 minutes, a minute and a little
	if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wantUsage("shelf||", 0)
	if e := s.entry("c", c.GetClaimId()); e.GetState() != surprisev1.ClaimState_EXPIRED {
		t.Errorf("the claim is %v", e.GetState())
	}
	late, _, err := s.confirm(c.GetClaimId())
	if err != nil || late.GetState() != surprisev1.ClaimState_CONFIRMED || late.GetOverLimit() {
		t.Errorf("confirmed late: %v, %v", late, err)
	}
	s.wantUsage("shelf||", 1)
}

// A delivery, and a late confirmation, happened: that their first attempt was given up does not stop them.
func TestDeliveriesOutliveTheirTombstones(t *testing.T) {
	s, store := newStaged(t)
	req := &surprisev1.RecordDeliveryRequest{DeliveryId: "d", CustomerId: "c", Template: "gift", Channel: surprisev1.Channel_POS}
	store.crashAt("record", 1)
	if _, _, err := s.ledger.RecordDelivery(t.Context(), req); surprise.ReasonOf(err) != surprise.StoreUnavailable {
		t.Fatal(err)
	}
	s.wantUsage("shelf||", 1)
	s.pass(2 * time.Minute)
	if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wantUsage("shelf||", 0)
	c, replayed, err := s.ledger.RecordDelivery(t.Context(), req)
	if err != nil || replayed || c.GetState() != surprisev1.ClaimState_CONFIRMED {
		t.Fatalf("the retry: %v, %v, %v", c, replayed, err)
	}
	again, replayed, err := s.ledger.RecordDelivery(t.Context(), req)
	if err != nil || !replayed || again.GetClaimId() != c.GetClaimId() {
		t.Errorf("the replay: %v, %v, %v", again, replayed, err)
	}
	s.wantUsage("shelf||", 1)
	s.lateAfterTombstone(store)
}

func (s *shop) lateAfterTombstone(store *stagedStore) {
	s.t.Helper()
	c := s.take("b", "pair", forOrder("o"))
	s.pass(time.Hour)
	s.reap()
	store.crashAt("record", 1)
	_, _, err := s.confirm(c.GetClaimId())
	s.wantReason(err, surprise.StoreUnavailable)
	s.pass(2 * time.Minute)
	if _, err := s.ledger.ReapLimits(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.wantUsage("shelf||", 1)
	late, _, err := s.confirm(c.GetClaimId())
	if err != nil || late.GetState() != surprisev1.ClaimState_CONFIRMED {
		s.t.Errorf("the late confirmation: %v, %v", late, err)
	}
	s.wantUsage("shelf||", 2)
}

// A delivery that the wallet does not pay gives back what it reserved before the wallet was asked.
func TestWalletRefusalGivesBack(t *testing.T) {
	s, _ := newStaged(t)
	req := func(id string) *surprisev1.RecordDeliveryRequest {
		return &surprisev1.RecordDeliveryRequest{DeliveryId: id, CustomerId: "c", Template: "gift", Channel: surprisev1.Channel_POS, StaffId: "an", WalletReason: "kindness"}
	}
	if _, _, err := s.ledger.RecordDelivery(t.Context(), req("1")); err != nil {
		t.Fatal(err)
	}
	other := &surprisev1.RecordDeliveryRequest{DeliveryId: "2", CustomerId: "b", Kind: surprisev1.Kind_NOTE, CostMinor: 200, Channel: surprisev1.Channel_POS, StaffId: "an", WalletReason: "kindness"}
	if _, _, err := s.ledger.RecordDelivery(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.ledger.RecordDelivery(t.Context(), req("3"))
	s.wantReason(err, surprise.WalletExhausted)
	s.wantUsage("shelf||", 1)
	s.wantUsage("budget||", 300)
	given := req("3")
	given.AlreadyGiven = true
	if c, _, err := s.ledger.RecordDelivery(t.Context(), given); err != nil || !c.GetOverLimit() {
		t.Errorf("it was given all the same: %v, %v", c, err)
	}
	s.wantUsage("shelf||", 2)
}
