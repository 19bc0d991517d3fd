package ledger

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A ticket is a place in the waiting list of a template, in the record of its customer; the list is an index over records. While it has any member,
// nobody but the head of the list gets what comes back. In its turn a ticket holds what a claim would take, under its own id.
//
//	           join            turn           claim
//	(nothing) ------> WAITING ------> TURN ----------> SERVED
//	                   |  |            |  | time over
//	             leave |  | household  |  +----------> MISSED
//	                   |  +----------------------------> MISSED
//	                   +--> LEFT <-----+ leave

// lineIndex lists the waiting lists, without waitPrefix; a list is scored by its latest joiner, a ticket by when it joined.
const (
	lineIndex  = "waitlists"
	waitPrefix = "wait|"
)

func (m *machine) findTicket(id string) *storev1.Ticket {
	for _, t := range m.rec.GetTickets() {
		if t.GetTicketId() == id {
			return t
		}
	}
	return nil
}

// inLine finds the ticket by which a customer waits for a template, or has a turn; where each store has its own stock, in this store.
func (m *machine) inLine(template, store string, perStore bool) *storev1.Ticket {
	for _, t := range m.rec.GetTickets() {
		if t.GetTemplate() == template && (!perStore || t.GetStore() == store) && open(t) {
			return t
		}
	}
	return nil
}

func open(t *storev1.Ticket) bool {
	return t.GetState() == surprisev1.TicketState_WAITING || t.GetState() == surprisev1.TicketState_TURN
}

// join puts a customer at the end of a list. Who is in it already keeps their place.
func (m *machine) join(t *storev1.Ticket, key surprise.CustomerKey, perStore bool) *storev1.Ticket {
	m.tickTickets()
	if known := m.inLine(t.GetTemplate(), t.GetStore(), perStore); known != nil {
		return known
	}
	seed := fmt.Sprint(len(t.GetTemplate()), t.GetTemplate(), len(t.GetStore()), t.GetStore(), m.now.UnixNano(), len(m.rec.GetTickets()))
	t.TicketId = string(surprise.NewClaimID(key, "ticket", []byte(seed)))
	t.State, t.Joined = surprisev1.TicketState_WAITING, timestamppb.New(m.now)
	m.rec.Tickets = append(forget(m.rec.GetTickets(), func(t *storev1.Ticket) bool { return !open(t) }), t)
	line := lineOf(t.GetTemplate(), t.GetStore(), perStore)
	score := m.now.UnixMicro()
	m.index = append(m.index,
		IndexOp{Index: waitPrefix + line, IndexEntry: IndexEntry{IndexPlace: IndexPlace{Score: score, Member: t.GetTicketId()}}},
		IndexOp{Index: lineIndex, IndexEntry: IndexEntry{IndexPlace: IndexPlace{Score: score, Member: line}}})
	m.emitTicket(event.WaitlistJoined, t)
	m.changed = true
	return t
}

// lineOf names a waiting list, as lineIndex does; waitIndex(template, store) is waitPrefix and this.
func lineOf(template, store string, perStore bool) string {
	if !perStore {
		store = ""
	}
	return template + "|" + store
}

// linesOf are the lists that a ticket can be in: that of all stores or that of its own, as the catalogue was when it joined.
func linesOf(t *storev1.Ticket) []string {
	lines := []string{lineOf(t.GetTemplate(), "", false)}
	if t.GetStore() != "" {
		lines = append(lines, lineOf(t.GetTemplate(), t.GetStore(), true))
	}
	return lines
}

// stepOut takes a ticket out of a list.
func (m *machine) stepOut(line, id string) {
	m.index = append(m.index, IndexOp{Index: waitPrefix + line, IndexEntry: IndexEntry{IndexPlace: IndexPlace{Member: id}}, Remove: true})
	m.changed = true
}

func (m *machine) leaveLines(t *storev1.Ticket) {
	for _, line := range linesOf(t) {
		m.stepOut(line, t.GetTicketId())
	}
}

// turn keeps one for the head of a line: it takes what a claim would take.
func (m *machine) turn(t *storev1.Ticket, takes []*storev1.LimitTake, keep time.Duration) {
	t.State, t.Takes = surprisev1.TicketState_TURN, takes
	t.TurnUntil = timestamppb.New(m.now.Add(keep))
	m.leaveLines(t)
	m.ticketOps(t, Reserve)
	m.emitTicket(event.WaitlistTurn, t)
}

// ticketOps asks the limits that a ticket takes from for an action. Nobody is before it in line, so that it waits behind no one.
func (m *machine) ticketOps(t *storev1.Ticket, action LimitAction) {
	id := m.turnID(t)
	for _, take := range t.GetTakes() {
		m.limits = append(m.limits, LimitOp{Limit: take.GetLimit(), Action: action, ClaimID: id,
			Amount: take.GetAmount(), Capacity: take.GetCapacity(), Numbered: numbered(take)})
	}
}

// serveTicket hands what a ticket in its turn holds over to a claim: it releases it, in the change that reserves it for the claim.
func (m *machine) serveTicket(id string, e *storev1.Entry) *surprise.Error {
	t := m.findTicket(id)
	if t == nil {
		return ticketNotFound()
	}
	if t.GetTemplate() != e.GetTemplate() {
		return surprise.FieldErrorf(surprise.NotYourTurn, "offer_token", "this turn is for the template %q; ask for an offer with TakeTurn", t.GetTemplate())
	}
	if err := m.hasTurn(t); err != nil {
		return err
	}
	m.serve(t)
	return nil
}

func (m *machine) serve(t *storev1.Ticket) {
	m.handedOver = m.turnID(t)
	m.endTicket(t, surprisev1.TicketState_SERVED, event.WaitlistServed)
}

// useTurn serves the customer's own turn with a delivery that was given without an offer, so that what was kept for them is not kept any longer.
func (m *machine) useTurn(e *storev1.Entry) {
	for _, t := range m.rec.GetTickets() {
		if e.GetTemplate() != "" && t.GetTemplate() == e.GetTemplate() && m.hasTurn(t) == nil {
			e.TicketId = t.GetTicketId()
			m.serve(t)
			return
		}
	}
}

// hasTurn returns nil for a ticket whose turn it is, else NOT_YOUR_TURN.
func (m *machine) hasTurn(t *storev1.Ticket) *surprise.Error {
	why := "it was used"
	switch t.GetState() {
	case surprisev1.TicketState_TURN:
		if t.GetTurnUntil().AsTime().After(m.now) {
			return nil
		}
		why = "its time is over; join again"
	case surprisev1.TicketState_WAITING:
		why = "others are before it; wait for the event waitlist.turn"
	case surprisev1.TicketState_LEFT:
		why = "the customer left the line; join again"
	case surprisev1.TicketState_MISSED:
		why = "its turn passed; join again"
	default: // it was served
	}
	return surprise.FieldErrorf(surprise.NotYourTurn, "ticket_id", "it is not this ticket's turn: %s", why)
}

func ticketNotFound() *surprise.Error {
	return surprise.FieldErrorf(surprise.TicketNotFound, "ticket_id", "there is no ticket with this id; send the ticket_id exactly as JoinWaitlist returned it")
}

// leave gives a place or a turn up. What is over stays as it is.
func (m *machine) leave(t *storev1.Ticket) {
	if open(t) {
		m.endTicket(t, surprisev1.TicketState_LEFT, event.WaitlistLeft)
	}
}

// endTicket makes a ticket final, and gives back what it held or takes it out of its list.
func (m *machine) endTicket(t *storev1.Ticket, state surprisev1.TicketState, kind string) {
	if t.GetState() == surprisev1.TicketState_TURN {
		m.ticketOps(t, Release)
	} else {
		m.leaveLines(t)
	}
	t.State, t.Ended, t.Takes = state, timestamppb.New(m.now), nil
	m.emitTicket(kind, t)
	m.changed = true
}

func (m *machine) emitTicket(kind string, t *storev1.Ticket) {
	m.emit(&surprisev1.Event{Type: kind, Ticket: asTicket(t)})
}

// tickTickets lets turns pass that nobody took, and forgets ended tickets with the claims of their time.
func (m *machine) tickTickets() {
	for _, t := range m.rec.GetTickets() {
		if t.GetState() == surprisev1.TicketState_TURN && !t.GetTurnUntil().AsTime().After(m.now) {
			m.endTicket(t, surprisev1.TicketState_MISSED, event.WaitlistMissed)
		}
	}
	kept := len(m.rec.GetTickets())
	m.rec.Tickets = slices.DeleteFunc(m.rec.GetTickets(), func(t *storev1.Ticket) bool {
		return !open(t) && m.now.Sub(t.GetEnded().AsTime()) > m.retain
	})
	m.changed = m.changed || len(m.rec.GetTickets()) < kept
}

func (m *machine) dueTickets() time.Time {
	var first time.Time
	for _, t := range m.rec.GetTickets() {
		if t.GetState() == surprisev1.TicketState_TURN {
			first = earliest(first, t.GetTurnUntil().AsTime())
		}
	}
	return first
}

// asTicket shows a ticket to callers, without its position.
func asTicket(t *storev1.Ticket) *surprisev1.Ticket {
	return &surprisev1.Ticket{TicketId: t.GetTicketId(), State: t.GetState(), Template: t.GetTemplate(), Store: t.GetStore(),
		Joined: t.GetJoined(), TurnUntil: t.GetTurnUntil()}
}
