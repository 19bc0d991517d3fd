package memstore

import (
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// limit is a map by claim id. sum is always the sum of its entries' amounts, and numbers knows exactly the numbers that they have.
type limit struct {
	sum     int64
	entries map[surprise.ClaimID]entry
	numbers numbers
}

type entry struct {
	amount int64
	number int64 // 0: none
	posted bool
}

// applyLimits carries out all operations, or takes back those it did.
func (s *Store) applyLimits(ops []ledger.LimitOp) error {
	var undo []func()
	for _, op := range ops {
		l := s.limit(op.Limit)
		before, existed := l.entries[op.ClaimID]
		if err := s.applyLimit(l, op); err != nil {
			for i := len(undo) - 1; i >= 0; i-- {
				undo[i]()
			}
			return err
		}
		undo = append(undo, func() { l.restore(op.ClaimID, before, existed) })
	}
	return nil
}

func (s *Store) limit(name string) *limit {
	l, ok := s.limits[name]
	if !ok {
		l = &limit{entries: make(map[surprise.ClaimID]entry), numbers: newNumbers()}
		s.limits[name] = l
	}
	return l
}

// applyLimit carries out one operation. *ledger.LimitError: it does not fit. The indexes are still as before the change.
func (s *Store) applyLimit(l *limit, op ledger.LimitOp) error {
	e, exists := l.entries[op.ClaimID]
	switch {
	case op.Action == ledger.Reserve && !exists:
		if s.indexes[op.Behind].len() > 0 {
			return &ledger.LimitError{Limit: op.Limit, Behind: true}
		}
		if !l.reserve(op) {
			return &ledger.LimitError{Limit: op.Limit}
		}
	case op.Action == ledger.Post && exists:
		e.posted = true
		l.restore(op.ClaimID, e, true)
	case op.Action == ledger.Release && exists && !e.posted, op.Action == ledger.Refund && exists:
		l.restore(op.ClaimID, entry{}, false)
	}
	return nil
}

// reserve makes an entry where none is, and reports whether it fitted.
func (l *limit) reserve(op ledger.LimitOp) bool {
	if op.Amount > op.Capacity-l.sum {
		return false
	}
	e := entry{amount: op.Amount}
	if op.Numbered {
		if e.number = l.numbers.next(); e.number > op.Capacity {
			return false
		}
	}
	l.restore(op.ClaimID, e, true)
	return true
}

// restore makes the entry of a claim be e, or be missing, and keeps sum and numbers.
func (l *limit) restore(id surprise.ClaimID, e entry, exists bool) {
	before := l.entries[id]
	l.sum += e.amount - before.amount
	if before.number != e.number {
		l.numbers.free(before.number)
		l.numbers.take(e.number)
	}
	delete(l.entries, id)
	if exists {
		l.entries[id] = e
	}
}
