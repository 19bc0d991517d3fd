package redisstore

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
)

//go:embed trim.lua
var trimScript string

// eventField is the one field of an entry of the log.
const eventField = "event"

// streamID is the id of an entry of the log, and its cursor: milliseconds of Redis's clock, and a number among those of one millisecond.
type streamID struct {
	ms, seq uint64
}

// parseID reads an id as Redis writes it.
func parseID(text string) (streamID, bool) {
	first, second, _ := strings.Cut(text, "-")
	ms, err := strconv.ParseUint(first, 10, 64)
	seq, err2 := strconv.ParseUint(second, 10, 64)
	id := streamID{ms: ms, seq: seq}
	return id, err == nil && err2 == nil && id.String() == text && id != streamID{}
}

func (id streamID) String() string { return fmt.Sprintf("%d-%d", id.ms, id.seq) }

func (id streamID) before(other streamID) bool {
	return id.ms < other.ms || id.ms == other.ms && id.seq < other.seq
}

// Events returns up to n events after a cursor, the oldest first.
func (s *Store) Events(ctx context.Context, after string, n int) ([]ledger.Logged, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.explain(ctx, "events", err)
	}
	id, ok := parseID(after)
	switch {
	case after != "" && !ok:
		return nil, ledger.ErrCursor
	case n <= 0:
		return nil, nil
	case after == "":
		return s.xrange(ctx, "-", n)
	}
	found, err := s.xrange(ctx, "("+after, n)
	if err == nil && len(found) == 0 {
		err = s.checkCursor(ctx, id)
	}
	return found, err
}

func (s *Store) xrange(ctx context.Context, start string, n int) ([]ledger.Logged, error) {
	entries, err := s.client.XRangeN(ctx, s.keys.log(), start, "+", int64(n)).Result()
	if err != nil {
		return nil, s.explain(ctx, "events", err)
	}
	found := make([]ledger.Logged, len(entries))
	for i, e := range entries {
		data, ok := e.Values[eventField].(string)
		if !ok {
			return nil, fmt.Errorf("redisstore: events: %s in %s is no event", e.ID, s.keys.log())
		}
		found[i] = ledger.Logged{Cursor: e.ID, Data: []byte(data)}
	}
	return found, nil
}

// checkCursor finds a cursor beyond all that this log ever gave: it is of another log, or of one that was lost.
func (s *Store) checkCursor(ctx context.Context, id streamID) error {
	info, err := s.client.XInfoStream(ctx, s.keys.log()).Result()
	if redis.HasErrorPrefix(err, "ERR no such key") || err != nil && strings.Contains(err.Error(), "no such key") {
		return ledger.ErrCursor
	}
	if err != nil {
		return s.explain(ctx, "events", err)
	}
	if last, ok := parseID(info.LastGeneratedID); ok && last.before(id) {
		return ledger.ErrCursor
	}
	return nil
}

// LastEvent returns the cursor of the latest event; empty where there is none.
func (s *Store) LastEvent(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", s.explain(ctx, "last event", err)
	}
	entries, err := s.client.XRevRangeN(ctx, s.keys.log(), "+", "-", 1).Result()
	if err != nil || len(entries) == 0 {
		return "", s.explain(ctx, "last event", err)
	}
	return entries[0].ID, nil
}

// TrimEvents deletes up to n events that were committed before t by Redis's clock, to the millisecond.
func (s *Store) TrimEvents(ctx context.Context, t time.Time, n int) (int, error) {
	if err := ctx.Err(); err != nil || n <= 0 || t.UnixMilli() <= 0 {
		return 0, s.explain(ctx, "trim events", err)
	}
	end := fmt.Sprintf("(%d-0", t.UnixMilli())
	trimmed, err := redis.NewScript(trimScript).Run(ctx, s.client, []string{s.keys.log()}, end, n).Int()
	return trimmed, s.explain(ctx, "trim events", err)
}
