package ledger

import (
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// verdict is what a record says of one reservation.
type verdict struct {
	// action is what has to be done; 0: nothing.
	action LimitAction
	// keep is until when it is held, where there is nothing to do.
	keep time.Time
	// unknown: the record has never heard of the claim.
	unknown bool
}

func (m *machine) verdict(ref LimitRef) verdict {
	if e := m.find(ref.ClaimID); e != nil {
		return entryVerdict(e, ref.Limit)
	}
	t := m.ticketOf(ref.ClaimID)
	switch {
	case t == nil || t.GetState() == surprisev1.TicketState_WAITING:
		return verdict{unknown: true}
	case t.GetState() == surprisev1.TicketState_TURN && takeOf(t.GetTakes(), ref.Limit) != nil:
		return verdict{keep: t.GetTurnUntil().AsTime()}
	default:
		return verdict{action: Release}
	}
}

func entryVerdict(e *storev1.Entry, limit string) verdict {
	take := takeOf(e.GetTakes(), limit)
	switch {
	case take == nil:
		return verdict{action: Release}
	case e.GetState() == surprisev1.ClaimState_HELD:
		return verdict{keep: e.GetHoldUntil().AsTime()}
	case e.GetState() != surprisev1.ClaimState_CONFIRMED:
		return verdict{action: Release}
	case keepsTake(e, take):
		return verdict{action: Post}
	default:
		return verdict{action: Refund}
	}
}

// keepsTake reports whether a confirmed entry still has what it took: a code that came back was seen, and is given to nobody else.
func keepsTake(e *storev1.Entry, t *storev1.LimitTake) bool {
	return e.GetReturned() == nil || t.GetUnit() == surprisev1.LimitUnit_CODES
}

func takeOf(takes []*storev1.LimitTake, limit string) *storev1.LimitTake {
	for _, t := range takes {
		if t.GetLimit() == limit {
			return t
		}
	}
	return nil
}

// settlement is what has to be done about some reservations.
type settlement struct {
	ops []LimitOp
	// returns are given back once more, and the marks that reminded of them taken away after it.
	returns, marks []LimitOp
	// keep has those that are held, by the time until which they are.
	keep map[time.Time][]LimitRef
}

// settle decides on reservations. Unknown makes an entry for a claim of which the record has never heard.
func (m *machine) settle(refs []LimitRef, unknown func(id surprise.ClaimID)) settlement {
	out := settlement{keep: map[time.Time][]LimitRef{}}
	for _, ref := range refs {
		if isReturnMark(ref.Limit) {
			m.settleMark(ref, &out)
			continue
		}
		v := m.verdict(ref)
		if v.unknown {
			unknown(ref.ClaimID)
			v.action = Release
		}
		if v.action == 0 {
			out.keep[v.keep] = append(out.keep[v.keep], ref)
			continue
		}
		out.ops = append(out.ops, LimitOp{Limit: ref.Limit, ClaimID: ref.ClaimID, Action: v.action})
	}
	return out
}
