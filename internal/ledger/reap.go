package ledger

import (
	"context"
	"errors"
	"fmt"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
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
	_, _, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		m.tick()
		m.changed = true // also where nothing was left to do: the store must learn the new due time
		return nil, nil
	})
	return err
}
