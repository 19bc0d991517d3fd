package recommend

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// TakeTurn makes the offer for a ticket whose turn it is. What its template takes of limits is kept for the ticket, so limits are not asked. The
// offer expires with the turn, if not before. Errors are *surprise.Error: TICKET_NOT_FOUND, NOT_YOUR_TURN, UNKNOWN_TEMPLATE where the catalogue
// no longer has it, or the reason of the gate that stops it.
func (r *Recommender) TakeTurn(ctx context.Context, req *surprisev1.TakeTurnRequest) (*surprisev1.Offer, error) {
	if r.opts.Turns == nil {
		return nil, surprise.FieldErrorf(surprise.TicketNotFound, "ticket_id", "there are no waiting lists here")
	}
	ticket, key, err := r.opts.Turns.Turn(ctx, req.GetTicketId())
	if err != nil {
		return nil, err
	}
	rec, err := r.record(ctx, key)
	if err != nil {
		return nil, err
	}
	s := r.opts.Snapshot()
	q, err := r.directQuery(ctx, s, query{
		req: &surprisev1.RecommendRequest{Locale: req.GetLocale()}, key: key, rec: rec, household: ticket.GetHousehold(), ticket: ticket,
		moment: &surprisev1.Moment{Channel: req.GetChannel(), Store: ticket.GetStore(), VisitId: req.GetVisitId()},
	})
	if err != nil {
		return nil, err
	}
	o, err := named(q.cat, ticket.GetTemplate(), req.GetLevel())
	if err != nil {
		return nil, err
	}
	if o.level.Rule != nil {
		return nil, surprise.FieldErrorf(surprise.UnknownTemplate, "level", "level %s of %s is for some customers only, and a turn does not know whom it is for; leave the level out", o.level.ID, o.template.ID)
	}
	if err := q.allowed(o, protecting()); err != nil {
		return nil, err
	}
	return r.direct(q, o)
}
