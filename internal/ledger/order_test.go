package ledger_test

import (
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

const rides = "rides||"

func TestOrderGetsItOnce(t *testing.T) {
	s := newServices(t)
	_, _, err := s.ask("mei", s.sign("mei", "ride"))
	wantReason(t, "without an order", err, surprise.InvalidRequest)
	var e *surprise.Error
	if !asError(err, &e) || e.Field != "order_id" {
		t.Errorf("got field %q", e.Field)
	}
	token := s.sign("mei", "ride")
	c, _, err := s.ask("mei", token, forOrder("o1"))
	if err != nil || c.GetOrderId() != "o1" {
		t.Fatalf("got %v, %v", c, err)
	}
	_, _, err = s.ask("mei", token, forOrder("o2"))
	wantReason(t, "the same token for another order", err, surprise.IdempotencyMismatch)
	if _, replayed, err := s.ask("mei", token, forOrder("o1")); err != nil || !replayed {
		t.Errorf("the same again: replayed %v, %v", replayed, err)
	}
	confirm := func(order string) (*surprisev1.Claim, bool, error) {
		return s.ledger.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: c.GetClaimId(), OrderId: order})
	}
	_, _, err = confirm("o2")
	wantReason(t, "the checkout of another order", err, surprise.OrderMismatch)
	got, _, err := confirm("o1")
	wantState(t, "its checkout", got, err, surprisev1.ClaimState_CONFIRMED)
	s.pass(31 * 24 * time.Hour)
	_, _, err = s.ask("mei", s.sign("mei", "ride"), forOrder("o1"))
	wantReason(t, "the same order again, after the cooldown", err, surprise.OccasionUsed)
	s.take("mei", "ride", forOrder("o3"))
}

// What an order took comes back whenever it is cancelled, and the customer may have it again at once.
func TestOrderCancelled(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(s *shop, id string) string // returns the id to cancel by
		state   surprisev1.ClaimState
	}{
		"before its checkout": {func(_ *shop, id string) string { return id }, surprisev1.ClaimState_CANCELLED},
		"after its checkout": {func(s *shop, id string) string {
			return s.mustConfirm(id).GetClaimId()
		}, surprisev1.ClaimState_CONFIRMED},
		"after a late checkout, by the old id": {func(s *shop, id string) string {
			s.pass(time.Hour)
			s.reap()
			s.mustConfirm(id)
			return id
		}, surprisev1.ClaimState_CONFIRMED},
		"after a late checkout, by the new id": {func(s *shop, id string) string {
			s.pass(time.Hour)
			s.reap()
			return s.mustConfirm(id).GetClaimId()
		}, surprisev1.ClaimState_CONFIRMED},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServices(t)
			id := c.prepare(s, s.take("mei", "ride", forOrder("o1")).GetClaimId())
			if used := s.usage(rides); used != 1 {
				t.Fatalf("%d are taken", used)
			}
			got, replayed, err := s.cancel(id, surprisev1.CancelReason_ORDER_CANCELLED)
			wantState(t, "cancel", got, err, c.state)
			if back := got.GetReturned() != nil; replayed || back != (c.state == surprisev1.ClaimState_CONFIRMED) {
				t.Errorf("got replayed %v, returned %v", replayed, back)
			}
			if _, replayed, err = s.cancel(id, surprisev1.CancelReason_ORDER_CANCELLED); err != nil || !replayed {
				t.Errorf("again: replayed %v, %v", replayed, err)
			}
			if used := s.usage(rides); used != 0 {
				t.Errorf("%d are still taken", used)
			}
			s.take("mei", "ride", forOrder("o1"))
		})
	}
}

func TestConfirmedStaysWithoutItsOrder(t *testing.T) {
	s := newServices(t)
	ride := s.mustConfirm(s.take("mei", "ride", forOrder("o1")).GetClaimId())
	_, _, err := s.cancel(ride.GetClaimId(), surprisev1.CancelReason_MISTAKE)
	wantReason(t, "for another reason", err, surprise.ClaimConfirmed)
	tea := s.mustConfirm(s.take("mei", "tea").GetClaimId())
	_, _, err = s.cancel(tea.GetClaimId(), surprisev1.CancelReason_ORDER_CANCELLED)
	wantReason(t, "of a template that is not per order", err, surprise.ClaimConfirmed)
}

// A delivery that was recorded for an order is one for this order, and comes back with it.
func TestRecordedForAnOrder(t *testing.T) {
	s := newServices(t)
	c, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "mei", Template: "ride", OrderId: "o1", Channel: surprisev1.Channel_POS})
	if err != nil || c.GetOrderId() != "o1" {
		t.Fatalf("got %v, %v", c, err)
	}
	s.pass(31 * 24 * time.Hour)
	_, _, err = s.ask("mei", s.sign("mei", "ride"), forOrder("o1"))
	wantReason(t, "the same order", err, surprise.OccasionUsed)
	got, _, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_ORDER_CANCELLED)
	if err != nil || got.GetReturned() == nil || s.usage(rides) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// A code that a customer has seen is not given to another one, although its order came back.
func TestSeenCodesDoNotComeBack(t *testing.T) {
	s := newServices(t)
	s.withCards("SECRET-1", "SECRET-2")
	c := s.mustConfirm(s.take("mei", "voucher", forOrder("o1")).GetClaimId())
	if c.GetCode() == "" {
		t.Fatal("no code")
	}
	back, _, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_ORDER_CANCELLED)
	if err != nil || back.GetCode() != "" {
		t.Errorf("got code %q, %v", back.GetCode(), err)
	}
	if other := s.mustConfirm(s.take("an", "voucher", forOrder("o2")).GetClaimId()); other.GetCode() == c.GetCode() || other.GetCode() == "" {
		t.Errorf("got code %q after %q", other.GetCode(), c.GetCode())
	}
	s.happened() // no code is in it
}
