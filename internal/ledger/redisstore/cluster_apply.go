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
	// claimerDeadline is how long after its begin a change may still write its record. Whoever was paused longer can't know who has settled its
	// reservations meanwhile.
	claimerDeadline = 30 * time.Second
	// writeMargin is the least time that must be left to write a record: with less, the outcome would hardly ever be known.
	writeMargin = 10 * time.Millisecond
)

// errPaused is returned instead of writing a record too late. It is safe to repeat the whole transaction.
var errPaused = fmt.Errorf("the change was paused for more than %s and is not written", claimerDeadline)

// Apply commits a change by the protocol of ledger.Staged. Where it returns an error, reservations of the change may stay; where that is neither
// ErrConflict nor a *LimitError, the record may have been written as well.
func (c *Cluster) Apply(ctx context.Context, change ledger.Change) error {
	if err := change.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return c.explain(ctx, "apply", err)
	}
	begin := c.now()
	groups := groupOps(change.Limits)
	if err := c.hold(ctx, change, groups); err != nil {
		return c.refuse(ctx, change, err)
	}
	if err := c.mayWrite(ctx, begin); err != nil {
		return c.explain(ctx, "apply", err)
	}
	answer, err := c.writeRecord(ctx, change)
	if err != nil {
		return c.explain(ctx, "apply", err)
	}
	if answer == conflict {
		return ledger.ErrConflict
	}
	c.step(ledger.StepRecorded)
	if err := c.settle(ctx, groups); err != nil {
		c.tellUnsettled(err)
	}
	c.step(ledger.StepSettled)
	return nil
}

// limitGroup is what a change does to one limit.
type limitGroup struct {
	limit string
	ops   []ledger.LimitOp
	at    []int // the place of each operation in the change
}

// groupOps keeps the order of limits by their first operation, and of operations.
func groupOps(ops []ledger.LimitOp) (groups []*limitGroup) {
	known := make(map[string]*limitGroup)
	for i, op := range ops {
		g := known[op.Limit]
		if g == nil {
			g = &limitGroup{limit: op.Limit}
			known[op.Limit] = g
			groups = append(groups, g)
		}
		g.ops, g.at = append(g.ops, op), append(g.at, i)
	}
	return groups
}

// gains reports whether a group needs room.
func (g *limitGroup) gains() bool { return g.firstGain() >= 0 }

// firstGain is the place in the change of the first reservation; -1: there is none.
func (g *limitGroup) firstGain() int {
	i := slices.IndexFunc(g.ops, func(op ledger.LimitOp) bool { return op.Action == ledger.Reserve })
	if i < 0 {
		return i
	}
	return g.at[i]
}

// gives reports whether there is anything to do after the record is written.
func (g *limitGroup) gives() bool {
	return slices.ContainsFunc(g.ops, func(op ledger.LimitOp) bool { return op.Action != ledger.Reserve })
}

// args are those of cluster_limit.lua.
func (g *limitGroup) args(phase string, behind map[string]bool) []any {
	args := []any{phase}
	for _, op := range g.ops {
		waiting := ""
		if behind[op.Behind] {
			waiting = "1"
		}
		args = append(args, actionName(op), string(op.ClaimID), op.Amount, op.Capacity, waiting)
	}
	return args
}

// refused is an operation that finds no room, by its place in the change.
type refused struct {
	at     int
	behind bool
}

func (r *refused) Error() string { return "operation " + strconv.Itoa(r.at) + " finds no room" }

// hold reserves, one limit after the other, in the order of their first reservations. Of several operations that find no room, the change's first one counts; so after a refusal only those limits
// are asked that have a reservation before it.
func (c *Cluster) hold(ctx context.Context, change ledger.Change, groups []*limitGroup) error {
	behind, err := c.behind(ctx, change.Limits)
	if err != nil {
		return err
	}
	var first *refused
	order := slices.DeleteFunc(slices.Clone(groups), func(g *limitGroup) bool { return !g.gains() })
	slices.SortStableFunc(order, func(a, b *limitGroup) int { return cmp.Compare(a.firstGain(), b.firstGain()) })
	for _, g := range order {
		if first != nil && g.firstGain() > first.at {
			break
		}
		r, err := c.holdLimit(ctx, g, behind)
		if err != nil {
			return err
		}
		c.step(ledger.StepReserved)
		if r != nil && (first == nil || r.at < first.at) {
			first = r
		}
	}
	if first != nil {
		return first
	}
	return nil
}

// holdLimit reserves, and leaves in the group only what settling has to do.
func (c *Cluster) holdLimit(ctx context.Context, g *limitGroup, behind map[string]bool) (*refused, error) {
	if err := c.register(ctx, g.limit); err != nil {
		return nil, err
	}
	cmd, err := c.runAny(ctx, c.limit, c.names.limit(g.limit).all(), g.args("hold", behind))
	if err != nil {
		return nil, err
	}
	answer, err := cmd.Int64Slice()
	if err != nil || len(answer) == 0 {
		return nil, fmt.Errorf("the script answered %v (%w)", cmd.Val(), err)
	}
	n, waiting := answer[0], false
	if n < conflict {
		n, waiting = conflict-n, true
	}
	switch {
	case n == applied:
		g.keep(answer[1:])
		return nil, nil
	case n < 1 || n > int64(len(g.at)):
		return nil, fmt.Errorf("the script answered %d", answer)
	}
	return &refused{at: g.at[n-1], behind: waiting}, nil
}

// keep leaves out the operations that had nothing to post or to give back when the limit was held: what the change itself reserves is not for them.
func (g *limitGroup) keep(effective []int64) {
	ops, at := g.ops, g.at
	g.ops, g.at = nil, nil
	for i, op := range ops {
		if op.Action == ledger.Reserve || slices.Contains(effective, int64(i)+1) {
			g.ops, g.at = append(g.ops, op), append(g.at, at[i])
		}
	}
}

// behind tells for each index that a reservation stands behind whether it has any member, in any partition.
func (c *Cluster) behind(ctx context.Context, ops []ledger.LimitOp) (map[string]bool, error) {
	counts := make(map[string][]*redis.IntCmd)
	for _, op := range ops {
		if op.Behind != "" && op.Action == ledger.Reserve {
			counts[op.Behind] = nil
		}
	}
	if len(counts) == 0 {
		return nil, nil
	}
	err := c.read(ctx, func(pipe redis.Pipeliner) {
		for index := range counts {
			counts[index] = nil
			for _, p := range c.names.partitions {
				counts[index] = append(counts[index], pipe.ZCard(ctx, p.order(index)))
			}
		}
	})
	found := make(map[string]bool)
	for index, answers := range counts {
		found[index] = slices.ContainsFunc(answers, func(n *redis.IntCmd) bool { return n.Val() > 0 })
	}
	return found, err
}

// refuse turns a refusal into the error of the contract: a record of another version comes before a limit without room.
func (c *Cluster) refuse(ctx context.Context, change ledger.Change, err error) error {
	var r *refused
	if !errors.As(err, &r) {
		return c.explain(ctx, "apply", err)
	}
	var version *redis.StringCmd
	err = c.read(ctx, func(pipe redis.Pipeliner) {
		version = pipe.GetRange(ctx, c.names.of(change.Key).customer(change.Key), 0, versionLen-1)
	})
	switch {
	case err != nil:
		return c.explain(ctx, "apply", err)
	case version.Val() != string(encodeVersion(change.Expect)):
		return ledger.ErrConflict
	}
	return &ledger.LimitError{Limit: change.Limits[r.at].Limit, Behind: r.behind}
}

// mayWrite refuses to write a record too late.
func (c *Cluster) mayWrite(ctx context.Context, begin time.Time) error {
	now := c.now()
	if deadline, ok := ctx.Deadline(); ok && deadline.Sub(now) < writeMargin {
		return context.DeadlineExceeded
	}
	if now.Sub(begin) > claimerDeadline {
		return errPaused
	}
	return ctx.Err()
}

// writeRecord writes what is in the customer's partition.
func (c *Cluster) writeRecord(ctx context.Context, change ledger.Change) (answer int64, err error) {
	p := c.names.of(change.Key)
	w := &call{names: p, keys: []any{p.customer(change.Key), p.due(), p.log()}, texts: make([]string, 0, 4+2*len(change.Index))}
	w.args = []any{
		encodeVersion(change.Expect), append(encodeVersion(change.Expect+1), change.Data...), encodeDue(change.Due), change.Key[:], len(change.Index),
	}
	w.putIndex(change)
	return c.run(ctx, c.record, w.keys, w.args)
}

// Sync returns nil when Options.Replicas replicas have the record as of this version.
func (c *Cluster) Sync(ctx context.Context, key surprise.CustomerKey, version uint64) error {
	if err := ctx.Err(); err != nil || c.replicas == 0 {
		return c.explain(ctx, "sync", err)
	}
	answer, err := c.run(ctx, newScript(syncScript), []any{c.names.of(key).customer(key)}, []any{encodeVersion(version)})
	if err == nil && answer != applied {
		return ledger.ErrConflict
	}
	return c.explain(ctx, "sync", err)
}

// settleTries is how often a limit is settled before that is left to whoever looks for what is overdue.
const settleTries = 3

// settle posts and gives back, all limits at once. Each step is idempotent, so it is tried again whatever the error.
func (c *Cluster) settle(ctx context.Context, groups []*limitGroup) error {
	errs := make([]error, len(groups))
	var all sync.WaitGroup
	for i, g := range groups {
		if g.gives() {
			all.Go(func() { errs[i] = c.settleLimit(ctx, g) })
		}
	}
	all.Wait()
	return errors.Join(errs...)
}

func (c *Cluster) settleLimit(ctx context.Context, g *limitGroup) (err error) {
	for range settleTries {
		if _, err = c.runAny(ctx, c.limit, c.names.limit(g.limit).all(), g.args("settle", nil)); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// tellUnsettled warns of the first failure, and of every thousandth.
func (c *Cluster) tellUnsettled(err error) {
	if n := c.unsettled.Add(1); n%1000 == 1 {
		c.warn(fmt.Sprintf("Redis Cluster: settling limits after a change failed %d time(s) so far; what is open is found and settled later: %v", n, c.redact(err)))
	}
}
