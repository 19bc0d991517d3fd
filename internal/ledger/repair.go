package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// repair puts right what can be, limits first. What records say counts; each customer's record is compared and set, and each limit mends itself at one
// moment, so that it can be done while the service runs. Only where a store offers no MendLimit, a limit is replaced without a look at what happens
// meanwhile.
func (s *survey) repair(ctx context.Context) error {
	byLimit, byKey := map[string][]*problem{}, map[surprise.CustomerKey][]*problem{}
	var limits []string
	var keys []surprise.CustomerKey
	for _, p := range s.findings {
		switch {
		case !p.Repairable:
		case mended(p.Kind) != "":
			if byLimit[p.Where] == nil {
				limits = append(limits, p.Where)
			}
			byLimit[p.Where] = append(byLimit[p.Where], p)
		default:
			if byKey[p.key] == nil {
				keys = append(keys, p.key)
			}
			byKey[p.key] = append(byKey[p.key], p)
		}
	}
	for _, limit := range limits {
		if err := s.repairLimit(ctx, limit, byLimit[limit]); err != nil {
			return fmt.Errorf("repair limit %s: %w", limit, err)
		}
	}
	for _, key := range keys {
		if err := s.repairCustomer(ctx, key, byKey[key]); err != nil {
			return fmt.Errorf("repair %s: %w", key, err)
		}
	}
	return nil
}

func (s *survey) repairLimit(ctx context.Context, limit string, problems []*problem) error {
	mend := func() error { return s.walker.Repair(ctx, limit, s.limits[limit]) }
	if auditor, ok := s.walker.(Auditor); ok {
		mend = func() error { return auditor.MendLimit(ctx, limit) }
	}
	if err := mend(); err != nil {
		return Unavailable(err)
	}
	for _, p := range problems {
		p.done(mended(p.Kind))
	}
	return nil
}

func (p *problem) done(how string) { p.Repaired, p.Done = true, how }

func (s *survey) repairCustomer(ctx context.Context, key surprise.CustomerKey, problems []*problem) error {
	for range maxAttempts {
		loaded, err := s.store.Load(ctx, key)
		if err != nil {
			return Unavailable(err)
		}
		m, err := newMachine(loaded[0].Data, s.opts.Now, s.opts.Retention)
		if err != nil {
			return err
		}
		told := make([]string, len(problems))
		for i, p := range problems {
			told[i] = m.mend(p)
		}
		if m.changed {
			m.rec.LastSeen = timestamppb.New(m.now)
		}
		data, err := proto.Marshal(m.rec)
		if err != nil {
			return fmt.Errorf("ledger: encode record: %w", err)
		}
		err = s.store.Apply(ctx, Change{Key: key, Expect: loaded[0].Version, Data: data, Due: m.due(), Limits: m.limits, Index: m.index})
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return Unavailable(err)
		}
		for i, p := range problems {
			p.done(told[i])
		}
		return nil
	}
	return ErrConflict
}

// mend does what puts one finding right, as the record is now, and says what.
func (m *machine) mend(p *problem) string {
	switch p.Kind {
	case FoundOrphan, FoundUnposted:
		return m.mendEntry(p.ref)
	case FoundMissing:
		return m.mendMissing(p.ref)
	case FoundRecord:
		return m.mendForeign(surprise.ClaimID(p.Entry))
	case FoundIndexOrphan, FoundIndexMissing:
		m.index = append(m.index, *p.index)
		if p.index.Remove {
			return "it was taken out"
		}
		return "it was put in"
	default:
		return "the due time was set"
	}
}

func (m *machine) mendEntry(ref LimitRef) string {
	s := m.settle([]LimitRef{ref}, m.bury)
	if len(s.ops) == 0 {
		return "it is needed by now"
	}
	op := s.ops[0]
	if op.Action == Release {
		op.Action = Refund // also what was posted
	}
	m.limits = append(m.limits, op)
	if op.Action == Post {
		return "it was made final"
	}
	return "it was given back"
}

// mendMissing enters what a claim takes, also where there is no more room: it was promised, or given.
func (m *machine) mendMissing(ref LimitRef) string {
	e := m.find(ref.ClaimID)
	takes := e.GetTakes()
	if t := m.ticketOf(ref.ClaimID); e == nil && t != nil {
		takes = t.GetTakes()
	}
	take := takeOf(takes, ref.Limit)
	v := m.verdict(ref)
	if take == nil || v.action == Release || v.action == Refund || v.unknown {
		return "it is not needed any more"
	}
	m.limits = append(m.limits, LimitOp{Limit: ref.Limit, ClaimID: ref.ClaimID, Action: Reserve, Amount: take.GetAmount(), Capacity: MaxAmount})
	if v.action == Post {
		m.limits = append(m.limits, LimitOp{Limit: ref.Limit, ClaimID: ref.ClaimID, Action: Post})
	}
	return "it was entered"
}

// mendForeign forgets an id that was given up in a record that is not its customer's: nobody can ever ask for it there.
func (m *machine) mendForeign(id surprise.ClaimID) string {
	m.rec.Entries = slices.DeleteFunc(m.rec.Entries, func(e *storev1.Entry) bool { return e.GetClaimId() == string(id) && buried(e) })
	m.changed = true
	return "the id was taken out of the record"
}
