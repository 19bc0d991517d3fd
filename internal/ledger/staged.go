package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// In a Staged store a reservation can be there without a record that knows of it. Three rules keep that harmless:
//
//   - What an id takes is fixed with the first record that has an entry under it, whatever its state. What else was reserved under it is nobody's.
//   - A reservation is given back only when the record says that its claim will never need it: a final entry, if need be one made for that purpose,
//     which also makes a slower writer of the same claim fail at its compare-and-set.
//   - An id that was given up so is never reserved under again; deliveries and turns, which must not fail for it, go on under the next of a row
//     of ids.

// trail remembers what the attempts of one command may have reserved without saying so in the record. A nil trail remembers nothing.
type trail struct {
	ops []LimitOp
	// entries are the claims for which it was reserved; none for a ticket.
	entries map[surprise.ClaimID]*storev1.Entry
}

func (l *Ledger) newTrail() *trail {
	if l.staged == nil {
		return nil
	}
	return &trail{entries: map[surprise.ClaimID]*storev1.Entry{}}
}

// note learns from the outcome of one attempt to apply a change.
func (tr *trail) note(m *machine, change Change, err error) {
	if tr == nil {
		return
	}
	var reserved []LimitOp
	for _, op := range change.Limits {
		if op.Action == Reserve && !isReturnMark(op.Limit) {
			reserved = append(reserved, op)
		}
	}
	if err == nil {
		tr.forget(reserved)
		return
	}
	var full *LimitError
	if errors.As(err, &full) && len(reserved) > 0 && reserved[0].Limit == full.Limit {
		return // the store stopped at the first
	}
	tr.forget(reserved)
	tr.ops = append(tr.ops, reserved...)
	for _, op := range reserved {
		if e := m.find(op.ClaimID); e != nil {
			tr.entries[op.ClaimID] = e
		}
	}
}

func (tr *trail) forget(ops []LimitOp) {
	tr.ops = slices.DeleteFunc(tr.ops, func(known LimitOp) bool {
		return slices.ContainsFunc(ops, func(op LimitOp) bool { return op.Limit == known.Limit && op.ClaimID == known.ClaimID })
	})
}

// tidy gives back what attempts reserved in vain, with a final record first where there is none, and returns the outcome of the command. Where
// the store could not be asked, or others kept changing the record, nobody knows what was in vain: ReapLimits will.
func (l *Ledger) tidy(ctx context.Context, key surprise.CustomerKey, tr *trail, outcome error) error {
	if tr == nil || len(tr.ops) == 0 || undecided(outcome) || ctx.Err() != nil {
		return outcome
	}
	_, err := l.settle(ctx, key, func(m *machine) settlement {
		return m.settle(refsOf(tr.ops), func(id surprise.ClaimID) { m.deny(id, tr.entries[id]) })
	})
	if outcome != nil && err != nil {
		return err // the same call again must not be told anything else
	}
	return outcome
}

func undecided(err error) bool {
	reason := surprise.ReasonOf(err)
	return err != nil && (reason == surprise.StoreUnavailable || reason == surprise.StoreConflict || reason == surprise.Internal && !isLimit(err))
}

func isLimit(err error) bool {
	var full *LimitError
	return errors.As(err, &full)
}

func refsOf(ops []LimitOp) []LimitRef {
	out := make([]LimitRef, len(ops))
	for i, op := range ops {
		out[i] = LimitRef{Limit: op.Limit, ClaimID: op.ClaimID}
	}
	return out
}

// settle decides on reservations by a record, and carries it out: with the change of the record, if it makes one, else alone.
func (l *Ledger) settle(ctx context.Context, key surprise.CustomerKey, decide func(m *machine) settlement) (settlement, error) {
	var s settlement
	written := false
	_, _, err := l.try(ctx, key, nil, func(m *machine) (*storev1.Entry, error) {
		s = decide(m)
		if written = m.changed; written {
			m.limits = append(m.limits, s.ops...)
		}
		return nil, nil
	})
	if err != nil {
		return s, err
	}
	if !written && len(s.ops) > 0 {
		if err := l.staged.Settle(ctx, s.ops...); err != nil {
			return s, Unavailable(err)
		}
	}
	return s, l.settleMarks(ctx, s)
}

// deny makes a claim final that was refused after it had reserved: the same request again is refused too, and a slower attempt cannot hold it.
// E is what it would have been; nil for a ticket, whose turn did not come.
func (m *machine) deny(id surprise.ClaimID, e *storev1.Entry) {
	if e == nil {
		m.bury(id)
		return
	}
	e = proto.CloneOf(e)
	e.State, e.Created, e.Ended = surprisev1.ClaimState_DENIED, timestamppb.New(m.now), timestamppb.New(m.now)
	e.Delivered, e.Lease, e.Trial, e.OverLimit = nil, nil, nil, false
	m.add(e)
}

// bury gives an id up of which nothing is known but that something was reserved under it.
func (m *machine) bury(id surprise.ClaimID) {
	e := &storev1.Entry{ClaimId: string(id), State: surprisev1.ClaimState_EXPIRED, Created: timestamppb.New(m.now), Ended: timestamppb.New(m.now)}
	if t := m.ticketOf(id); t != nil {
		e.TicketId = t.GetTicketId()
	}
	m.add(e)
}

// buried reports whether an entry only says that its id was given up.
func buried(e *storev1.Entry) bool {
	return e.GetState() == surprisev1.ClaimState_EXPIRED && e.GetHoldUntil() == nil && e.GetTemplate() == "" && e.GetFingerprint() == nil
}

// unburied leaves out what customers need not see.
func unburied(entries []*storev1.Entry) []*storev1.Entry {
	return slices.DeleteFunc(slices.Clone(entries), buried)
}

// nextID returns the first of a row of ids that was not given up, and the entry that has it, or nil.
func (m *machine) nextID(first surprise.ClaimID, kind string) (surprise.ClaimID, *storev1.Entry) {
	key, _ := first.Customer()
	id := first
	for n := 1; ; n++ {
		e := m.find(id)
		if e == nil || e.GetState() != surprisev1.ClaimState_EXPIRED && e.GetState() != surprisev1.ClaimState_DENIED {
			return id, e
		}
		id = surprise.NewClaimID(key, kind, []byte(fmt.Sprint(first, n)))
	}
}

// turnID is the id under which a ticket takes what it holds in its turn: its own, unless that was given up.
func (m *machine) turnID(t *storev1.Ticket) surprise.ClaimID {
	id, _ := m.nextID(surprise.ClaimID(t.GetTicketId()), "turn")
	return id
}

func (m *machine) ticketOf(id surprise.ClaimID) *storev1.Ticket {
	for _, t := range m.rec.GetTickets() {
		if t.GetTicketId() == string(id) || m.turnID(t) == id {
			return t
		}
	}
	return nil
}

// mixed reports whether a change gives back what ended besides what it takes. Where these are not one step, a reservation that counts on room from
// a claim that is confirmed meanwhile would be one too many. A turn that is handed over to its claim is none of these: the claim needs that very
// turn.
func (m *machine) mixed() bool {
	var takes, gives bool
	for _, op := range m.limits {
		takes = takes || op.Action == Reserve
		gives = gives || op.Action != Reserve && op.Action != Post && op.ClaimID != m.handedOver
	}
	return takes && gives
}

// tickAlone gives back what time ended, in a change of its own, and then asks for another attempt. Done is false where time ended nothing.
func (l *Ledger) tickAlone(ctx context.Context, key surprise.CustomerKey, loaded Versioned) (done bool, err error) {
	m, err := l.machine(loaded.Data)
	if err != nil {
		return true, err
	}
	m.tick()
	if len(m.limits) == 0 {
		return false, nil
	}
	change, err := m.change(key, loaded.Version)
	if err != nil {
		return true, err
	}
	if err := l.apply(ctx, change); err != nil {
		return true, err
	}
	return true, ErrConflict
}
