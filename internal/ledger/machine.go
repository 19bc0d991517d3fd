package ledger

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// machine is one command's work on one record: it changes its own copy and collects what limits must do. Every rule about claims is
// a method of it or of Terms. It is used once.
type machine struct {
	rec *storev1.Record
	now time.Time
	// stamp is now as messages have it. Many share it, so nobody changes it.
	stamp *timestamppb.Timestamp
	// ahead is how far the record's last change is in our future.
	ahead   time.Duration
	retain  time.Duration
	limits  []LimitOp
	index   []IndexOp
	events  []*surprisev1.Event
	changed bool
	// handedOver is what a ticket held that a claim takes over; empty: none does.
	handedOver surprise.ClaimID
}

// newMachine starts at a stored record. Time never runs backwards in a record: the later of now and the last change counts.
func newMachine(data []byte, now time.Time, retain time.Duration) (*machine, error) {
	rec, err := DecodeRecord(data)
	if err != nil {
		return nil, err
	}
	m := &machine{rec: rec, now: now, retain: retain}
	if last := rec.GetLastSeen().AsTime(); rec.GetLastSeen() != nil && last.After(now) {
		m.now, m.ahead = last, last.Sub(now)
	}
	m.stamp = timestamppb.New(m.now)
	return m, nil
}

// change returns what the store has to write.
func (m *machine) change(key surprise.CustomerKey, version uint64) (Change, error) {
	m.prune()
	m.rec.LastSeen = m.stamp
	data, err := proto.Marshal(m.rec)
	if err != nil {
		return Change{}, fmt.Errorf("ledger: encode record: %w", err)
	}
	events, err := m.encodeEvents(key, version+1)
	if err != nil {
		return Change{}, err
	}
	return Change{Key: key, Expect: version, Data: data, Due: m.due(), Limits: m.limits, Index: m.index, Events: events}, nil
}

// prune forgets what ended so long ago that no cooldown, cap, habit or retry can ask for it. What was tried is never forgotten.
func (m *machine) prune() {
	m.rec.Entries = slices.DeleteFunc(m.rec.Entries, func(e *storev1.Entry) bool {
		if e.GetState() == surprisev1.ClaimState_HELD || running(e) && e.GetTrial().GetEnds() != nil || m.now.Sub(endOf(e)) <= m.retain {
			return false
		}
		if buried(e) && open(m.findTicket(e.GetTicketId())) {
			return false // turnID counts them
		}
		m.keepTried(e)
		return true
	})
	m.rec.Outcomes = slices.DeleteFunc(m.rec.Outcomes, func(o *storev1.Outcome) bool { return m.now.Sub(o.GetTime().AsTime()) > m.retain })
}

func endOf(e *storev1.Entry) time.Time {
	end := e.GetEnded().AsTime()
	if d := e.GetDelivered(); d != nil && d.AsTime().After(end) {
		return d.AsTime()
	}
	return end
}

func (m *machine) find(id surprise.ClaimID) *storev1.Entry {
	return findEntry(m.rec, string(id))
}

func (m *machine) add(e *storev1.Entry) {
	m.rec.Entries = append(m.rec.Entries, e)
	m.changed = true
}

// end makes an entry final, and tells.
func (m *machine) end(e *storev1.Entry, state surprisev1.ClaimState) {
	m.endAs(e, state, endEvent(state))
}

func endEvent(state surprisev1.ClaimState) string {
	switch state {
	case surprisev1.ClaimState_CONFIRMED:
		return event.ClaimConfirmed
	case surprisev1.ClaimState_EXPIRED:
		return event.ClaimExpired
	default:
		return event.ClaimCancelled
	}
}

// endAs is end with an event of another type. All other fields must be in place: the event shows them.
func (m *machine) endAs(e *storev1.Entry, state surprisev1.ClaimState, kind string) {
	if e.GetState() == surprisev1.ClaimState_HELD {
		m.unlistTask(e)
	}
	e.State, e.Lease = state, nil
	e.Ended = m.stamp
	m.changed = true
	m.emitClaim(kind, e)
	if e.GetWishId() != "" {
		m.settleWish(e)
	}
}

// op asks the limits that an entry takes from for an action.
func (m *machine) op(e *storev1.Entry, action LimitAction) {
	for _, t := range e.GetTakes() {
		m.limits = append(m.limits, limitOp(e, t, action))
	}
}

func limitOp(e *storev1.Entry, t *storev1.LimitTake, action LimitAction) LimitOp {
	return LimitOp{Limit: t.GetLimit(), Action: action, ClaimID: surprise.ClaimID(e.GetClaimId()), Amount: t.GetAmount(), Capacity: t.GetCapacity(), Numbered: numbered(t)}
}

// admit asks whether one more surprise is allowed.
func (m *machine) admit(terms Terms) error {
	m.tick()
	if err := terms.Check(m.rec, m.now); err != nil {
		return err
	}
	return nil
}

// hold enters a claim. Behind names the line in which others wait for what it takes; a ticket in its turn goes past it.
func (m *machine) hold(e *storev1.Entry, until time.Time, behind string) error {
	e.State = surprisev1.ClaimState_HELD
	e.Created = m.stamp
	e.HoldUntil = timestamppb.New(until)
	if id := e.GetTicketId(); id != "" {
		if err := m.serveTicket(id, e); err != nil {
			return err
		}
		behind = ""
	}
	if id := e.GetWishId(); id != "" {
		if err := m.promiseWish(id, e); err != nil {
			return err
		}
	}
	m.add(e)
	m.reserve(e, behind)
	m.listTask(e)
	m.emitClaim(event.ClaimHeld, e)
	return nil
}

// reserve takes what an entry needs, behind those who wait for the template's limits. Households have no line.
func (m *machine) reserve(e *storev1.Entry, behind string) {
	for _, t := range e.GetTakes() {
		op := limitOp(e, t, Reserve)
		if !isHousehold(t.GetLimit()) {
			op.Behind = behind
		}
		m.limits = append(m.limits, op)
	}
}

func replayError(known *storev1.Entry, fingerprint []byte) error {
	// A cancellation that overtook its claim could not know which slot or order the claim asks for, nor does the reaper.
	overtaken := known.GetState() == surprisev1.ClaimState_CANCELLED && known.GetHoldUntil() == nil || buried(known)
	if !overtaken && !slices.Equal(known.GetFingerprint(), fingerprint) {
		return surprise.Errorf(surprise.IdempotencyMismatch, "this id was used before for something else; use a new id for another surprise")
	}
	switch known.GetState() {
	case surprisev1.ClaimState_CANCELLED:
		return surprise.Errorf(surprise.ClaimCancelled, "this offer was claimed and cancelled; ask for a new recommendation")
	case surprisev1.ClaimState_EXPIRED:
		return surprise.Errorf(surprise.ClaimExpired, "the hold of this claim ran out; if the surprise was given, confirm it, else ask for a new recommendation")
	case surprisev1.ClaimState_DENIED:
		return surprise.Errorf(surprise.ClaimDenied, "this offer was refused before; ask for a new recommendation")
	default:
		return nil
	}
}

// cancel gives a claim up. Tombstone, if not nil, is entered when the claim is not there yet: it stops a claim that is still on its way.
func (m *machine) cancel(id surprise.ClaimID, reason surprisev1.CancelReason, tombstone *storev1.Entry) (*storev1.Entry, error) {
	e := m.find(id)
	if late := m.find(surprise.ClaimID(e.GetLateClaimId())); late != nil {
		e = late
	}
	switch {
	case e == nil && tombstone == nil:
		return nil, notFound()
	case e == nil:
		tombstone.Created, tombstone.CancelReason = timestamppb.New(m.now), reason
		m.add(tombstone)
		m.end(tombstone, surprisev1.ClaimState_CANCELLED)
		return tombstone, nil
	case e.GetState() == surprisev1.ClaimState_CONFIRMED && e.GetPerOrder() && reason == surprisev1.CancelReason_ORDER_CANCELLED:
		m.giveBack(e)
	case e.GetState() == surprisev1.ClaimState_CONFIRMED || e.GetLateClaimId() != "":
		return nil, surprise.Errorf(surprise.ClaimConfirmed, "this claim is confirmed: what was delivered cannot be taken back")
	case e.GetState() == surprisev1.ClaimState_HELD:
		e.CancelReason = reason
		m.end(e, surprisev1.ClaimState_CANCELLED)
		m.op(e, Release)
	case e.GetState() == surprisev1.ClaimState_EXPIRED && e.GetCancelReason() == surprisev1.CancelReason_CANCEL_REASON_UNSPECIFIED:
		// The hold ran out and stays so, but what the customer said counts. The event shows it as EXPIRED: nothing came back a second time.
		e.CancelReason = reason
		m.changed = true
		m.emitClaim(event.ClaimCancelled, e)
	}
	return e, nil
}

func notFound() error {
	return surprise.FieldErrorf(surprise.ClaimNotFound, "claim_id", "there is no claim with this id; send the claim_id exactly as Claim returned it")
}
