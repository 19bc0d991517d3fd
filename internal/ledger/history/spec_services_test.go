package history

import (
	"slices"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// edges are the times to come at which something ends, the earliest first.
func (s *spec) edges() []time.Time {
	var out []time.Time
	for _, f := range s.facts {
		r := s.rules[f.template]
		if f.holds() {
			out = append(out, f.until)
		}
		out = append(out, f.given().Add(7*day), f.given().Add(r.template), f.given().Add(r.kind))
		if f.said == surprisev1.CancelReason_CUSTOMER_REFUSED {
			out = append(out, f.ended.Add(r.refusal))
		}
	}
	for _, w := range s.wishes {
		out = append(out, w.from, w.until)
	}
	for _, t := range s.tickets {
		out = append(out, t.until)
	}
	out = slices.DeleteFunc(out, func(t time.Time) bool { return !t.After(s.now) })
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// wish is what the specification knows of one wish.
type wish struct {
	customer string
	state    surprisev1.WishState
	from     time.Time
	until    time.Time
	claim    string
}

// post returns TOO_MANY or nothing for a wish that is new.
func (s *spec) post(id, customer string) surprise.Reason {
	return s.attempt(func() surprise.Reason {
		open := 0
		for own, w := range s.wishes {
			if w.customer != customer {
				continue
			}
			if w.state == surprisev1.WishState_OPEN && !w.until.After(s.now) {
				w.state = surprisev1.WishState_LAPSED
				s.wishes[own] = w
			}
			if w.state == surprisev1.WishState_OPEN || w.state == surprisev1.WishState_PROMISED {
				open++
			}
		}
		if open >= maxWishes {
			return surprise.TooMany
		}
		s.wishes[id] = wish{customer: customer, state: surprisev1.WishState_OPEN, from: s.now.Add(wishDelay), until: s.now.Add(wishLife)}
		return ""
	})
}

// promise ties an open wish to a claim.
func (s *spec) promise(id, customer, claim string) surprise.Reason {
	w, ok := s.wishes[id]
	switch {
	case !ok || w.customer != customer:
		return surprise.WishNotFound
	case w.state != surprisev1.WishState_OPEN:
		return surprise.WishClosed
	case w.from.After(s.now):
		return surprise.WishTooYoung
	}
	w.state, w.claim = surprisev1.WishState_PROMISED, claim
	s.wishes[id] = w
	return ""
}

// settle lets a wish follow the end of its claim.
func (s *spec) settle(claim string, f fact) {
	w, ok := s.wishes[f.wish]
	held := w.state == surprisev1.WishState_PROMISED && w.claim == claim
	switch {
	case !ok:
		return
	case f.state == surprisev1.ClaimState_CONFIRMED && (held || w.state == surprisev1.WishState_OPEN):
		w.state, w.claim = surprisev1.WishState_GRANTED, claim
	case f.state != surprisev1.ClaimState_CONFIRMED && held:
		w.state, w.claim = surprisev1.WishState_OPEN, ""
	}
	s.wishes[f.wish] = w
}

func (s *spec) withdraw(id string) (replay bool, refusal surprise.Reason) {
	w := s.wishes[id]
	switch w.state {
	case surprisev1.WishState_WITHDRAWN:
		return true, ""
	case surprisev1.WishState_OPEN, surprisev1.WishState_PROMISED:
		w.state = surprisev1.WishState_WITHDRAWN
		s.wishes[id] = w
		return false, ""
	default:
		return false, surprise.WishClosed
	}
}

// ticket is a place in the line for pieces.
type ticket struct {
	customer string
	state    surprisev1.TicketState
	until    time.Time
	takes    []charge
}

func (s *spec) tickTickets(customer string) {
	for id, t := range s.tickets {
		if t.customer == customer && t.state == surprisev1.TicketState_TURN && !t.until.After(s.now) {
			s.endTicket(id, surprisev1.TicketState_MISSED)
		}
	}
}

func (s *spec) endTicket(id string, state surprisev1.TicketState) {
	t := s.tickets[id]
	s.giveBack(id, t.takes)
	s.line = slices.DeleteFunc(s.line, func(other string) bool { return other == id })
	t.state, t.takes = state, nil
	s.tickets[id] = t
}

// openTicket is the one by which a customer waits already, after turns that are over were missed.
func (s *spec) openTicket(customer string) string {
	for id, t := range s.tickets {
		if t.customer != customer {
			continue
		}
		if t.state == surprisev1.TicketState_WAITING || t.state == surprisev1.TicketState_TURN && t.until.After(s.now) {
			return id
		}
	}
	return ""
}

// ownTurn is the ticket whose turn it is for a customer; empty: none.
func (s *spec) ownTurn(customer string) string {
	if id := s.openTicket(customer); s.tickets[id].state == surprisev1.TicketState_TURN {
		return id
	}
	return ""
}

// join enters a new ticket.
func (s *spec) join(id, customer string) {
	s.tickTickets(customer)
	s.tickets[id] = ticket{customer: customer, state: surprisev1.TicketState_WAITING}
	s.line = append(s.line, id)
}

// leave reports what the ticket is then.
func (s *spec) leave(id string) {
	s.tickTickets(s.tickets[id].customer)
	if state := s.tickets[id].state; state == surprisev1.TicketState_WAITING || state == surprisev1.TicketState_TURN {
		s.endTicket(id, surprisev1.TicketState_LEFT)
	}
}

// serve gives turns to the heads of the line while there are pieces. Who holds a piece already could not claim another, and is passed over.
func (s *spec) serve() {
	for len(s.line) > 0 {
		id := s.line[0]
		if s.holdsPiece(s.tickets[id].customer) {
			s.endTicket(id, surprisev1.TicketState_MISSED)
			continue
		}
		takes := s.takesOf("piece", 0, s.now)
		if !s.take(id, takes[0]) {
			return
		}
		t := s.tickets[id]
		t.state, t.until, t.takes = surprisev1.TicketState_TURN, s.now.Add(turnTime), takes
		s.tickets[id] = t
		s.line = s.line[1:]
	}
}

func (s *spec) holdsPiece(customer string) bool {
	for _, f := range s.facts {
		if f.customer == customer && f.template == "piece" && f.holds() && f.until.After(s.now) {
			return true
		}
	}
	return false
}

// useTurn hands over to a claim what a ticket in its turn holds.
func (s *spec) useTurn(o made) surprise.Reason {
	t, ok := s.tickets[o.ticket]
	switch {
	case !ok || t.customer != o.customer:
		return surprise.TicketNotFound
	case t.state != surprisev1.TicketState_TURN || o.template != "piece":
		return surprise.NotYourTurn
	}
	s.endTicket(o.ticket, surprisev1.TicketState_SERVED)
	return ""
}
