package ledger

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A template that is per_order is claimed at the basket, confirmed at the checkout, and comes back when the order is cancelled, even after the
// checkout.

// setOrder ties an entry to its order: one order gets a template once, as one occurrence of an occasion does.
func setOrder(e *storev1.Entry, t *catalog.Template, orderID string) {
	e.OrderId, e.PerOrder = orderID, t.PerOrder
	if t.PerOrder && orderID != "" && e.GetOccurrence() == "" {
		e.Occurrence = "order/" + orderID
	}
}

// sameOrder refuses the confirmation of a claim for another order. No order is any order.
func sameOrder(e *storev1.Entry, orderID string) error {
	switch {
	case orderID == "" || orderID == e.GetOrderId():
		return nil
	case e.GetOrderId() == "":
		return surprise.FieldErrorf(surprise.OrderMismatch, "order_id", "this claim was made for no order; leave order_id out")
	default:
		return surprise.FieldErrorf(surprise.OrderMismatch, "order_id", "this claim is for the order %q; confirm it with that one, or claim another offer for this order", e.GetOrderId())
	}
}

// giveBack takes a confirmed claim back with its order. The claim stays CONFIRMED, but counts for nothing any more.
func (m *machine) giveBack(e *storev1.Entry) {
	if e.GetReturned() != nil {
		return
	}
	m.keepTried(e)
	e.Returned = timestamppb.New(m.now)
	e.CancelReason = surprisev1.CancelReason_ORDER_CANCELLED
	m.changed = true
	for _, t := range e.GetTakes() {
		// The customer has seen a code: it must never be given to somebody else.
		if t.GetUnit() != surprisev1.LimitUnit_CODES {
			m.limits = append(m.limits, limitOp(e, t, Refund))
		}
	}
	wasRunning := e.GetTrial() != nil && e.GetTrial().GetEnded() == nil
	if wasRunning {
		e.Trial.Ended = e.GetReturned()
	}
	m.emitClaim(event.ClaimReturned, e)
	if wasRunning {
		m.emitClaim(event.TrialEnded, e)
	}
}

// Counts reports whether an entry is a surprise that was given and stayed given: these make habit, cooldowns and memories.
func Counts(e *storev1.Entry) bool {
	return e.GetState() == surprisev1.ClaimState_CONFIRMED && e.GetReturned() == nil
}
