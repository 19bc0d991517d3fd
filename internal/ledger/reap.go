package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// reapBatch bounds the work of one call of Reap.
const reapBatch = 200

// Reap ends up to a batch of holds that ran out, and gives back what they took. Any replica may call it at any time; it returns how many
// records it worked on, and is worth calling again at once when that was not zero.
func (l *Ledger) Reap(ctx context.Context) (int, error) {
	keys, err := l.store.Due(ctx, l.opts.Clock(), reapBatch)
	if err != nil {
		return 0, Unavailable(err)
	}
	done := 0
	var errs []error
	if len(keys) == 0 {
		l.reaped.lag.Store(0)
	}
	for _, key := range keys {
		if ctx.Err() != nil {
			break
		}
		// A record that cannot be read must not keep the others waiting.
		if err := l.reap(ctx, key); err != nil {
			errs = append(errs, fmt.Errorf("customer %s: %w", key, err))
			continue
		}
		done++
	}
	return done, errors.Join(errs...)
}

func (l *Ledger) reap(ctx context.Context, key surprise.CustomerKey) error {
	var lag time.Duration
	expired, released := 0, 0
	_, _, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		if due := m.due(); !due.IsZero() {
			lag = m.now.Sub(due)
		}
		held := m.held()
		m.tick()
		m.changed = true // also where nothing was left to do: the store must learn the new due time
		expired, released = held-m.held(), releases(m.limits)
		return nil, nil
	})
	if err != nil {
		return err
	}
	l.reaped.expired.Add(int64(expired))
	l.reaped.released.Add(int64(released))
	l.reaped.lag.Store(int64(max(lag, 0)))
	return nil
}

func (m *machine) held() int {
	n := 0
	for _, e := range m.rec.GetEntries() {
		if e.GetState() == surprisev1.ClaimState_HELD {
			n++
		}
	}
	return n
}

func releases(ops []LimitOp) int {
	n := 0
	for _, op := range ops {
		if op.Action == Release || op.Action == Refund {
			n++
		}
	}
	return n
}

// ReapCounts are what Reap and ReapLimits did since the start of this process.
type ReapCounts struct {
	// Expired is how many holds ended, Released how many reservations were given back.
	Expired, Released int64
	// Lag is how long ago the record was due that was last worked on; 0 when none was.
	Lag time.Duration
}

type reapCounts struct{ expired, released, lag atomic.Int64 }

// Reaped tells what Reap and ReapLimits did.
func (l *Ledger) Reaped() ReapCounts {
	return ReapCounts{Expired: l.reaped.expired.Load(), Released: l.reaped.released.Load(), Lag: time.Duration(l.reaped.lag.Load())}
}

func (l *Ledger) countReleased(ops []LimitOp) { l.reaped.released.Add(int64(releases(ops))) }
