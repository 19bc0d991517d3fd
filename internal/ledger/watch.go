package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	eventsAtOnce = 200
	trimAtOnce   = 10_000
	// fromNow asks for only what comes.
	fromNow = "now"
)

// Watch sends the events after a cursor, each at least once, those of one customer in order. At the end of the log it returns, if the request says so,
// else it calls wait and looks again, until wait or the context ends it.
func (l *Ledger) Watch(ctx context.Context, req *surprisev1.WatchRequest, send func(*surprisev1.WatchResponse) error, wait func(ctx context.Context) error) error {
	if err := knownTypes(req.GetTypes()); err != nil {
		return err
	}
	after := req.GetAfter()
	if after == fromNow {
		var err error
		if after, err = l.store.LastEvent(ctx); err != nil {
			return Unavailable(err)
		}
	}
	for {
		events, err := l.events(ctx, after)
		if err != nil {
			return err
		}
		for _, logged := range events {
			after = logged.Cursor
			if err := sendEvent(logged, req.GetTypes(), send); err != nil {
				return err
			}
		}
		if len(events) == eventsAtOnce {
			continue
		}
		if req.GetUntilEnd() {
			return nil
		}
		if err := wait(ctx); err != nil {
			return err
		}
	}
}

// knownTypes refuses types that no event has: who misspelled one would wait for ever.
func knownTypes(types []string) error {
	known := event.Types()
	for i, t := range types {
		if !slices.Contains(known, t) {
			return surprise.FieldErrorf(surprise.InvalidRequest, fmt.Sprintf("types[%d]", i), "no event has the type %q; types are %s", t, surprise.List(known))
		}
	}
	return nil
}

// events returns a page of the log.
func (l *Ledger) events(ctx context.Context, after string) ([]Logged, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	events, err := l.store.Events(ctx, after, eventsAtOnce)
	switch {
	case errors.Is(err, ErrCursor):
		return nil, surprise.FieldErrorf(surprise.InvalidRequest, "after", "the log has no such cursor; send one exactly as it was returned, nothing, or %q", fromNow)
	case err != nil:
		return nil, Unavailable(err)
	}
	return events, nil
}

// sendEvent sends an event if it has one of some types.
func sendEvent(logged Logged, types []string, send func(*surprisev1.WatchResponse) error) error {
	ce, e, err := event.Decode(logged.Data)
	if err != nil {
		return &surprise.Error{Reason: surprise.Internal, Err: err, Message: "the event at " + logged.Cursor + " cannot be read; go on after it"}
	}
	if len(types) > 0 && !slices.Contains(types, e.GetType()) {
		return nil
	}
	return send(&surprisev1.WatchResponse{Cursor: logged.Cursor, Event: ce})
}

// TrimLog deletes a bounded number of events from before a time, and returns how many: where it is not zero, there may be more.
func (l *Ledger) TrimLog(ctx context.Context, before time.Time) (int, error) {
	n, err := l.store.TrimEvents(ctx, before, trimAtOnce)
	if err != nil {
		return n, Unavailable(err)
	}
	return n, nil
}
