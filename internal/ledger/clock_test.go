package ledger_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func TestNoClaimsWhileTheStoresClockDiffers(t *testing.T) {
	for _, skew := range []time.Duration{2001 * time.Millisecond, -3 * time.Second, time.Hour} {
		s, store := newStaged(t)
		held := s.take("a", "gift")
		store.skew = skew
		if got, err := s.ledger.CheckClock(t.Context()); got != skew || err != nil || !s.ledger.SkewTooLarge() {
			t.Fatalf("skew %s: got %s, %v", skew, got, err)
		}
		token := s.sign("b", "gift")
		_, _, err := s.ask("b", token)
		s.wantReason(err, surprise.StoreUnavailable)
		var e *surprise.Error
		if !errors.As(err, &e) || !e.Retry || !strings.Contains(e.Message, "clock skew") {
			t.Errorf("the refusal is %v", err)
		}
		if _, _, err := s.confirm(held.GetClaimId()); err != nil {
			t.Errorf("a confirmation is refused: %v", err)
		}
		store.skew = -1900 * time.Millisecond
		if _, err := s.ledger.CheckClock(t.Context()); err != nil || s.ledger.SkewTooLarge() {
			t.Fatal(err)
		}
		if _, _, err := s.ask("b", token); err != nil {
			t.Errorf("with the clocks set: %v", err)
		}
	}
}

// A record from the future stops new claims, and nothing else.
func TestRecordFromTheFuture(t *testing.T) {
	s := newShop(t)
	note := s.mustClaim("a", "note", "v1")
	s.pass(-2 * time.Second)
	if _, _, err := s.claim("a", s.offer("a", "cake", "v2")); err != nil {
		t.Errorf("two seconds are allowed: %v", err)
	}
	s.pass(-time.Hour)
	_, _, err := s.claim("a", s.offer("a", "tart", "v3"))
	s.wantReason(err, surprise.StoreUnavailable)
	if _, _, err := s.claim("b", s.offer("b", "tart", "v3")); err != nil {
		t.Errorf("another customer is refused: %v", err)
	}
	c, _, err := s.confirm(note.GetClaimId())
	if err != nil || c.GetDelivered().AsTime().Before(c.GetCreated().AsTime()) {
		t.Errorf("confirmed at %v, claimed at %v (%v)", c.GetDelivered(), c.GetCreated(), err)
	}
	if _, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "d", CustomerId: "a", Template: "tart", Channel: surprisev1.Channel_POS}); err != nil {
		t.Errorf("a delivery is refused: %v", err)
	}
}

func TestCheckClockOfAStoreWithoutOne(t *testing.T) {
	if skew, err := newShop(t).ledger.CheckClock(t.Context()); skew != 0 || err != nil {
		t.Errorf("got %s, %v", skew, err)
	}
}
