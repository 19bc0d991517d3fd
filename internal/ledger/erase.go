package ledger

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Erase deletes what is kept of a customer. Open claims are cancelled and give back what they held; what was given stays taken from stock. Of the
// record remains only when it was erased, so that offers from before are worth nothing. Done twice it has one effect.
func (l *Ledger) Erase(ctx context.Context, customerID string) (*surprisev1.EraseCustomerResponse, error) {
	key, err := l.customer(customerID)
	if err != nil {
		return nil, err
	}
	var out *surprisev1.EraseCustomerResponse
	_, _, err = l.transact(ctx, key, func(m *machine) (_ *storev1.Entry, err error) {
		if err := l.postAll(ctx, m.rec); err != nil {
			return nil, err
		}
		out, err = m.erase()
		return nil, err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// postAll makes final what was given, and gives back what came back, before the record forgets: nobody could tell afterwards.
func (l *Ledger) postAll(ctx context.Context, rec *storev1.Record) error {
	if l.staged == nil {
		return nil // there it was done in the changes that confirmed and returned them
	}
	var ops []LimitOp
	for _, e := range rec.GetEntries() {
		for _, t := range e.GetTakes() {
			if v := entryVerdict(e, t.GetLimit()); v.action == Post || v.action == Refund {
				ops = append(ops, limitOp(e, t, v.action))
			}
		}
	}
	if len(ops) == 0 {
		return nil
	}
	if err := l.staged.Settle(ctx, ops...); err != nil {
		return Unavailable(err)
	}
	return nil
}

func (m *machine) erase() (*surprisev1.EraseCustomerResponse, error) {
	rec := m.rec
	out := &surprisev1.EraseCustomerResponse{
		Claims: int32(len(unburied(rec.GetEntries()))), Wishes: int32(len(rec.GetWishes())), //nolint:gosec // a record has some hundreds at most
		Tickets: int32(len(rec.GetTickets())), Outcomes: int32(len(rec.GetOutcomes())), //nolint:gosec // likewise
	}
	if err := m.letGo(); err != nil {
		return nil, err
	}
	// Ids that were given up say nothing of the customer, and must stay so.
	graves := slices.DeleteFunc(slices.Clone(rec.GetEntries()), func(e *storev1.Entry) bool { return !buried(e) })
	again := rec.GetErased() != nil && len(rec.GetEntries())-len(graves)+len(rec.GetWishes())+len(rec.GetTickets())+len(rec.GetOutcomes())+len(rec.GetTried()) == 0
	m.rec = &storev1.Record{Erased: timestamppb.New(m.now), Entries: graves}
	m.changed = true
	if !again {
		m.emit(&surprisev1.Event{Type: event.CustomerErased})
	}
	return out, nil
}

// checkErased refuses what happened before the customer was erased: it must not come back with a late repetition.
func (m *machine) checkErased(at time.Time) error {
	if erased := m.rec.GetErased(); erased != nil && !at.After(erased.AsTime()) {
		return surprise.Errorf(surprise.Erased, "the customer was erased after this; nothing from before is kept")
	}
	return nil
}

// letGo ends all that is open, so that nothing outside of the record points into it.
func (m *machine) letGo() error {
	for _, e := range m.rec.GetEntries() {
		if e.GetState() != surprisev1.ClaimState_HELD {
			continue
		}
		if _, err := m.cancel(surprise.ClaimID(e.GetClaimId()), surprisev1.CancelReason_NOT_DELIVERED, nil); err != nil {
			return err
		}
	}
	for _, w := range m.rec.GetWishes() {
		if openOrPromised(w) {
			m.endWish(w, surprisev1.WishState_WITHDRAWN, event.WishWithdrawn)
		}
	}
	for _, t := range m.rec.GetTickets() {
		m.leave(t)
	}
	return nil
}
