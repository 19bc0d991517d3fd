package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	// registryMax bounds how many limits a process remembers to have registered.
	registryMax = 100_000
	// registryAge is after how long it registers them again, in case a failover lost them or they were dropped.
	registryAge = 10 * time.Minute
	// registryPage is about how many limits are looked at with one round trip.
	registryPage = 500
	// registryPages bounds the round trips of one call of Overdue, beyond one for each shard.
	registryPages = 10
)

// registered is the limits that this process has registered lately.
type registered struct {
	mu    sync.Mutex
	known map[string]struct{} // guarded by mu
	since time.Time           // guarded by mu: the age of known
}

func (r *registered) has(limit string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.since) > registryAge || len(r.known) >= registryMax {
		r.known, r.since = make(map[string]struct{}), now
	}
	_, ok := r.known[limit]
	return ok
}

func (r *registered) add(limit string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[limit] = struct{}{}
}

// register makes a limit one that Overdue and walks find. It comes before the limit's first reservation.
func (c *Cluster) register(ctx context.Context, limit string) error {
	if c.registered.has(limit, c.now()) {
		return nil
	}
	err := c.again(ctx, readAgain, func() error { return c.client.SAdd(ctx, c.names.shard(limit), limit).Err() })
	if err == nil {
		c.registered.add(limit)
	}
	return err
}

// registryCursor is where the next call of Overdue begins.
type registryCursor struct {
	mu    sync.Mutex
	shard int    // guarded by mu
	at    uint64 // guarded by mu: SSCAN's cursor
}

// Overdue returns up to n reservations from before t, by the clocks of their nodes. Each call looks at a bounded part of the limits and goes on where the
// last one of this process ended; those it finds are the oldest of that part.
func (c *Cluster) Overdue(ctx context.Context, t time.Time, n int) ([]ledger.LimitRef, error) {
	if err := ctx.Err(); err != nil || n <= 0 {
		return nil, c.explain(ctx, "overdue", err)
	}
	c.walk.mu.Lock()
	defer c.walk.mu.Unlock()
	var found []openEntry
	shards := len(c.names.partitions)
	for pages, whole := 0, 0; pages < shards+registryPages && whole < shards && len(found) < n; pages++ {
		limits, next, err := c.client.SScan(ctx, c.names.registry(c.walk.shard), c.walk.at, "", registryPage).Result()
		if err != nil {
			return nil, c.explain(ctx, "overdue", err)
		}
		page, err := c.openBefore(ctx, limits, t, n)
		if err != nil {
			return nil, c.explain(ctx, "overdue", err)
		}
		found = append(found, page...)
		if c.walk.at = next; next == 0 {
			c.walk.shard = (c.walk.shard + 1) % shards
			whole++
		}
	}
	slices.SortStableFunc(found, func(a, b openEntry) int { return cmp.Compare(a.since, b.since) })
	refs := make([]ledger.LimitRef, min(n, len(found)))
	for i := range refs {
		refs[i] = found[i].ref
	}
	return refs, nil
}

// openEntry is a reservation that is neither posted nor given back.
type openEntry struct {
	ref   ledger.LimitRef
	since float64 // milliseconds
}

func (c *Cluster) openBefore(ctx context.Context, limits []string, t time.Time, n int) (found []openEntry, err error) {
	answers := make([]*redis.ZSliceCmd, len(limits))
	err = c.read(ctx, func(pipe redis.Pipeliner) {
		for i, limit := range limits {
			answers[i] = pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{
				Key: c.names.limit(limit).open, ByScore: true, Start: "-inf", Stop: "(" + strconv.FormatInt(t.UnixMilli(), 10), Count: int64(n),
			})
		}
	})
	if err != nil {
		return nil, err
	}
	for i, answer := range answers {
		for _, z := range answer.Val() {
			id, _ := z.Member.(string)
			found = append(found, openEntry{ref: ledger.LimitRef{Limit: limits[i], ClaimID: surprise.ClaimID(id)}, since: z.Score})
		}
	}
	return found, nil
}

// Settle posts, releases or refunds entries as their records say.
func (c *Cluster) Settle(ctx context.Context, ops ...ledger.LimitOp) error {
	if err := ctx.Err(); err != nil {
		return c.explain(ctx, "settle", err)
	}
	if err := (ledger.Change{Limits: ops}).Check(); err != nil {
		return err
	}
	groups := groupOps(ops)
	if slices.ContainsFunc(groups, (*limitGroup).gains) {
		return errors.New("redisstore: settle: a reservation needs a change")
	}
	return c.explain(ctx, "settle", c.settle(ctx, groups))
}

// Postpone lets Overdue return these reservations again only after t.
func (c *Cluster) Postpone(ctx context.Context, t time.Time, refs ...ledger.LimitRef) error {
	if err := ctx.Err(); err != nil || len(refs) == 0 {
		return c.explain(ctx, "postpone", err)
	}
	err := c.read(ctx, func(pipe redis.Pipeliner) { // it writes, but may be sent again
		for _, ref := range refs {
			pipe.ZAddXX(ctx, c.names.limit(ref.Limit).open, redis.Z{Score: float64(t.UnixMilli()), Member: string(ref.ClaimID)})
		}
	})
	if err != nil {
		return fmt.Errorf("%w; some may be postponed", c.explain(ctx, "postpone", err))
	}
	return nil
}
