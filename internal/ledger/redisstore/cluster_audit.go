package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

var _ ledger.Auditor = (*Cluster)(nil)

// auditScript reads all keys of a limit as of one moment.
const auditScript = "return {redis.call('HGETALL', KEYS[1]), redis.call('ZRANGE', KEYS[2], 0, -1), redis.call('ZRANGE', KEYS[3], 0, -1), redis.call('HGETALL', KEYS[4])}"

// AuditLimit returns all that is kept of a limit, as of one moment. What an entry borrows counts with the one that lends it.
func (c *Cluster) AuditLimit(ctx context.Context, limit string) (ledger.LimitState, error) {
	l := c.names.limit(limit)
	var answer *redis.Cmd
	err := c.readScript(ctx, newScript(auditScript), func(pipe redis.Pipeliner, command, text string) {
		answer = pipe.Do(ctx, append([]any{command, text, len(l.all())}, l.all()...)...)
	})
	if err != nil {
		return ledger.LimitState{}, c.explain(ctx, "audit", err)
	}
	parts, err := answer.Slice()
	if err != nil || len(parts) != len(l.all()) {
		return ledger.LimitState{}, c.explain(ctx, "audit", errors.Join(err, fmt.Errorf("%d answers, want %d", len(parts), len(l.all()))))
	}
	state, err := new(Store).limitState(limit, flatMap(parts[0]), texts(parts[1]))
	if err != nil {
		return state, err
	}
	for field, value := range flatMap(parts[3]) {
		if err := borrow(state.Entries, field, value); err != nil {
			return state, fmt.Errorf("redisstore: audit: %s holds %q for %q", l.loans, value, field)
		}
	}
	for _, id := range texts(parts[2]) {
		state.Open = append(state.Open, surprise.ClaimID(id))
	}
	return state, nil
}

// texts reads a list within another answer.
func texts(answer any) []string {
	items, _ := answer.([]any)
	found := make([]string, len(items))
	for i, item := range items {
		found[i], _ = item.(string)
	}
	return found
}

// MendLimit makes what a limit keeps follow from its entries, at one moment, and lists it. What was reserved without a mark is open from now on.
func (c *Cluster) MendLimit(ctx context.Context, limit string) error {
	if err := ctx.Err(); err != nil {
		return c.explain(ctx, "mend", err)
	}
	c.registered.forget(limit)
	err := c.register(ctx, limit)
	if err == nil {
		var answer int64
		answer, err = c.run(ctx, newScript(mendScript), c.names.limit(limit).all(), []any{maxGaps})
		err = errors.Join(err, tooHigh(limit, answer))
	}
	return c.explain(ctx, "mend", err)
}

// Unlisted returns the limits that have a key and are in no set of names. It looks at all keys of all masters.
func (c *Cluster) Unlisted(ctx context.Context) (missing []string, err error) {
	err = c.scanNames(ctx, "l:", "}:l", func(limits []string) error {
		listed := make([]*redis.BoolCmd, len(limits))
		err := c.read(ctx, func(pipe redis.Pipeliner) {
			for i, limit := range limits {
				listed[i] = pipe.SIsMember(ctx, c.names.shard(limit), limit)
			}
		})
		if err != nil {
			return c.explain(ctx, "audit", err)
		}
		for i, limit := range limits {
			if !listed[i].Val() {
				missing = append(missing, limit)
			}
		}
		return nil
	})
	return missing, err
}

// scanNames visits the names of limits that have a key with an ending.
func (c *Cluster) scanNames(ctx context.Context, part, ending string, visit func(limits []string) error) error {
	prefix, _, _ := strings.Cut(tagged(c.names.tenant, part).prefix, "}")
	decode := strings.NewReplacer("%25", "%", "%7B", "{", "%7D", "}")
	return c.scanKeys(ctx, prefix+"*"+ending, func(names []string) error {
		for i, name := range names {
			names[i] = decode.Replace(strings.TrimSuffix(strings.TrimPrefix(name, prefix), ending))
		}
		return visit(names)
	})
}
