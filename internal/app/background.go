package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/surprise-service/surprised/internal/ledger"
)

const (
	reapEvery     = time.Second
	headroomEvery = 500 * time.Millisecond
	checkEvery    = 2 * time.Second
	serveEvery    = time.Second
	trimEvery     = time.Hour
	sweepEvery    = time.Hour
	// sweepFor bounds one walk over the store.
	sweepFor = 10 * time.Minute
)

// background keeps the ledger tidy: holds that ran out are ended, who waits in line is served, the hints on limits are refreshed, and old events
// are deleted.
func (a *App) background(ctx context.Context) {
	var before ledger.ReapCounts
	a.every(ctx, reapEvery, "reap", func(ctx context.Context) error {
		err := a.reap(ctx)
		before = a.countReaped(before)
		return err
	})
	a.every(ctx, reapEvery, "settle reservations", a.reapLimits)
	a.every(ctx, checkEvery, "work by the clocks, which differ", a.checkClock)
	a.everyFor(ctx, sweepEvery, sweepFor, "drop limits of old periods", a.sweep)
	a.every(ctx, serveEvery, "serve the waiting lists", a.engine.Ledger.ServeWaiting)
	a.every(ctx, trimEvery, "trim the log of events", a.trimLog)
	a.every(ctx, checkEvery, "reach the store", a.checkStore)
	a.every(ctx, headroomEvery, "refresh the limits", a.engine.Headroom.Refresh)
}

func (a *App) reap(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := a.engine.Ledger.Reap(ctx)
		a.metrics.Reaped(n)
		if err != nil || n == 0 {
			return err
		}
	}
	return nil // the rest next time
}

func (a *App) reapLimits(ctx context.Context) error {
	for ctx.Err() == nil {
		if n, err := a.engine.Ledger.ReapLimits(ctx); err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// countReaped passes on what the reaper did since it was last asked.
func (a *App) countReaped(before ledger.ReapCounts) ledger.ReapCounts {
	now := a.engine.Ledger.Reaped()
	a.metrics.Expired(now.Expired - before.Expired)
	a.metrics.Released(now.Released - before.Released)
	a.metrics.ReaperLag(now.Lag)
	return now
}

func (a *App) sweep(ctx context.Context) error {
	n, err := a.engine.Ledger.SweepLimits(ctx)
	a.metrics.Swept(n)
	return err
}

// checkClock stops claims while the clocks differ. That the store does not answer is told by checkStore.
func (a *App) checkClock(ctx context.Context) error {
	skew, err := a.engine.Ledger.CheckClock(ctx)
	if err == nil {
		a.metrics.ClockSkew(skew)
	}
	if a.engine.Ledger.SkewTooLarge() {
		return fmt.Errorf("the store's clock is %s ahead of this server's: no claims until the clocks are set", skew)
	}
	return nil
}

// trimLog deletes events that are older than the settings want to keep.
func (a *App) trimLog(ctx context.Context) error {
	before := time.Now().Add(-a.cfg.EventRetention)
	for ctx.Err() == nil {
		n, err := a.engine.Ledger.TrimLog(ctx, before)
		switch {
		case err != nil && ctx.Err() == nil:
			return err
		case n == 0:
			return nil
		}
	}
	return nil // the rest next time
}

// checkStore tells health checks whether the store answers, and ends the service when it is no longer the same store.
func (a *App) checkStore(ctx context.Context) error {
	err := a.engine.CheckStore(ctx)
	a.server.SetServing(err == nil)
	if errors.Is(err, errOtherStore) {
		select {
		case a.failed <- err:
		default: // it was told before
		}
	}
	return err
}

// every runs work again and again until the context ends. A failure is logged when it begins, and so is its end.
func (a *App) every(ctx context.Context, interval time.Duration, what string, work func(context.Context) error) {
	a.everyFor(ctx, interval, a.cfg.Deadline, what, work)
}

// everyFor is every with a bound of its own for one run of the work.
func (a *App) everyFor(ctx context.Context, interval, limit time.Duration, what string, work func(context.Context) error) {
	a.wait.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		failing := false
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			failing = a.attempt(ctx, limit, what, failing, work)
		}
	})
}

func (a *App) attempt(ctx context.Context, limit time.Duration, what string, failing bool, work func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := work(ctx)
	switch {
	case err != nil && !failing:
		a.log.Warn("cannot "+what+"; trying on", zap.Error(err))
	case err == nil && failing:
		a.log.Info("can " + what + " again")
	}
	return err != nil
}
