package ledger

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// machine is one command's work on one record: it changes its own copy and collects what limits must do. Every rule about claims is
// a method of it or of Terms. It is used once.
type machine struct {
	rec     *storev1.Record
	now     time.Time
	retain  time.Duration
	limits  []LimitOp
	changed bool
}

// newMachine starts at a stored record. Time never runs backwards in a record: the later of now and the last change counts.
func newMachine(data []byte, now time.Time, retain time.Duration) (*machine, error) {
	rec, err := DecodeRecord(data)
	if err != nil {
		return nil, err
	}
	if last := rec.GetLastSeen().AsTime(); rec.GetLastSeen() != nil && last.After(now) {
		now = last
	}
	return &machine{rec: rec, now: now, retain: retain}, nil
}

// change returns what the store has to write.
func (m *machine) change(key surprise.CustomerKey, version uint64) (Change, error) {
	m.prune()
	m.rec.LastSeen = timestamppb.New(m.now)
	data, err := proto.Marshal(m.rec)
	if err != nil {
		return Change{}, fmt.Errorf("ledger: encode record: %w", err)
	}
	return Change{Key: key, Expect: version, Data: data, Due: m.due(), Limits: m.limits}, nil
}

// prune forgets what ended so long ago that no cooldown, cap, habit or retry can ask for it.
func (m *machine) prune() {
	m.rec.Entries = slices.DeleteFunc(m.rec.Entries, func(e *storev1.Entry) bool {
		return e.GetState() != surprisev1.ClaimState_HELD && m.now.Sub(endOf(e)) > m.retain
	})
}

func endOf(e *storev1.Entry) time.Time {
	end := e.GetEnded().AsTime()
	if d := e.GetDelivered(); d != nil && d.AsTime().After(end) {
		return d.AsTime()
	}
	return end
}

// due returns when the first hold runs out; zero if nothing is held.
func (m *machine) due() time.Time {
	var first time.Time
	for _, e := range m.rec.GetEntries() {
		if until := e.GetHoldUntil().AsTime(); e.GetState() == surprisev1.ClaimState_HELD && (first.IsZero() || until.Before(first)) {
			first = until
		}
	}
	return first
}

func (m *machine) find(id surprise.ClaimID) *storev1.Entry {
	for _, e := range m.rec.GetEntries() {
		if e.GetClaimId() == string(id) {
			return e
		}
	}
	return nil
}

func (m *machine) add(e *storev1.Entry) {
	m.rec.Entries = append(m.rec.Entries, e)
	m.changed = true
}

// end makes an entry final.
func (m *machine) end(e *storev1.Entry, state surprisev1.ClaimState) {
	e.State = state
	e.Ended = timestamppb.New(m.now)
	m.changed = true
}

// op asks the limits that an entry takes from for an action.
func (m *machine) op(e *storev1.Entry, action LimitAction) {
	for _, t := range e.GetTakes() {
		m.limits = append(m.limits, LimitOp{Limit: t.GetLimit(), Action: action, ClaimID: surprise.ClaimID(e.GetClaimId()), Amount: t.GetAmount(), Capacity: t.GetCapacity()})
	}
}

// claim holds an offer. Asked again it returns the claim as it is, unless that came to nothing.
func (m *machine) claim(e *storev1.Entry, terms Terms, hold time.Duration) (*storev1.Entry, error) {
	if known := m.find(surprise.ClaimID(e.GetClaimId())); known != nil {
		return known, replayError(known, e.GetFingerprint())
	}
	m.expire()
	if err := terms.Check(m.rec, m.now); err != nil {
		return nil, err
	}
	e.State = surprisev1.ClaimState_HELD
	e.Created = timestamppb.New(m.now)
	e.HoldUntil = timestamppb.New(m.now.Add(hold))
	m.add(e)
	m.op(e, Reserve)
	return e, nil
}

func replayError(known *storev1.Entry, fingerprint []byte) error {
	if !slices.Equal(known.GetFingerprint(), fingerprint) {
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

// expire ends the holds that ran out and gives back what they took.
func (m *machine) expire() {
	for _, e := range m.rec.GetEntries() {
		if e.GetState() == surprisev1.ClaimState_HELD && !e.GetHoldUntil().AsTime().After(m.now) {
			m.end(e, surprisev1.ClaimState_EXPIRED)
			m.op(e, Release)
		}
	}
}

// confirmation is what Confirm tells beyond the claim.
type confirmation struct {
	delivered time.Time // zero: now
	staffID   string
	memoryTag string
}

// confirm acknowledges a delivery. A hold that ran out does not matter; a claim that was ended for it is entered anew. Full limits are not
// asked: they had nothing left, and what was given was given.
func (m *machine) confirm(id surprise.ClaimID, c confirmation, full fullLimits) (*storev1.Entry, error) {
	e := m.find(id)
	if e == nil {
		return nil, notFound()
	}
	switch e.GetState() {
	case surprisev1.ClaimState_CONFIRMED:
		return e, nil
	case surprisev1.ClaimState_HELD:
		m.deliver(e, c)
		m.op(e, Post)
		return e, nil
	case surprisev1.ClaimState_EXPIRED:
		return m.confirmLate(e, c, full), nil
	case surprisev1.ClaimState_CANCELLED:
		return nil, surprise.Errorf(surprise.ClaimCancelled, "this claim was cancelled; if the surprise was given all the same, use RecordDelivery")
	default:
		return nil, surprise.Errorf(surprise.ClaimDenied, "this claim was refused; if the surprise was given all the same, use RecordDelivery")
	}
}

// deliver makes an entry CONFIRMED. It cannot have been delivered before it was claimed, nor after now.
func (m *machine) deliver(e *storev1.Entry, c confirmation) {
	m.end(e, surprisev1.ClaimState_CONFIRMED)
	at := c.delivered
	if at.IsZero() || at.After(m.now) {
		at = m.now
	}
	if created := e.GetCreated().AsTime(); at.Before(created) {
		at = created
	}
	e.Delivered = timestamppb.New(at)
	if c.staffID != "" {
		e.StaffId = c.staffID
	}
	e.MemoryTag = c.memoryTag
}

// confirmLate enters the delivery of an expired claim as a claim of its own, since ended claims stay as they are.
func (m *machine) confirmLate(expired *storev1.Entry, c confirmation, full fullLimits) *storev1.Entry {
	if late := m.find(surprise.ClaimID(expired.GetLateClaimId())); late != nil {
		return late
	}
	key, _ := surprise.ClaimID(expired.GetClaimId()).Customer()
	late := proto.CloneOf(expired)
	late.ClaimId = string(surprise.NewClaimID(key, "late", []byte(expired.GetClaimId())))
	late.WithoutHold, late.OverLimit, late.CancelReason = true, false, surprisev1.CancelReason_CANCEL_REASON_UNSPECIFIED
	expired.LateClaimId = late.GetClaimId()
	m.add(late)
	m.deliver(late, c)
	m.take(late, full)
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

// cancel gives a claim up. Tombstone, if not nil, is entered when the claim is not there yet: it stops a claim that is still on its way.
func (m *machine) cancel(id surprise.ClaimID, reason surprisev1.CancelReason, tombstone *storev1.Entry) (*storev1.Entry, error) {
	e := m.find(id)
	switch {
	case e == nil && tombstone == nil:
		return nil, notFound()
	case e == nil:
		tombstone.Created, tombstone.CancelReason = timestamppb.New(m.now), reason
		m.add(tombstone)
		m.end(tombstone, surprisev1.ClaimState_CANCELLED)
		return tombstone, nil
	case e.GetState() == surprisev1.ClaimState_CONFIRMED || e.GetLateClaimId() != "":
		return nil, surprise.Errorf(surprise.ClaimConfirmed, "this claim is confirmed: what was delivered cannot be taken back")
	case e.GetState() == surprisev1.ClaimState_HELD:
		e.CancelReason = reason
		m.end(e, surprisev1.ClaimState_CANCELLED)
		m.op(e, Release)
	case e.GetState() == surprisev1.ClaimState_EXPIRED && e.GetCancelReason() == surprisev1.CancelReason_CANCEL_REASON_UNSPECIFIED:
		// The hold ran out and stays so, but what the customer said counts.
		e.CancelReason = reason
		m.changed = true
	}
	return e, nil
}

// record enters a delivery that had no offer.
func (m *machine) record(e *storev1.Entry, c confirmation, full fullLimits) (*storev1.Entry, error) {
	if known := m.find(surprise.ClaimID(e.GetClaimId())); known != nil {
		return known, replayError(known, e.GetFingerprint())
	}
	e.WithoutHold = true
	m.add(e)
	m.deliver(e, c)
	e.Created = e.GetDelivered()
	m.take(e, full)
	return e, nil
}

func notFound() error {
	return surprise.FieldErrorf(surprise.ClaimNotFound, "claim_id", "there is no claim with this id; send the claim_id exactly as Claim returned it")
}
