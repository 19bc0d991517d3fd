package redisstore

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

//go:embed cluster_record.lua
var clusterRecordScript string

//go:embed cluster_limit.lua
var clusterLimitScript string

// Cluster is a ledger in a Redis Cluster. OpenCluster makes one.
//
// Customers are spread over a fixed number of partitions, each a slot of its own, where a record and its due time, index entries and events commit
// together. Each limit has a slot of its own too. Apply reserves limits first, writes the record then, and posts or releases last, see ledger.Staged.
//
// It differs from other stores in what reaches over partitions: a reservation that asks for an index reads it just before, not in the same moment; a
// member of an index belongs to the customer whose change put it there, and only changes of that customer may move it or take it out; and the log has the
// events of one customer in order, those of several by the clocks of their nodes. A range, and a page of the log, has each partition as of another moment.
//
// Keys, where N is a customer's partition and LIMIT a limit's name with %, { and } as %XX:
//
//	surprised:{tenant:pN}:c, due, i, m, e   as in Store
//	surprised:{tenant:l:LIMIT}:l, f         a limit and its freed numbers, as in Store
//	surprised:{tenant:l:LIMIT}:o            sorted set: claim id, by the time in milliseconds since which it is neither posted nor given back
//	surprised:{tenant:l:LIMIT}:h            hash: what a change gives up and takes at once, see cluster_limit.lua
//	surprised:{tenant:rN}:limits            set: names of limits; N is by the name
//	surprised:{tenant:meta}:s:<name>        string: secret
//	surprised:{tenant:meta}:format          string: version of this layout
//	surprised:{tenant:meta}:partitions      string: how many partitions there are
type Cluster struct {
	explainer
	client     *redis.ClusterClient
	names      clusterKeys
	replicas   int           // how many must have a change; 0: none
	timeout    time.Duration // of each write and each read, where the context gives no less, and of asking again
	now        func() time.Time
	warn       func(string)
	step       func(string)
	record     script
	limit      script
	registered registered
	walk       registryCursor
	unsettled  atomic.Int64 // how often settling failed, for now
	loads      []combiner   // for each partition
}

var (
	_ ledger.Store   = (*Cluster)(nil)
	_ ledger.Staged  = (*Cluster)(nil)
	_ ledger.Clocked = (*Cluster)(nil)
)

// Due returns up to n customers whose time has come, the earliest first, as Store.Due does.
func (c *Cluster) Due(ctx context.Context, t time.Time, n int) ([]surprise.CustomerKey, error) {
	if err := ctx.Err(); err != nil || n <= 0 {
		return nil, c.explain(ctx, "due", err)
	}
	answers := make([]*redis.ZSliceCmd, len(c.names.partitions))
	err := c.read(ctx, func(pipe redis.Pipeliner) {
		for i, p := range c.names.partitions {
			answers[i] = pipe.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: p.due(), ByScore: true, Start: "-inf", Stop: t.UnixMicro(), Count: int64(n)})
		}
	})
	if err != nil {
		return nil, c.explain(ctx, "due", err)
	}
	var all []redis.Z
	for _, answer := range answers {
		all = append(all, answer.Val()...)
	}
	slices.SortStableFunc(all, func(a, b redis.Z) int { return cmp.Compare(a.Score, b.Score) })
	found := make([]surprise.CustomerKey, min(n, len(all)))
	for i := range found {
		member, ok := all[i].Member.(string)
		if !ok || len(member) != len(found[i]) {
			return nil, fmt.Errorf("redisstore: due: %q is no customer", all[i].Member)
		}
		found[i] = surprise.CustomerKey([]byte(member))
	}
	return found, nil
}

// Secret returns the secret of this name, which is candidate if there was none.
func (c *Cluster) Secret(ctx context.Context, name string, candidate []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, c.explain(ctx, "secret", err)
	}
	secret, err := c.setOnce(ctx, c.names.meta.secret(name), candidate)
	return secret, c.explain(ctx, "secret", err)
}

// setOnce returns what a key holds, which is candidate if there was nothing.
func (c *Cluster) setOnce(ctx context.Context, name string, candidate any) ([]byte, error) {
	// What is there was waited for by whoever stored it: a service can start while a replica is missing.
	if found, err := c.client.Get(ctx, name).Bytes(); !errors.Is(err, redis.Nil) {
		return found, err
	}
	set := func() error { return c.client.SetNX(ctx, name, candidate, 0).Err() }
	if c.replicas > 0 { // the same with a script, which waits for replicas
		set = func() error {
			_, err := c.run(ctx, newScript("redis.call('SETNX', KEYS[1], ARGV[1]) redis.call('APPEND', KEYS[1], '') return 0"), []any{name}, []any{candidate})
			return err
		}
	}
	if err := set(); err != nil {
		return nil, err
	}
	return c.client.Get(ctx, name).Bytes()
}

// Ping reports whether all partitions answer.
func (c *Cluster) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return c.explain(ctx, "ping", err)
	}
	return c.explain(ctx, "ping", c.read(ctx, func(pipe redis.Pipeliner) {
		for _, p := range c.names.partitions {
			pipe.Exists(ctx, p.due())
		}
	}))
}

// Time returns the time of one of the nodes, to the microsecond, as of some moment within the call.
func (c *Cluster) Time(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, c.explain(ctx, "time", err)
	}
	node, err := c.client.MasterForKey(ctx, c.names.meta.format())
	if err != nil {
		return time.Time{}, c.explain(ctx, "time", err)
	}
	now, err := node.Time(ctx).Result()
	if err != nil {
		c.client.ReloadState(ctx)
		return time.Time{}, c.explain(ctx, "time", err)
	}
	return now.UTC(), nil
}

// Close ends all connections. Closing again does nothing.
func (c *Cluster) Close() error {
	if err := c.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return c.explain(context.Background(), "close", err)
	}
	return nil
}
