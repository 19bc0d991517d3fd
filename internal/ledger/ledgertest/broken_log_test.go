package ledgertest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// TestBrokenLogsFail breaks the duties of the log.
func TestBrokenLogsFail(t *testing.T) {
	testBroken(t, []brokenStore{
		{"logs nothing that it refuses", broken(logDespiteRefusal), "log/a refused change is not in it"},
		{"keeps the order of events", broken(reverseEvents), "log/keeps the order of events"},
		{"logs each event once", broken(logTwice), "log/keeps the order of events"},
		{"logs with the change", broken(logLate), "concurrency/a reader of the log misses nothing"},
		{"refuses foreign cursors", func() ledger.Store { return anyCursor{memstore.New()} }, "log/a cursor that is none"},
		{"goes on after the cursor", func() ledger.Store { return inclusiveLog{memstore.New()} }, "log/goes on after a cursor"},
		{"knows the last event", func() ledger.Store { return firstAsLast{memstore.New()} }, "log/last event"},
		{"trims no more than n", func() ledger.Store { return brokenTrim{memstore.New(), trimAll} }, "log/trim deletes the oldest"},
		{"trims by time", func() ledger.Store { return brokenTrim{memstore.New(), trimWhenever} }, "log/trim spares what is not older"},
		{"trims", func() ledger.Store { return brokenTrim{memstore.New(), trimNothing} }, "log/goes on after all was trimmed"},
	})
}

func logDespiteRefusal(ctx context.Context, s ledger.Store, c ledger.Change) error {
	return despiteRefusal(ctx, s, c, ledger.Change{Events: c.Events})
}

func reverseEvents(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Events = slices.Clone(c.Events)
	slices.Reverse(c.Events)
	return s.Apply(ctx, c)
}

func logTwice(ctx context.Context, s ledger.Store, c ledger.Change) error {
	c.Events = append(slices.Clone(c.Events), c.Events...)
	return s.Apply(ctx, c)
}

// logLate writes the record first and the events some time after, when the writer may have gone on already.
func logLate(ctx context.Context, s ledger.Store, c ledger.Change) error {
	late := c.Events
	c.Events = nil
	if err := s.Apply(ctx, c); err != nil || len(late) == 0 {
		return err
	}
	go func() {
		time.Sleep(time.Duration(10-c.Expect%3) * time.Millisecond)
		_ = dropCompare(context.WithoutCancel(ctx), s, ledger.Change{Key: surprise.CustomerKey{0xff}, Events: late})
	}()
	return nil
}

// anyCursor takes a foreign cursor for the beginning.
type anyCursor struct{ ledger.Store }

func (s anyCursor) Events(ctx context.Context, after string, n int) ([]ledger.Logged, error) {
	found, err := s.Store.Events(ctx, after, n)
	if errors.Is(err, ledger.ErrCursor) {
		return s.Store.Events(ctx, "", n)
	}
	return found, err
}

// inclusiveLog begins with the event of the cursor.
type inclusiveLog struct{ ledger.Store }

func (s inclusiveLog) Events(ctx context.Context, after string, n int) ([]ledger.Logged, error) {
	all, err := s.Store.Events(ctx, "", 1<<20)
	at := slices.IndexFunc(all, func(e ledger.Logged) bool { return e.Cursor == after })
	if err != nil || at < 0 {
		return s.Store.Events(ctx, after, n)
	}
	return all[at:min(len(all), at+max(n, 0))], nil
}

type firstAsLast struct{ ledger.Store }

func (s firstAsLast) LastEvent(ctx context.Context) (string, error) {
	first, err := s.Events(ctx, "", 1)
	if err != nil || len(first) == 0 {
		return "", err
	}
	return first[0].Cursor, nil
}

type brokenTrim struct {
	ledger.Store
	trim func(ctx context.Context, s ledger.Store, t time.Time, n int) (int, error)
}

func (b brokenTrim) TrimEvents(ctx context.Context, t time.Time, n int) (int, error) {
	return b.trim(ctx, b.Store, t, n)
}

func trimAll(ctx context.Context, s ledger.Store, t time.Time, _ int) (int, error) {
	return s.TrimEvents(ctx, t, 1<<20)
}

func trimWhenever(ctx context.Context, s ledger.Store, _ time.Time, n int) (int, error) {
	return s.TrimEvents(ctx, farOff(), n)
}

func trimNothing(context.Context, ledger.Store, time.Time, int) (int, error) { return 0, nil }
