package ledger_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// What came back with its order is given back, also when the store stops right after the record says so.
func TestReturnsSurviveACrash(t *testing.T) {
	s, store := newStaged(t)
	c := s.take("c", "pair", forOrder("o"))
	s.mustConfirm(c.GetClaimId())
	store.crashAt("settle", 1)
	_, _, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_ORDER_CANCELLED)
	s.wantReason(err, surprise.StoreUnavailable)
	s.wantUsage("shelf||", 1)
	s.pass(2 * time.Minute)
	store.crashAt("settle", 2)
	if _, err := s.ledger.ReapLimits(t.Context()); err == nil {
		t.Error("a crash of the reaper is no failure")
	}
	if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wantUsage("shelf||", 0)
	s.wantUsage("budget||", 0)
	if refs, err := store.Overdue(t.Context(), s.clock().Add(48*time.Hour), 10); err != nil || len(refs) != 0 {
		t.Errorf("%v are open (%v)", refs, err)
	}
}

// Erasing posts what was given first: afterwards nobody could tell that it was.
func TestEraseKeepsWhatWasGiven(t *testing.T) {
	s, store := newStaged(t)
	c := s.take("c", "gift")
	store.crashAt("settle", 1)
	_, _, err := s.confirm(c.GetClaimId())
	s.wantReason(err, surprise.StoreUnavailable)
	if _, err := s.ledger.Erase(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	s.pass(2 * time.Hour)
	if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wantUsage("shelf||", 1)
}

// One customer's record that cannot be read does not keep the others waiting.
func TestReapLimitsPassesOverWhatItCannotRead(t *testing.T) {
	s, store := newStaged(t)
	store.crashAt("record", 1)
	_, _, _ = s.ask("a", s.sign("a", "gift"))
	store.crashAt("record", 1)
	_, _, _ = s.ask("b", s.sign("b", "pair"), forOrder("o"))
	if err := store.Store.Apply(t.Context(), ledger.Change{Key: hash("a"), Data: []byte{0xff}}); err != nil {
		t.Fatal(err)
	}
	s.pass(2 * time.Minute)
	n, err := s.ledger.ReapLimits(t.Context())
	if n != 2 || err == nil {
		t.Errorf("reaped %d (%v), want those of b, and the failure", n, err)
	}
	if n, err := s.ledger.ReapLimits(t.Context()); n != 0 || err != nil {
		t.Errorf("they come up again at once: %d, %v", n, err)
	}
	s.wantUsage("budget||", 300)
}

// A turn that could not be had in full gives back its part, and comes when there is room, also after a tombstone.
func TestTurnsOutliveTheirTombstones(t *testing.T) {
	s, store := newStaged(t)
	ticket := func() *surprisev1.Ticket {
		got, _, err := s.ledger.JoinWaitlist(t.Context(), &surprisev1.JoinWaitlistRequest{Template: "one", CustomerId: "c"})
		if err != nil && !errors.Is(err, errCrash) {
			t.Fatal(err)
		}
		return got
	}
	store.crashAt("record", 2) // the first record is that of the place in line, the second that of the turn
	ticket()
	s.wantUsage("last||", 1)
	s.pass(2 * time.Minute)
	if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wantUsage("last||", 0)
	if err := s.ledger.ServeWaiting(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := ticket()
	if got.GetState() != surprisev1.TicketState_TURN {
		t.Fatalf("the ticket is %v", got)
	}
	s.wantUsage("last||", 1)
	turn := func(o *storev1.OfferClaims) { o.TicketId = got.GetTicketId() }
	if _, _, err := s.ask("c", s.sign("c", "one", turn)); err != nil {
		t.Errorf("the claim of the turn: %v", err)
	}
	s.wantUsage("last||", 1)
	s.wantUsage("shelf||", 1)
}

// A turn that can be had only in part gives that part back at once.
func TestTurnGivesBackWhatItGotOfIt(t *testing.T) {
	s, store := newStaged(t)
	store.step = func(stage string) error {
		if stage == "reserve" { // of the turn: somebody takes the last one just now
			store.step = nil
			s.staple(store)
		}
		return nil
	}
	if _, _, err := s.ledger.JoinWaitlist(t.Context(), &surprisev1.JoinWaitlistRequest{Template: "one", CustomerId: "c"}); err != nil {
		t.Fatal(err)
	}
	s.wantUsage("shelf||", 0)
	s.wantUsage("last||", 1)
	if e := s.record("c").GetEntries(); len(e) != 1 || e[0].GetTicketId() == "" {
		t.Errorf("the record has %v", e)
	}
}

// staple takes the last one for a claim of a customer who is not in the test.
func (s *shop) staple(store *stagedStore) {
	s.t.Helper()
	op := ledger.LimitOp{Limit: "last||", Action: ledger.Reserve, ClaimID: surprise.NewClaimID(hash("x"), "offer", nil), Amount: 1, Capacity: 1}
	if err := store.Apply(s.t.Context(), ledger.Change{Key: hash("x"), Limits: []ledger.LimitOp{op}}); err != nil {
		s.t.Fatal(err)
	}
}

// An outcome that nobody knows is no refusal: the same token gets its claim.
func TestCrashIsNoRefusal(t *testing.T) {
	for _, stage := range []string{"reserve", "record", "settle"} {
		s, store := newStaged(t)
		token := s.sign("c", "gift")
		store.crashAt(stage, 1)
		_, _, err := s.ask("c", token)
		s.wantReason(err, surprise.StoreUnavailable)
		if c, replayed, err := s.ask("c", token); err != nil || c.GetState() != surprisev1.ClaimState_HELD || replayed != (stage == "settle") {
			t.Errorf("after a crash at %s: %v, %v, %v", stage, c, replayed, err)
		}
		s.wantUsage("shelf||", 1)
	}
}

// What a first attempt reserved, and the one that succeeds does not need, is given back at once: here the allowance of yesterday's shift.
func TestLeftoversOfEarlierAttempts(t *testing.T) {
	s, store := newStaged(t)
	yesterday := "@wallet|shift|an|" + s.clock().Format("2006-01-02") + "T00:00"
	store.step = func(stage string) error {
		if stage == "record" {
			store.step = nil
			s.wantUsage(yesterday, 300)
			s.take("c", "one")
			s.pass(24 * time.Hour)
		}
		return nil
	}
	c, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "c", Template: "gift", Channel: surprisev1.Channel_POS,
		StaffId: "an", WalletReason: "kindness"})
	if err != nil || c.GetState() != surprisev1.ClaimState_CONFIRMED {
		t.Fatal(c, err)
	}
	s.wantUsage(yesterday, 0)
	s.wantUsage("budget||", 300)
}

// Ids that were given up stay so when the customer is erased, and are nothing that was kept of them.
func TestEraseKeepsTombstones(t *testing.T) {
	s, store := newStaged(t)
	store.crashAt("record", 1)
	_, _, err := s.ask("c", s.sign("c", "gift"))
	s.wantReason(err, surprise.StoreUnavailable)
	s.pass(2 * time.Minute)
	if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := s.ledger.Erase(t.Context(), "c")
	if err != nil || got.GetClaims() != 0 || len(s.record("c").GetEntries()) != 1 {
		t.Errorf("%v, %v; %v is left", got, err, s.record("c"))
	}
}

// A till was offline for a day, and then sends all its confirmations twice, in random order.
func TestOfflineTillOverAStagedStore(t *testing.T) {
	s, store := newStaged(t)
	var ids []string
	for _, who := range []string{"a", "b"} {
		ids = append(ids, s.take(who, "gift").GetClaimId())
	}
	s.pass(24 * time.Hour)
	for _, reap := range []func() (int, error){func() (int, error) { return s.ledger.Reap(t.Context()) }, func() (int, error) { return s.ledger.ReapLimits(t.Context()) }} {
		if _, err := reap(); err != nil {
			t.Fatal(err)
		}
	}
	s.wantUsage("shelf||", 0)
	s.take("c", "pair", forOrder("o")) // somebody else has one by now
	at := timestamppb.New(s.clock().Add(-23*time.Hour - 45*time.Minute))
	over, answers := 0, map[string]string{}
	for i, id := range []string{ids[1], ids[0], ids[0], ids[1]} {
		store.crashAt("settle", 1+i%3)
		c, _, err := s.ledger.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: id, Delivered: at})
		if surprise.ReasonOf(err) == surprise.StoreUnavailable {
			c, _, err = s.ledger.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: id, Delivered: at})
		}
		if err != nil || c.GetState() != surprisev1.ClaimState_CONFIRMED || !c.GetDelivered().AsTime().Equal(at.AsTime()) && c.GetDelivered().AsTime().Before(c.GetCreated().AsTime()) {
			t.Fatalf("confirmation %d: %v, %v", i, c, err)
		}
		if was, ok := answers[id]; ok && was != c.GetClaimId() {
			t.Errorf("the second answer is another claim")
		} else if !ok && c.GetOverLimit() {
			over++
		}
		answers[id] = c.GetClaimId()
	}
	store.step = nil
	if over != 1 {
		t.Errorf("%d are over the limit, want the one for which nothing was left", over)
	}
	s.wantUsage("shelf||", 2)
}
