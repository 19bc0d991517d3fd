package memstore

import (
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// limit is a map by claim id. sum is always the sum of its entries' amounts.
type limit struct {
	sum     int64
	entries map[surprise.ClaimID]entry
}

type entry struct {
	amount int64
	posted bool
}

// applyLimits carries out all operations, or takes back those it did.
func (s *Store) applyLimits(ops []ledger.LimitOp) error {
	var undo []func()
	for _, op := range ops {
		l := s.limit(op.Limit)
		before, existed := l.entries[op.ClaimID]
		if !l.apply(op) {
			for i := len(undo) - 1; i >= 0; i-- {
				undo[i]()
			}
			return &ledger.LimitError{Limit: op.Limit}
		}
		undo = append(undo, func() { l.restore(op.ClaimID, before, existed) })
	}
	return nil
}

func (s *Store) limit(name string) *limit {
	l, ok := s.limits[name]
	if !ok {
		l = &limit{entries: make(map[surprise.ClaimID]entry)}
		s.limits[name] = l
	}
	return l
}

// apply carries out one operation and reports whether it fitted.
func (l *limit) apply(op ledger.LimitOp) bool {
	e, exists := l.entries[op.ClaimID]
	switch {
	case op.Action == ledger.Reserve && !exists:
		if op.Amount > op.Capacity-l.sum {
			return false
		}
		l.restore(op.ClaimID, entry{amount: op.Amount}, true)
	case op.Action == ledger.Post && exists:
		l.restore(op.ClaimID, entry{amount: e.amount, posted: true}, true)
	case op.Action == ledger.Release && exists && !e.posted:
		l.restore(op.ClaimID, entry{}, false)
	}
	return true
}

// restore makes the entry of a claim be e, or be missing, and keeps the sum.
func (l *limit) restore(id surprise.ClaimID, e entry, exists bool) {
	l.sum -= l.entries[id].amount
	delete(l.entries, id)
	if exists {
		l.entries[id] = e
		l.sum += e.amount
	}
}
