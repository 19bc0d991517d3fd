package memstore

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
)

// eventLog keeps events in their order. Their cursors count from 1.
type eventLog struct {
	last   uint64 // the latest cursor given
	events []logged
}

type logged struct {
	cursor uint64
	ledger.Event
}

func (l *eventLog) append(events []ledger.Event) {
	for _, e := range events {
		l.last++
		l.events = append(l.events, logged{cursor: l.last, Event: e})
	}
}

// after returns the events after a cursor.
func (l *eventLog) after(cursor string) ([]logged, error) {
	if cursor == "" {
		return l.events, nil
	}
	n, err := strconv.ParseUint(cursor, 10, 64)
	if err != nil || n == 0 || n > l.last || formatCursor(n) != cursor {
		return nil, ledger.ErrCursor
	}
	at, _ := slices.BinarySearchFunc(l.events, n+1, func(e logged, n uint64) int { return cmp.Compare(e.cursor, n) })
	return l.events[at:], nil
}

func formatCursor(n uint64) string { return strconv.FormatUint(n, 10) }

// Events returns up to n events after a cursor, the oldest first.
func (s *Store) Events(ctx context.Context, after string, n int) ([]ledger.Logged, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	events, err := s.log.after(after)
	if err != nil {
		return nil, err
	}
	found := make([]ledger.Logged, min(len(events), max(n, 0)))
	for i := range found {
		found[i] = ledger.Logged{Cursor: formatCursor(events[i].cursor), Data: events[i].Data}
	}
	return found, nil
}

// LastEvent returns the cursor of the latest event; empty where there is none.
func (s *Store) LastEvent(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil || len(s.log.events) == 0 {
		return "", err
	}
	return formatCursor(s.log.last), nil
}

// TrimEvents deletes up to n events from before t, up to the first that is not.
func (s *Store) TrimEvents(ctx context.Context, t time.Time, n int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	trimmed := 0
	for _, e := range s.log.events {
		if trimmed >= n || !e.Time.Before(t) {
			break
		}
		trimmed++
	}
	if trimmed > 0 {
		s.log.events = slices.Clone(s.log.events[trimmed:]) // lets go of what was before
	}
	return trimmed, nil
}
