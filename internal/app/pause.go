package app

import (
	"context"
	"math/rand/v2"
	"time"
)

// maxPause keeps the waiting between attempts far below any deadline.
const maxPause = 8 * time.Millisecond

// pause waits a random time that grows with the attempts, so that callers at one record get out of each other's way.
func pause(ctx context.Context, attempt int) {
	limit := min(time.Duration(attempt+1)*250*time.Microsecond, maxPause)
	timer := time.NewTimer(rand.N(limit)) //nolint:gosec // only spreads load
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
