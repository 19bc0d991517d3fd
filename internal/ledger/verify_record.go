package ledger

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// taking is what a claim, or a ticket in its turn, has of one limit.
type taking struct {
	key    surprise.CustomerKey
	take   *storev1.LimitTake
	posted bool
}

func (s *survey) record(key surprise.CustomerKey, data Versioned, due time.Time) error {
	s.seen.Records++
	wrong := func(kind, entry, what string, repairable bool) {
		s.find(problem{key: key, Finding: Finding{Kind: kind, Where: key.String(), Entry: entry, What: what, Repairable: repairable}})
	}
	m, err := newMachine(data.Data, s.opts.Now, s.opts.Retention)
	if err != nil {
		wrong(FoundUnreadable, "", "its bytes are no record: "+err.Error(), false)
		s.unreadable[key] = true
		return nil //nolint:nilerr // it is found, and the walk goes on
	}
	if data.Version == 0 {
		wrong(FoundRecord, "", "it has no version", false)
	}
	if want := m.due(); !sameDue(want, due) {
		wrong(FoundDue, "", "it is due at "+stamp(want)+", and the store says "+stamp(due), true)
	}
	ids := map[string]bool{}
	for _, e := range m.rec.GetEntries() {
		s.seen.Entries++
		if what := entryFault(m.rec, e, key); what != "" {
			wrong(FoundRecord, e.GetClaimId(), what, buried(e) && !ownedBy(e.GetClaimId(), key))
		}
		if ids[e.GetClaimId()] {
			wrong(FoundRecord, e.GetClaimId(), "two claims have this id", false)
		}
		ids[e.GetClaimId()] = true
		s.wantEntry(key, e)
	}
	for _, w := range m.rec.GetWishes() {
		if what := wishFault(m, w, key); what != "" {
			wrong(FoundRecord, w.GetWishId(), what, false)
		}
		if openOrPromised(w) {
			for _, index := range wishIndexes(w) {
				s.want(index, w.GetWishId(), place{key: key, score: w.GetPosted().AsTime().UnixMicro()})
			}
		}
	}
	for _, t := range m.rec.GetTickets() {
		if what := ticketFault(t, key); what != "" {
			wrong(FoundRecord, t.GetTicketId(), what, false)
		}
		s.wantTicket(key, m, t)
	}
	return nil
}

// sameDue compares as exactly as stores keep times, by the microsecond.
func sameDue(a, b time.Time) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero() == b.IsZero()
	}
	return a.Sub(b).Abs() < time.Millisecond
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (s *survey) wantEntry(key surprise.CustomerKey, e *storev1.Entry) {
	id := surprise.ClaimID(e.GetClaimId())
	state := e.GetState()
	if state == surprisev1.ClaimState_HELD {
		for _, index := range taskIndexes(e) {
			s.want(index, e.GetClaimId(), place{key: key, score: max(e.GetHoldUntil().AsTime().UnixMicro(), 0)})
		}
	}
	s.ids[id] = true
	for _, t := range e.GetTakes() {
		if state == surprisev1.ClaimState_HELD || state == surprisev1.ClaimState_CONFIRMED && keepsTake(e, t) {
			s.takes[LimitRef{Limit: t.GetLimit(), ClaimID: id}] = taking{key, t, state == surprisev1.ClaimState_CONFIRMED}
		}
	}
}

func (s *survey) wantTicket(key surprise.CustomerKey, m *machine, t *storev1.Ticket) {
	id := m.turnID(t)
	s.ids[id] = true
	switch t.GetState() {
	case surprisev1.TicketState_WAITING:
		s.lines[t.GetTicketId()] = place{key: key, score: t.GetJoined().AsTime().UnixMicro(), lists: linesOf(t)}
	case surprisev1.TicketState_TURN:
		for _, take := range t.GetTakes() {
			s.takes[LimitRef{Limit: take.GetLimit(), ClaimID: id}] = taking{key: key, take: take}
		}
	default: // it is over
	}
}

func (s *survey) want(index, member string, p place) {
	if s.indexed[index] == nil {
		s.indexed[index] = map[string]place{}
	}
	s.indexed[index][member] = p
}

// ownedBy reports whether a claim's id says that it is of this customer.
func ownedBy(id string, key surprise.CustomerKey) bool {
	owner, ok := surprise.ClaimID(id).Customer()
	return ok && owner == key
}

// entryFault says what contradicts itself in a claim; empty: nothing.
func entryFault(rec *storev1.Record, e *storev1.Entry, key surprise.CustomerKey) string {
	switch {
	case !ownedBy(e.GetClaimId(), key):
		return "the claim's id is not of this customer"
	case after(e.GetEnded(), rec.GetLastSeen()) || after(e.GetDelivered(), rec.GetLastSeen()):
		return "it ended after the record was last changed"
	case twice(e.GetTakes()):
		return "it takes from one limit twice"
	case e.GetState() != surprisev1.ClaimState_CONFIRMED && (e.GetDelivered() != nil || e.GetReturned() != nil || e.GetOverLimit()):
		return "it was not confirmed, and has what only a delivery has"
	case e.GetState() == surprisev1.ClaimState_CONFIRMED && e.GetDelivered() == nil:
		return "it is confirmed and nobody knows when it was delivered"
	case e.GetState() == surprisev1.ClaimState_HELD:
		return heldFault(e)
	default:
		return endedFault(e)
	}
}

func heldFault(e *storev1.Entry) string {
	switch {
	case e.GetHoldUntil() == nil:
		return "it is on hold without an end"
	case e.GetEnded() != nil:
		return "it is on hold and has ended"
	case e.GetLateClaimId() != "":
		return "it is on hold and was entered anew"
	default:
		return ""
	}
}

func endedFault(e *storev1.Entry) string {
	switch {
	case e.GetState() == surprisev1.ClaimState_CLAIM_STATE_UNSPECIFIED:
		return "the claim has no state"
	case e.GetEnded() == nil:
		return "it is over and nobody knows since when"
	case e.GetLease() != nil:
		return "it is over and a clerk still has its card"
	case e.GetLateClaimId() != "" && e.GetState() != surprisev1.ClaimState_EXPIRED:
		return "it was entered anew though it did not expire"
	default:
		return ""
	}
}

func after(a, b *timestamppb.Timestamp) bool { return a != nil && a.AsTime().After(b.AsTime()) }

func twice(takes []*storev1.LimitTake) bool {
	seen := map[string]bool{}
	for _, t := range takes {
		if seen[t.GetLimit()] {
			return true
		}
		seen[t.GetLimit()] = true
	}
	return false
}

func wishFault(m *machine, w *storev1.Wish, key surprise.CustomerKey) string {
	owner, ok := surprise.ClaimID(w.GetWishId()).Customer()
	claim := m.find(surprise.ClaimID(w.GetClaimId()))
	switch {
	case !ok || owner != key:
		return "the wish's id is not of this customer"
	case !openOrPromised(w) && (w.GetEnded() == nil || w.GetText() != ""):
		return "the wish is over, and its text or the time of its end is not as it must be"
	case w.GetState() == surprisev1.WishState_PROMISED && claim.GetState() != surprisev1.ClaimState_HELD:
		return "the wish is promised by a claim that is not on hold"
	default:
		return ""
	}
}

func ticketFault(t *storev1.Ticket, key surprise.CustomerKey) string {
	owner, ok := surprise.ClaimID(t.GetTicketId()).Customer()
	switch {
	case !ok || owner != key:
		return "the ticket's id is not of this customer"
	case t.GetState() == surprisev1.TicketState_TURN && t.GetTurnUntil() == nil:
		return "the ticket has its turn without an end"
	case t.GetState() != surprisev1.TicketState_TURN && len(t.GetTakes()) > 0:
		return "the ticket has no turn and takes something"
	case !open(t) && t.GetEnded() == nil:
		return "the ticket is over and nobody knows since when"
	default:
		return ""
	}
}
