package redisstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
)

// Range returns up to n entries of an index after a place, or those before it from the last. Each partition is asked for n.
func (c *Cluster) Range(ctx context.Context, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	if err := ctx.Err(); err != nil || n <= 0 {
		return nil, c.explain(ctx, "range", err)
	}
	first, last, direction := lexRange(from, backwards)
	answers := make([]*redis.Cmd, len(c.names.partitions))
	err := c.readScript(ctx, newScript(rangeScript), func(pipe redis.Pipeliner, command, text string) {
		for i, p := range c.names.partitions {
			answers[i] = pipe.Do(ctx, command, text, 2, p.order(index), p.members(index), first, last, n, direction)
		}
	})
	if err != nil {
		return nil, c.explain(ctx, "range", err)
	}
	var entries []ledger.IndexEntry
	for i, answer := range answers {
		found, err := decodeRange(answer)
		if err != nil {
			return nil, fmt.Errorf("redisstore: range: %s: %w", c.names.partitions[i].order(index), err)
		}
		entries = append(entries, found...)
	}
	slices.SortFunc(entries, func(a, b ledger.IndexEntry) int { return comparePlaces(a.IndexPlace, b.IndexPlace) })
	if backwards {
		slices.Reverse(entries)
	}
	return entries[:min(n, len(entries))], nil
}

func comparePlaces(a, b ledger.IndexPlace) int {
	return cmp.Or(cmp.Compare(a.Score, b.Score), strings.Compare(a.Member, b.Member))
}

// readScript is read for a script. A node that does not know it by its hash gets the whole text, and then so do all.
func (c *Cluster) readScript(ctx context.Context, s script, fill func(pipe redis.Pipeliner, command, text string)) error {
	err := c.read(ctx, func(pipe redis.Pipeliner) { fill(pipe, "evalsha", s.hash) })
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		err = c.read(ctx, func(pipe redis.Pipeliner) { fill(pipe, "eval", s.text) })
	}
	return err
}

// decodeRange reads the answer of range.lua.
func decodeRange(answer *redis.Cmd) ([]ledger.IndexEntry, error) {
	found, err := answer.StringSlice()
	if err != nil {
		return nil, err
	}
	entries := make([]ledger.IndexEntry, len(found)/2)
	for i := range entries {
		place, value := found[2*i], found[2*i+1]
		if len(place) <= scoreLen {
			return nil, fmt.Errorf("%q is no place", place)
		}
		if entries[i], err = decodeEntry(place[scoreLen:], value); err != nil {
			return nil, fmt.Errorf("%q: %w", place, err)
		}
	}
	return entries, nil
}

// Find returns the entries of members, in their order.
func (c *Cluster) Find(ctx context.Context, index string, members ...string) ([]ledger.IndexEntry, error) {
	if err := ctx.Err(); err != nil || len(members) == 0 {
		return nil, c.explain(ctx, "find", err)
	}
	answers := make([]*redis.SliceCmd, len(c.names.partitions))
	err := c.read(ctx, func(pipe redis.Pipeliner) {
		for i, p := range c.names.partitions {
			answers[i] = pipe.HMGet(ctx, p.members(index), members...)
		}
	})
	if err != nil {
		return nil, c.explain(ctx, "find", err)
	}
	entries := make([]ledger.IndexEntry, len(members))
	for _, answer := range answers {
		for i, value := range answer.Val() {
			text, ok := value.(string)
			if !ok || entries[i].Member != "" {
				continue
			}
			if entries[i], err = decodeEntry(members[i], text); err != nil {
				return nil, fmt.Errorf("redisstore: find: %q in index %q: %w", members[i], index, err)
			}
		}
	}
	return entries, nil
}
