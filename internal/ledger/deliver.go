package ledger

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// confirmation is what Confirm tells beyond the claim.
type confirmation struct {
	delivered time.Time // zero: now
	staffID   string
	memoryTag string
	orderID   string
	trial     trialPlan
}

// confirm acknowledges a delivery. A hold that ran out does not matter; a claim that was ended for it is entered anew. Full limits are not
// asked: they had nothing left, and what was given was given.
func (m *machine) confirm(id surprise.ClaimID, c confirmation, full fullLimits) (*storev1.Entry, error) {
	e := m.find(id)
	if e == nil {
		return nil, notFound()
	}
	if err := sameOrder(e, c.orderID); err != nil {
		return nil, err
	}
	switch e.GetState() {
	case surprisev1.ClaimState_CONFIRMED:
		return e, nil
	case surprisev1.ClaimState_HELD:
		m.deliver(e, c, event.ClaimConfirmed)
		m.op(e, Post)
		return e, nil
	case surprisev1.ClaimState_EXPIRED:
		if buried(e) {
			return nil, surprise.Errorf(surprise.ClaimExpired, "this claim was never completed; if the surprise was given all the same, use RecordDelivery")
		}
		return m.confirmLate(e, c, full), nil
	case surprisev1.ClaimState_CANCELLED:
		return nil, surprise.Errorf(surprise.ClaimCancelled, "this claim was cancelled; if the surprise was given all the same, use RecordDelivery")
	default:
		return nil, surprise.Errorf(surprise.ClaimDenied, "this claim was refused; if the surprise was given all the same, use RecordDelivery")
	}
}

// deliver makes an entry CONFIRMED. It cannot have been delivered before it was claimed, nor after now.
func (m *machine) deliver(e *storev1.Entry, c confirmation, kind string) {
	at := orNow(c.delivered, m.now)
	if at.After(m.now) {
		at = m.now
	}
	if created := e.GetCreated(); created != nil && at.Before(created.AsTime()) {
		at = created.AsTime()
	}
	e.Delivered = timestamppb.New(at)
	if e.Created == nil {
		e.Created = e.GetDelivered()
	}
	if who := firstOf(c.staffID, e.GetLease().GetStaffId()); who != "" {
		e.StaffId = who
	}
	e.MemoryTag = c.memoryTag
	startTrial(e, c.trial)
	m.endAs(e, surprisev1.ClaimState_CONFIRMED, kind)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// confirmLate enters the delivery of an expired claim as a claim of its own, since ended claims stay as they are.
func (m *machine) confirmLate(expired *storev1.Entry, c confirmation, full fullLimits) *storev1.Entry {
	if late := m.find(surprise.ClaimID(expired.GetLateClaimId())); late != nil {
		return late
	}
	key, _ := surprise.ClaimID(expired.GetClaimId()).Customer()
	id, _ := m.nextID(surprise.NewClaimID(key, "late", []byte(expired.GetClaimId())), "late again")
	late := proto.CloneOf(expired)
	late.ClaimId = string(id)
	late.WithoutHold, late.OverLimit, late.CancelReason = true, false, surprisev1.CancelReason_CANCEL_REASON_UNSPECIFIED
	expired.LateClaimId = late.GetClaimId()
	m.add(late)
	m.take(late, full)
	m.deliver(late, c, event.ClaimConfirmed)
	return late
}

// fullLimits are those that had no room for a delivery. It is charged to the others, and marked.
type fullLimits map[string]bool

// take reserves and posts at once what a delivery without a hold took, as far as limits have room.
func (m *machine) take(e *storev1.Entry, full fullLimits) {
	e.Takes = slices.DeleteFunc(e.GetTakes(), func(t *storev1.LimitTake) bool { return full[t.GetLimit()] })
	for limit := range full {
		e.OverLimit = e.OverLimit || !isHousehold(limit)
	}
	m.op(e, Reserve)
	m.op(e, Post)
}

// record enters a delivery that had no offer.
func (m *machine) record(e *storev1.Entry, c confirmation, full fullLimits) *storev1.Entry {
	e.WithoutHold = true
	m.add(e)
	m.take(e, full)
	m.deliver(e, c, event.DeliveryRecorded)
	return e
}
