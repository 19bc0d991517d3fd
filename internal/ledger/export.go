package ledger

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Export returns all that is kept of a customer, the texts of wishes and the codes of gift cards included.
func (l *Ledger) Export(ctx context.Context, customerID string) (*surprisev1.ExportCustomerResponse, error) {
	key, err := l.customer(customerID)
	if err != nil {
		return nil, err
	}
	rec, err := l.load(ctx, key)
	if err != nil {
		return nil, err
	}
	claims, err := l.reveal(ctx, unburied(rec.GetEntries())...)
	if err != nil {
		return nil, err
	}
	out := &surprisev1.ExportCustomerResponse{CustomerKey: key.String(), Claims: claims, Tried: rec.GetTried()}
	for _, w := range rec.GetWishes() {
		out.Wishes = append(out.Wishes, asWish(w))
	}
	for _, t := range rec.GetTickets() {
		out.Tickets = append(out.Tickets, asTicket(t))
	}
	for _, o := range rec.GetOutcomes() {
		out.Outcomes = append(out.Outcomes, asOutcome(o))
	}
	return out, nil
}
