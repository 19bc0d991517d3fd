package redisstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

//go:embed cluster_repair.lua
var clusterRepairScript string

var _ ledger.Walker = (*Cluster)(nil)

// Scripts that read two keys as of one moment.
const (
	recordAndDueScript  = "return {redis.call('GET', KEYS[1]), redis.call('ZSCORE', KEYS[2], ARGV[1])}"
	limitAndLoansScript = "return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}"
)

// scan visits the names of a kind of keys in all partitions, without what comes before the name. Keys of a slot that moves meanwhile may be named twice,
// or not at all.
func (c *Cluster) scan(ctx context.Context, kind string, visit func(names []string) error) error {
	return c.scanKeys(ctx, tagged(c.names.tenant, "p*").prefix+kind+"*", func(names []string) error {
		for i, name := range names {
			_, names[i], _ = strings.Cut(name, "}:"+kind)
		}
		return visit(names)
	})
}

// scanKeys visits the keys of all masters that match a pattern.
func (c *Cluster) scanKeys(ctx context.Context, pattern string, visit func(names []string) error) error {
	var mu sync.Mutex
	var masters []*redis.Client
	err := c.client.ForEachMaster(ctx, func(_ context.Context, node *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		masters = append(masters, node)
		return nil
	})
	if err != nil {
		return c.explain(ctx, "walk", err)
	}
	for _, node := range masters {
		for cursor := uint64(0); ; {
			names, next, err := node.Scan(ctx, cursor, pattern, walkPage).Result()
			if err != nil {
				return c.explain(ctx, "walk", err)
			}
			if err := visit(names); err != nil {
				return err
			}
			if cursor = next; cursor == 0 {
				break
			}
		}
	}
	return nil
}

// WalkRecords visits every record, in no order. It may visit one twice, or miss one, while slots move from node to node.
func (c *Cluster) WalkRecords(ctx context.Context, visit func(surprise.CustomerKey, ledger.Versioned, time.Time) error) error {
	return c.scan(ctx, "c:", func(names []string) error {
		keys := make([]surprise.CustomerKey, len(names))
		for i, name := range names {
			var ok bool
			if keys[i], ok = parseCustomer(name); !ok {
				return fmt.Errorf("redisstore: walk: c:%q names no customer", name)
			}
		}
		return c.visitRecords(ctx, keys, visit)
	})
}

func (c *Cluster) visitRecords(ctx context.Context, keys []surprise.CustomerKey, visit func(surprise.CustomerKey, ledger.Versioned, time.Time) error) error {
	answers := make([]*redis.Cmd, len(keys))
	err := c.readScript(ctx, newScript(recordAndDueScript), func(pipe redis.Pipeliner, command, text string) {
		for i, key := range keys {
			p := c.names.of(key)
			answers[i] = pipe.Do(ctx, command, text, 2, p.customer(key), p.due(), string(key[:]))
		}
	})
	if err != nil {
		return c.explain(ctx, "walk", err)
	}
	for i, key := range keys {
		pair, err := answers[i].Slice()
		if err != nil || len(pair) != 2 {
			return c.explain(ctx, "walk", errors.Join(err, fmt.Errorf("%d answers, want 2", len(pair))))
		}
		if pair[0] == nil { // deleted meanwhile
			continue
		}
		record, err := decodeRecord(pair[0])
		var due time.Time
		if text, ok := pair[1].(string); ok && err == nil {
			var at float64
			at, err = strconv.ParseFloat(text, 64)
			due = time.UnixMicro(int64(at)).UTC()
		}
		if err != nil {
			return fmt.Errorf("redisstore: walk %s: %w", c.names.of(key).customer(key), err)
		}
		if err := visit(key, record, due); err != nil {
			return err
		}
	}
	return nil
}

// WalkLimits visits every limit, each as of one moment, in no order, and one twice at times. What an entry borrows counts with the one that lends it.
func (c *Cluster) WalkLimits(ctx context.Context, visit func(string, int64, []ledger.LimitEntry) error) error {
	for shard := range c.names.partitions {
		for cursor := uint64(0); ; {
			names, next, err := c.client.SScan(ctx, c.names.registry(shard), cursor, "", walkPage).Result()
			if err != nil {
				return c.explain(ctx, "walk", err)
			}
			for _, name := range names {
				sum, entries, err := c.readLimit(ctx, name)
				if err != nil {
					return err
				}
				if err := visit(name, sum, entries); err != nil {
					return err
				}
			}
			if cursor = next; cursor == 0 {
				break
			}
		}
	}
	return nil
}

func (c *Cluster) readLimit(ctx context.Context, name string) (sum int64, entries []ledger.LimitEntry, err error) {
	l := c.names.limit(name)
	var answer *redis.Cmd
	err = c.readScript(ctx, newScript(limitAndLoansScript), func(pipe redis.Pipeliner, command, text string) {
		answer = pipe.Do(ctx, command, text, 2, l.entries, l.loans)
	})
	if err != nil {
		return 0, nil, c.explain(ctx, "walk", err)
	}
	pair, err := answer.Slice()
	if err != nil || len(pair) != 2 {
		return 0, nil, c.explain(ctx, "walk", errors.Join(err, fmt.Errorf("%d answers, want 2", len(pair))))
	}
	if sum, entries, err = new(Store).decodeLimit(name, flatMap(pair[0])); err != nil {
		return 0, nil, err
	}
	for field, value := range flatMap(pair[1]) {
		if err := borrow(entries, field, value); err != nil {
			return 0, nil, fmt.Errorf("redisstore: walk: %s holds %q for %q", l.loans, value, field)
		}
	}
	return sum, entries, nil
}

// flatMap reads HGETALL's answer within another.
func flatMap(answer any) map[string]string {
	found := make(map[string]string)
	items, _ := answer.([]any)
	for i := 0; i+1 < len(items); i += 2 {
		field, _ := items[i].(string)
		found[field], _ = items[i+1].(string)
	}
	return found
}

// borrow takes a loan, as cluster_limit.lua writes it, out of the entry of its taker.
func borrow(entries []ledger.LimitEntry, field, value string) error {
	length, names, _ := strings.Cut(field, ":")
	n, err := strconv.Atoi(length)
	amount, _, numbered := strings.Cut(value, "#")
	lent, err2 := strconv.ParseInt(amount, 10, 64)
	if err = errors.Join(err, err2); err != nil || n < 0 || n > len(names) {
		return errors.Join(err, errEntry)
	}
	for i := range entries {
		if e := &entries[i]; e.ClaimID == surprise.ClaimID(names[:n]) {
			e.Amount -= lent
			if numbered {
				e.Number = 0
			}
		}
	}
	return nil
}

// WalkIndexes visits every entry of every index, those of one index by place.
func (c *Cluster) WalkIndexes(ctx context.Context, visit func(string, ledger.IndexEntry) error) error {
	all := make(map[string]bool) // an index has a key in each of several partitions
	err := c.scan(ctx, "i:", func(names []string) error {
		for _, name := range names {
			all[name] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for from := (*ledger.IndexPlace)(nil); ; {
			page, err := c.Range(ctx, name, from, walkPage, false)
			if err != nil {
				return err
			}
			for _, e := range page {
				if err := visit(name, e); err != nil {
					return err
				}
			}
			if len(page) < walkPage {
				break
			}
			from = &page[len(page)-1].IndexPlace
		}
	}
	return nil
}

// DropLimit deletes a limit with all its entries.
func (c *Cluster) DropLimit(ctx context.Context, limit string) error {
	if err := ctx.Err(); err != nil {
		return c.explain(ctx, "drop limit", err)
	}
	l := c.names.limit(limit)
	err := c.again(ctx, readAgain, func() error { return c.client.Unlink(ctx, l.entries, l.freed, l.open, l.loans).Err() })
	if err == nil {
		c.registered.forget(limit)
		err = c.again(ctx, readAgain, func() error { return c.client.SRem(ctx, c.names.shard(limit), limit).Err() })
	}
	return c.explain(ctx, "drop limit", err)
}

func (r *registered) forget(limit string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, limit)
}

// Repair makes the entries of a limit be exactly these, at one moment. It takes a million at most. Those that are not posted are open from now on.
func (c *Cluster) Repair(ctx context.Context, limit string, entries []ledger.LimitEntry) error {
	if err := ctx.Err(); err != nil {
		return c.explain(ctx, "repair", err)
	}
	args, err := repairArgs(limit, entries)
	if err != nil {
		return err
	}
	if err = c.register(ctx, limit); err == nil {
		_, err = c.run(ctx, newScript(clusterRepairScript), c.names.limit(limit).all(), args)
	}
	return c.explain(ctx, "repair", err)
}
