package ledger

import (
	"context"
	"slices"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// JoinWaitlist puts a customer in line for a template, and serves the line at once. Who is in it already keeps their place; replayed tells.
func (l *Ledger) JoinWaitlist(ctx context.Context, req *surprisev1.JoinWaitlistRequest) (*surprisev1.Ticket, bool, error) {
	t, err := l.waitable(req.GetTemplate(), req.GetStore())
	if err != nil {
		return nil, false, err
	}
	key, err := l.customer(req.GetCustomerId())
	if err != nil {
		return nil, false, err
	}
	var ticket *storev1.Ticket
	_, replayed, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		ticket = m.join(&storev1.Ticket{Template: t.ID, Store: req.GetStore(), Household: HouseholdKey(l.opts.Hash, req.GetHouseholdId())}, key, perStore(t))
		return nil, nil
	})
	if err != nil {
		return nil, false, err
	}
	if _, _, err := l.serveLine(ctx, lineOf(t.ID, req.GetStore(), perStore(t)), turnsPerLine); err != nil {
		return nil, false, err
	}
	shown, err := l.Ticket(ctx, ticket.GetTicketId())
	return shown, replayed, err
}

// waitable returns a template that has a waiting list.
func (l *Ledger) waitable(id, store string) (*catalog.Template, error) {
	t := l.catalog().Template(id)
	switch {
	case t == nil:
		return nil, surprise.FieldErrorf(surprise.UnknownTemplate, "template", "the catalogue has no template %q; send the id of one", id)
	case t.WaitKeep <= 0:
		return nil, surprise.FieldErrorf(surprise.InvalidRequest, "template", "template %q has no waiting list; give it a waitlist in the catalogue", id)
	case perStore(t) && store == "":
		return nil, surprise.FieldErrorf(surprise.InvalidRequest, "store", "each store has its own stock of %q; send the store", id)
	}
	return t, l.knownStore(store)
}

// perStore reports whether each store has a line of its own for a template.
func perStore(t *catalog.Template) bool {
	return slices.ContainsFunc(t.Limits, func(lim *catalog.Limit) bool { return lim.PerStore })
}

// maxPosition is up to where a ticket's place in line is counted.
const maxPosition = 1000

// Ticket returns a ticket as it is now, with its position.
func (l *Ledger) Ticket(ctx context.Context, id string) (*surprisev1.Ticket, error) {
	_, t, _, err := l.ticket(ctx, id)
	if err != nil {
		return nil, err
	}
	shown := asTicket(t)
	if t.GetState() != surprisev1.TicketState_WAITING {
		return shown, nil
	}
	shown.Position, err = l.position(ctx, t)
	return shown, err
}

// ticket finds a ticket and the record in which it is, as they are now.
func (l *Ledger) ticket(ctx context.Context, id string) (*machine, *storev1.Ticket, surprise.CustomerKey, error) {
	key, ok := surprise.ClaimID(id).Customer()
	if !ok {
		return nil, nil, key, ticketNotFound()
	}
	now, err := l.peek(ctx, key)
	if err != nil {
		return nil, nil, key, err
	}
	t := now[0].findTicket(id)
	if t == nil {
		return nil, nil, key, ticketNotFound()
	}
	return now[0], t, key, nil
}

// position counts from 1; 0 behind maxPosition others. A ticket is in the line of its store or in that of all, as the catalogue was when it joined.
func (l *Ledger) position(ctx context.Context, t *storev1.Ticket) (int32, error) {
	for _, line := range linesOf(t) {
		found, err := l.store.Find(ctx, waitPrefix+line, t.GetTicketId())
		if err != nil {
			return 0, Unavailable(err)
		}
		if found[0].Member == "" {
			continue
		}
		before, err := l.store.Range(ctx, waitPrefix+line, &found[0].IndexPlace, maxPosition, true)
		if err != nil {
			return 0, Unavailable(err)
		}
		if len(before) < maxPosition {
			return int32(len(before)) + 1, nil //nolint:gosec // at most maxPosition
		}
	}
	return 0, nil
}

// LeaveWaitlist gives a place or a turn up. A ticket that is over stays as it is.
func (l *Ledger) LeaveWaitlist(ctx context.Context, req *surprisev1.LeaveWaitlistRequest) (*surprisev1.Ticket, error) {
	id := req.GetTicketId()
	key, ok := surprise.ClaimID(id).Customer()
	if !ok {
		return nil, ticketNotFound()
	}
	var left *storev1.Ticket
	_, _, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		m.tickTickets()
		if left = m.findTicket(id); left == nil {
			return nil, ticketNotFound()
		}
		m.leave(left)
		return nil, nil
	})
	if err != nil {
		return nil, err
	}
	return asTicket(left), nil
}

// Turn returns a ticket whose turn it is, for the offer that it is worth, and whose it is.
func (l *Ledger) Turn(ctx context.Context, ticketID string) (*storev1.Ticket, surprise.CustomerKey, error) {
	m, t, key, err := l.ticket(ctx, ticketID)
	if err != nil {
		return nil, key, err
	}
	if err := m.hasTurn(t); err != nil {
		return nil, key, err
	}
	return t, key, nil
}
