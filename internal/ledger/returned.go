package ledger

import (
	"context"
	"strings"

	"github.com/surprise-service/surprised/internal/surprise"
)

// What a delivery took is final in its limit, so that Overdue does not find it. When the delivery comes back with its order, and the store stops
// between the record and the limit, nothing would remind of it. A mark does: a reservation of nothing, made before the record is written, which
// ReapLimits takes away only after it has given everything back once more.

const (
	returnMark = "@returned|"
	// markLimits spreads marks, so that no limit has many.
	markLimits = 2
)

func isReturnMark(limit string) bool { return strings.HasPrefix(limit, returnMark) }

// markReturns adds the marks of what a change gives back for good.
func markReturns(ops []LimitOp) []LimitOp {
	var marks []LimitOp
	last := surprise.ClaimID("")
	for _, op := range ops {
		if op.Action == Refund && op.ClaimID != last {
			last = op.ClaimID
			marks = append(marks, LimitOp{Limit: returnMark + string(last[len(last)-markLimits:]), Action: Reserve, ClaimID: last, Capacity: MaxAmount})
		}
	}
	return append(marks, ops...)
}

// settleMark does what a mark reminds of. A mark of a claim that did not come back stays: its return may be on its way.
func (m *machine) settleMark(ref LimitRef, s *settlement) {
	e := m.find(ref.ClaimID)
	switch {
	case e == nil:
		s.marks = append(s.marks, LimitOp{Limit: ref.Limit, ClaimID: ref.ClaimID, Action: Release})
	case e.GetReturned() == nil:
		until := m.now.Add(day)
		s.keep[until] = append(s.keep[until], ref)
	default:
		for _, t := range e.GetTakes() {
			s.returns = append(s.returns, limitOp(e, t, entryVerdict(e, t.GetLimit()).action))
		}
		s.marks = append(s.marks, LimitOp{Limit: ref.Limit, ClaimID: ref.ClaimID, Action: Release})
	}
}

// settleMarks gives back what marks remind of, and then takes them away.
func (l *Ledger) settleMarks(ctx context.Context, s settlement) error {
	for _, ops := range [][]LimitOp{s.returns, s.marks} {
		if len(ops) == 0 {
			continue
		}
		if err := l.staged.Settle(ctx, ops...); err != nil {
			return Unavailable(err)
		}
	}
	return nil
}
