package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	// reserveGrace is how old a reservation gets before somebody asks whether its claim was ever made.
	reserveGrace = time.Minute
	// unreadableFor is how long those of a record that cannot be read are left alone: they must not keep the others waiting.
	unreadableFor = time.Hour
)

// ReapLimits settles a batch of reservations that are older than a minute and neither posted nor given back, as their records say. Only stores
// whose limits do not commit together with records have any. Any replica may call it at any time; it returns how many reservations it worked on,
// and is worth calling again at once when that was not zero.
func (l *Ledger) ReapLimits(ctx context.Context) (int, error) {
	if l.staged == nil {
		return 0, nil
	}
	refs, err := l.staged.Overdue(ctx, l.opts.Clock().Add(-reserveGrace), reapBatch)
	if err != nil {
		return 0, Unavailable(err)
	}
	done := 0
	var errs []error
	for _, group := range byCustomer(refs) {
		if ctx.Err() != nil {
			break
		}
		if err := l.reapCustomer(ctx, group.key, group.refs); err != nil {
			errs = append(errs, fmt.Errorf("reservations of customer %s: %w", group.key, err))
			continue
		}
		done += len(group.refs)
	}
	return done, errors.Join(errs...)
}

type reservations struct {
	key  surprise.CustomerKey
	refs []LimitRef
}

// byCustomer groups reservations by whose they are, in the order in which each customer comes up first. Those of ids that are none of ours have
// the zero key.
func byCustomer(refs []LimitRef) []reservations {
	var out []reservations
	at := map[surprise.CustomerKey]int{}
	for _, ref := range refs {
		key, _ := ref.ClaimID.Customer()
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, reservations{key: key})
		}
		out[i].refs = append(out[i].refs, ref)
	}
	return out
}

func (l *Ledger) reapCustomer(ctx context.Context, key surprise.CustomerKey, refs []LimitRef) error {
	s, err := l.settle(ctx, key, func(m *machine) settlement {
		m.tick()
		return m.settle(refs, m.bury)
	})
	if err == nil {
		l.countReleased(s.ops)
		return l.postpone(ctx, s)
	}
	if reason := surprise.ReasonOf(err); reason == surprise.Internal {
		err = errors.Join(err, l.staged.Postpone(ctx, l.opts.Clock().Add(unreadableFor), refs...))
	}
	return err
}

// postpone leaves what is held alone until its time is over.
func (l *Ledger) postpone(ctx context.Context, s settlement) error {
	for until, refs := range s.keep {
		if err := l.staged.Postpone(ctx, until, refs...); err != nil {
			return Unavailable(err)
		}
	}
	return nil
}
