package app

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

const (
	reapEvery     = time.Second
	headroomEvery = 500 * time.Millisecond
	checkEvery    = 2 * time.Second
	serveEvery    = time.Second
	trimEvery     = time.Hour
)

// background keeps the ledger tidy: holds that ran out are ended, who waits in line is served, the hints on limits are refreshed, and old events
// are deleted.
func (a *App) background(ctx context.Context) {
	a.every(ctx, reapEvery, "reap", func(ctx context.Context) error {
		for ctx.Err() == nil {
			n, err := a.engine.Ledger.Reap(ctx)
			a.metrics.Reaped(n)
			if err != nil || n == 0 {
				return err
			}
		}
		return nil
	})
	a.every(ctx, serveEvery, "serve the waiting lists", a.engine.Ledger.ServeWaiting)
	a.every(ctx, trimEvery, "trim the log of events", a.trimLog)
	a.every(ctx, checkEvery, "reach the store", a.checkStore)
	a.every(ctx, headroomEvery, "refresh the limits", a.engine.Headroom.Refresh)
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
			failing = a.attempt(ctx, what, failing, work)
		}
	})
}

func (a *App) attempt(ctx context.Context, what string, failing bool, work func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(ctx, a.cfg.Deadline)
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
