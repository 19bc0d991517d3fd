package ledger

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A task card is a claim on hold, and a lease is one clerk's right to carry it out. Leases keep two clerks from doing the same work; they do not
// keep a delivery from being confirmed by whoever made it.

// tasksPrefix and a store name the index of the claims on hold there, and by itself that of those which are of no store. It is scored by the end of the hold in
// microseconds, so that the most urgent come first.
const tasksPrefix = "tasks|"

// taskIndexes returns the one index in which a claim on hold is: each more would cost every claim a write. Those of all stores are read one by one.
func taskIndexes(e *storev1.Entry) []string { return []string{taskIndex(e)} }

func taskIndex(e *storev1.Entry) string { return tasksPrefix + e.GetStore() }

// taskStores is the index of the stores that ever had a claim on hold.
const taskStores = "taskstores"

// listStore notes the store of a claim, unless this process has seen it do so.
func (l *Ledger) listStore(m *machine, store string) {
	if _, seen := l.stores.Load(store); store != "" && !seen {
		m.index = append(m.index, IndexOp{Index: taskStores, IndexEntry: IndexEntry{IndexPlace: IndexPlace{Member: store}}})
	}
}

func (m *machine) listTask(e *storev1.Entry)   { m.indexTask(e, false) }
func (m *machine) unlistTask(e *storev1.Entry) { m.indexTask(e, true) }

func (m *machine) indexTask(e *storev1.Entry, remove bool) {
	place := IndexPlace{Score: max(e.GetHoldUntil().AsTime().UnixMicro(), 0), Member: e.GetClaimId()}
	m.index = append(m.index, IndexOp{Index: taskIndex(e), IndexEntry: IndexEntry{IndexPlace: place}, Remove: remove})
}

// leaseUntil is when a lease that begins now ends: with its length, the shift, or the hold.
func (l *Ledger) leaseUntil(cat *catalog.Catalog, e *storev1.Entry, now time.Time) time.Time {
	return earliest(now.Add(cat.Policies.Lease), l.shiftEnd(cat, now), e.GetHoldUntil().AsTime())
}

// shiftSpan is a time from which on no other shift begins before its end.
type shiftSpan struct {
	cat       *catalog.Catalog
	from, end time.Time
}

// shiftEnd is when the next shift begins. It keeps the last answer, since every claim of a clerk asks.
func (l *Ledger) shiftEnd(cat *catalog.Catalog, now time.Time) time.Time {
	if s := l.shift.Load(); s != nil && s.cat == cat && !now.Before(s.from) && now.Before(s.end) {
		return s.end
	}
	_, end := cat.Shift(now)
	l.shift.Store(&shiftSpan{cat: cat, from: now, end: end})
	return end
}

// leased reports whether a clerk has the card at now.
func leased(e *storev1.Entry, now time.Time) bool {
	return e.GetLease() != nil && e.GetLease().GetUntil().AsTime().After(now)
}

// lease gives a card to a clerk. The same lease again changes nothing.
func (m *machine) lease(e *storev1.Entry, staffID string, until time.Time) {
	if e.GetLease().GetStaffId() == staffID && e.GetLease().GetUntil().AsTime().Equal(until) {
		return
	}
	e.Lease = &surprisev1.Lease{StaffId: staffID, Until: timestamppb.New(until)}
	m.changed = true
	m.emitClaim(event.CardLeased, e)
}

// returnCard takes a card from its clerk.
func (m *machine) returnCard(e *storev1.Entry) {
	e.Lease = nil
	m.changed = true
	m.emitClaim(event.CardReturned, e)
}

// tickLeases takes cards from clerks who did not get to them in time.
func (m *machine) tickLeases() {
	for _, e := range m.rec.GetEntries() {
		if e.GetLease() != nil && !leased(e, m.now) {
			m.returnCard(e)
		}
	}
}

func (m *machine) dueLeases() time.Time {
	var first time.Time
	for _, e := range m.rec.GetEntries() {
		if e.GetLease() != nil {
			first = earliest(first, e.GetLease().GetUntil().AsTime())
		}
	}
	return first
}

// LeaseCard gives the card of a claim to one clerk. Whoever has it already has it for longer then.
func (l *Ledger) LeaseCard(ctx context.Context, req *surprisev1.LeaseCardRequest) (*surprisev1.Claim, error) {
	return l.onCard(ctx, req.GetClaimId(), func(m *machine, e *storev1.Entry) error {
		m.tick()
		if e.GetState() != surprisev1.ClaimState_HELD {
			return cardClosed(e)
		}
		if err := otherClerk(e, req.GetStaffId(), m.now); err != nil {
			return err
		}
		m.lease(e, req.GetStaffId(), l.leaseUntil(l.catalog(), e, m.now))
		return nil
	})
}

// ReturnCard gives a card back before its time. A card that nobody has stays so.
func (l *Ledger) ReturnCard(ctx context.Context, req *surprisev1.ReturnCardRequest) (*surprisev1.Claim, error) {
	return l.onCard(ctx, req.GetClaimId(), func(m *machine, e *storev1.Entry) error {
		if err := otherClerk(e, req.GetStaffId(), m.now); err != nil {
			return err
		}
		if e.GetLease() != nil {
			m.returnCard(e)
		}
		return nil
	})
}

func (l *Ledger) onCard(ctx context.Context, claimID string, command func(m *machine, e *storev1.Entry) error) (*surprisev1.Claim, error) {
	id, key, err := l.owned(claimID, "")
	if err != nil {
		return nil, err
	}
	entry, _, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		e := m.find(id)
		if e == nil {
			return nil, notFound()
		}
		return e, command(m, e)
	})
	claim, _, err := l.shown(ctx, entry, false, err)
	return claim, err
}

func otherClerk(e *storev1.Entry, staffID string, now time.Time) error {
	if !leased(e, now) || e.GetLease().GetStaffId() == staffID {
		return nil
	}
	return &surprise.Error{Reason: surprise.CardLeased, Field: "staff_id", Until: e.GetLease().GetUntil().AsTime(),
		Message: "another clerk has this card; take another one, or wait until it comes back"}
}

// cardClosed says why there is nothing to carry out any more.
func cardClosed(e *storev1.Entry) error {
	if e.GetState() == surprisev1.ClaimState_CONFIRMED {
		return surprise.FieldErrorf(surprise.ClaimConfirmed, "claim_id", "this surprise was given already")
	}
	return replayError(e, e.GetFingerprint())
}
