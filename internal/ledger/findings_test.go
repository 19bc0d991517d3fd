package ledger_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// What the customer said counts, also after the hold ran out.
func TestRefusalAfterTheHold(t *testing.T) {
	s := newShop(t)
	c := s.mustClaim("mei", "cake", "v1")
	s.pass(31 * time.Minute)
	s.reap()
	got, replayed, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_CUSTOMER_REFUSED)
	wantState(t, "cancel", got, err, surprisev1.ClaimState_EXPIRED)
	if replayed || got.GetCancelReason() != surprisev1.CancelReason_CUSTOMER_REFUSED {
		t.Errorf("got %v, replayed %v", got, replayed)
	}
	_, _, err = s.claim("mei", s.offer("mei", "cake", "v2"))
	wantReason(t, "the next offer", err, surprise.RefusalCooldown)
}

func TestCancelAfterALateConfirm(t *testing.T) {
	s := newShop(t)
	c := s.mustClaim("mei", "cake", "v1")
	s.pass(31 * time.Minute)
	s.reap()
	if _, _, err := s.confirm(c.GetClaimId()); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_MISTAKE)
	wantReason(t, "cancel", err, surprise.ClaimConfirmed)
}

// A delivery over one limit is still charged to the others.
func TestOverOneLimitChargesTheOthers(t *testing.T) {
	s := newShop(t)
	for i, who := range []string{"a", "b", "c"} {
		c, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: who, Template: "cake", Channel: surprisev1.Channel_POS})
		if err != nil || c.GetOverLimit() != (i == 2) {
			t.Errorf("%s: got over the limit %v, %v", who, c.GetOverLimit(), err)
		}
	}
	if cakes, budget := s.used(); cakes != 2 || budget != 900 {
		t.Errorf("got %d cakes and %d, want 2 and 900", cakes, budget)
	}
}

// A delivery without a visit id counts for the day, which is what offers without one are for.
func TestDeliveryCountsForTheVisit(t *testing.T) {
	s := newShop(t)
	if _, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "mei", Kind: surprisev1.Kind_GIFT, Channel: surprisev1.Channel_POS}); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.claim("mei", s.offer("mei", "note", ledger.DayVisit(s.now)))
	wantReason(t, "a claim of the same day", err, surprise.CapReached)
}

// A replay does not ask the catalogue again.
func TestReplayOfATemplateThatIsGone(t *testing.T) {
	s := newShop(t)
	req := &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "mei", Template: "gone", Channel: surprisev1.Channel_POS}
	_, _, err := s.ledger.RecordDelivery(t.Context(), req)
	wantReason(t, "a template that never was", err, surprise.UnknownTemplate)
	req.Template = "cake"
	if _, _, err := s.ledger.RecordDelivery(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	req.Template = "gone"
	_, _, err = s.ledger.RecordDelivery(t.Context(), req)
	wantReason(t, "the same id with other content", err, surprise.IdempotencyMismatch)
}

func TestTimesThatAreNone(t *testing.T) {
	s := newShop(t)
	for _, at := range []*timestamppb.Timestamp{{Seconds: 1<<63 - 1}, {Seconds: -1 << 63}, {Seconds: 1, Nanos: -1}, {Seconds: 1}} {
		_, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "mei", Kind: surprisev1.Kind_GIFT, Channel: surprisev1.Channel_POS, Delivered: at})
		wantReason(t, at.String(), err, surprise.InvalidRequest)
	}
}

// One record that cannot be read does not keep the others from getting their units back.
func TestReaperSkipsWhatItCannotRead(t *testing.T) {
	s := newShop(t)
	s.mustClaim("a", "cake", "v")
	c := s.mustClaim("b", "cake", "v")
	broken, err := s.store.Load(t.Context(), hash("a"))
	if err == nil {
		err = s.store.Apply(t.Context(), ledger.Change{Key: hash("a"), Expect: broken[0].Version, Data: []byte{0xff}, Due: s.now.Add(time.Minute)})
	}
	if err != nil {
		t.Fatal(err)
	}
	s.pass(31 * time.Minute)
	if n, err := s.ledger.Reap(t.Context()); n != 1 || err == nil {
		t.Errorf("got %d, %v; want one done and one error", n, err)
	}
	got, err := s.ledger.Get(t.Context(), &surprisev1.GetClaimRequest{ClaimId: c.GetClaimId()})
	wantState(t, "the other's claim", got, err, surprisev1.ClaimState_EXPIRED)
}
