package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
)

// clusterEvent is an event and where it is.
type clusterEvent struct {
	partition int
	id        streamID
	data      string
}

// Events returns up to n events after a cursor: those of one customer in their order, those of several by the clocks of their nodes.
func (c *Cluster) Events(ctx context.Context, after string, n int) ([]ledger.Logged, error) {
	if err := ctx.Err(); err != nil {
		return nil, c.explain(ctx, "events", err)
	}
	cursor, ok := decodeCursor(c.names.tenant, after, len(c.names.partitions))
	switch {
	case !ok:
		return nil, ledger.ErrCursor
	case n <= 0:
		return nil, nil
	}
	found, err := c.eventsAfter(ctx, cursor, n)
	if err == nil && len(found) == 0 && after != "" {
		err = c.checkCursor(ctx, cursor)
	}
	if err != nil && !errors.Is(err, ledger.ErrCursor) {
		err = c.explain(ctx, "events", err)
	}
	logged := make([]ledger.Logged, len(found))
	for i, e := range found {
		cursor[e.partition] = e.id
		logged[i] = ledger.Logged{Cursor: cursor.encode(c.names.tenant), Data: []byte(e.data)}
	}
	return logged, err
}

// eventsAfter asks each partition for n and returns the first n of all.
func (c *Cluster) eventsAfter(ctx context.Context, cursor clusterCursor, n int) ([]clusterEvent, error) {
	answers := make([]*redis.XMessageSliceCmd, len(cursor))
	err := c.read(ctx, func(pipe redis.Pipeliner) {
		for i, p := range c.names.partitions {
			answers[i] = pipe.XRangeN(ctx, p.log(), "("+cursor[i].String(), "+", int64(n))
		}
	})
	if err != nil {
		return nil, err
	}
	var all []clusterEvent
	for i, answer := range answers {
		for _, m := range answer.Val() {
			data, isEvent := m.Values[eventField].(string)
			id, isID := parseID(m.ID)
			if !isEvent || !isID {
				return nil, fmt.Errorf("%s in %s is no event", m.ID, c.names.partitions[i].log())
			}
			all = append(all, clusterEvent{partition: i, id: id, data: data})
		}
	}
	// Stable, because the events of a partition are in order already.
	slices.SortStableFunc(all, func(a, b clusterEvent) int {
		return cmp.Or(cmp.Compare(a.id.ms, b.id.ms), cmp.Compare(a.partition, b.partition))
	})
	return all[:min(n, len(all))], nil
}

// checkCursor finds a cursor beyond all that some partition ever gave: it is of another log, or of one that was lost.
func (c *Cluster) checkCursor(ctx context.Context, cursor clusterCursor) error {
	for i, p := range c.names.partitions {
		if cursor[i] == (streamID{}) {
			continue
		}
		var info *redis.XInfoStreamCmd
		err := c.again(ctx, readAgain, func() error {
			info = c.client.XInfoStream(ctx, p.log())
			return info.Err()
		})
		if err != nil && strings.Contains(err.Error(), "no such key") {
			return ledger.ErrCursor
		}
		if err != nil {
			return err
		}
		if last, ok := parseID(info.Val().LastGeneratedID); ok && last.before(cursor[i]) {
			return ledger.ErrCursor
		}
	}
	return nil
}

// LastEvent returns the cursor behind the latest event of each partition; empty where there is none.
func (c *Cluster) LastEvent(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", c.explain(ctx, "last event", err)
	}
	answers := make([]*redis.XMessageSliceCmd, len(c.names.partitions))
	err := c.read(ctx, func(pipe redis.Pipeliner) {
		for i, p := range c.names.partitions {
			answers[i] = pipe.XRevRangeN(ctx, p.log(), "+", "-", 1)
		}
	})
	if err != nil {
		return "", c.explain(ctx, "last event", err)
	}
	cursor := make(clusterCursor, len(answers))
	for i, answer := range answers {
		if last := answer.Val(); len(last) > 0 {
			cursor[i], _ = parseID(last[0].ID)
		}
	}
	if cursor.isStart() {
		return "", nil
	}
	return cursor.encode(c.names.tenant), nil
}

// TrimEvents deletes up to n events that were committed before t by the clocks of their nodes, one partition after the other.
func (c *Cluster) TrimEvents(ctx context.Context, t time.Time, n int) (trimmed int, err error) {
	if err := ctx.Err(); err != nil || n <= 0 || t.UnixMilli() <= 0 {
		return 0, c.explain(ctx, "trim events", err)
	}
	end := fmt.Sprintf("(%d-0", t.UnixMilli())
	for _, p := range c.names.partitions {
		if trimmed >= n {
			break
		}
		got, err := c.run(ctx, newScript(trimScript), []any{p.log()}, []any{end, n - trimmed})
		if err != nil {
			return trimmed, c.explain(ctx, "trim events", err)
		}
		trimmed += int(got)
	}
	return trimmed, nil
}
