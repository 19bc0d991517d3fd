package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// clusterSoak returns few in an ordinary run, and many when SURPRISED_SOAK is set.
func clusterSoak(few, many int) int {
	if os.Getenv("SURPRISED_SOAK") != "" {
		return many
	}
	return few
}

// claimers claim numbered pieces by the protocol, round after round. A call that fails is made again.
type claimers struct {
	*testing.T
	s       *redisstore.Cluster
	retries atomic.Int64
	rounds  int
	won     int
}

const (
	claimersPerRound = 200
	pieces           = 100
	callTimeout      = 3 * time.Second
	claimTimeout     = 30 * time.Second
)

// round has 200 claimers at once, and checks that 100 got one, each number once.
func (c *claimers) round() {
	c.rounds++
	var all sync.WaitGroup
	var won atomic.Int64
	for i := range claimersPerRound {
		all.Go(func() {
			if c.claim(i) {
				won.Add(1)
			}
		})
	}
	all.Wait()
	c.won += int(won.Load())
	if won.Load() != pieces {
		c.Errorf("round %d: %d claimers got one of %d", c.rounds, won.Load(), pieces)
	}
}

func (c *claimers) limit(round int) string { return fmt.Sprintf("edition|%d|{store}", round) }

func (c *claimers) customer(round, i int) surprise.CustomerKey {
	return surprise.CustomerKey{byte(round >> 8), byte(round), byte(i)}
}

func (c *claimers) id(i int) surprise.ClaimID { return surprise.ClaimID(fmt.Sprint("claim-", i)) }

// claim tries until a record says how it ended.
func (c *claimers) claim(i int) (won bool) {
	key, limit := c.customer(c.rounds, i), c.limit(c.rounds)
	piece := ledger.LimitOp{Limit: limit, Action: ledger.Reserve, ClaimID: c.id(i), Amount: 1, Capacity: pieces, Numbered: true}
	state := ""
	for state == "" {
		err := c.try(func(ctx context.Context) (err error) {
			if state, err = c.found(ctx, key); err != nil || state != "" {
				return err
			}
			err = c.s.Apply(ctx, ledger.Change{Key: key, Data: []byte("HELD"), Limits: []ledger.LimitOp{piece}})
			if full := new(ledger.LimitError); errors.As(err, &full) {
				err = c.s.Apply(ctx, ledger.Change{Key: key, Data: []byte("DENIED")})
			}
			return err
		})
		if err != nil {
			c.Errorf("claim %d of round %d failed for good: %v", i, c.rounds, err)
			return false
		}
	}
	action := ledger.Post
	if state == "DENIED" {
		action = ledger.Release
	}
	settle := ledger.LimitOp{Limit: limit, Action: action, ClaimID: c.id(i)}
	if err := c.try(func(ctx context.Context) error { return c.s.Settle(ctx, settle) }); err != nil {
		c.Errorf("settling claim %d of round %d failed for good: %v", i, c.rounds, err)
	}
	return state == "HELD"
}

// found is state, for an answer to a customer: what an earlier try left may be on one node only.
func (c *claimers) found(ctx context.Context, key surprise.CustomerKey) (string, error) {
	got, err := c.s.Load(ctx, key)
	if err != nil || got[0].Version == 0 {
		return "", err
	}
	if err := c.s.Sync(ctx, key, got[0].Version); err != nil {
		return "", err
	}
	return string(got[0].Data), nil
}

func (c *claimers) state(ctx context.Context, key surprise.CustomerKey) (string, error) {
	got, err := c.s.Load(ctx, key)
	if err != nil {
		return "", err
	}
	return string(got[0].Data), nil
}

// try makes calls until one does not fail; a conflict is no failure.
func (c *claimers) try(call func(ctx context.Context) error) (err error) {
	for end := time.Now().Add(claimTimeout); time.Now().Before(end); c.retries.Add(1) {
		ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
		err = call(ctx)
		cancel()
		if err == nil || errors.Is(err, ledger.ErrConflict) {
			return nil
		}
	}
	return err
}

// until runs rounds until something else is done.
func (c *claimers) until(done <-chan struct{}) {
	for {
		c.round()
		select {
		case <-done:
			return
		default:
		}
	}
}

// check looks at everything again: nobody lost what they were told to have.
func (c *claimers) check() {
	c.Helper()
	for round := 1; round <= c.rounds; round++ {
		var refs []ledger.LimitRef
		holders := make(map[int]bool)
		for i := range claimersPerRound {
			refs = append(refs, ledger.LimitRef{Limit: c.limit(round), ClaimID: c.id(i)})
			if state, err := c.state(c.Context(), c.customer(round, i)); err != nil || state == "" {
				c.Errorf("round %d: record %d says %q, error %v", round, i, state, err)
			} else if state == "HELD" {
				holders[i] = true
			}
		}
		numbers, err := c.s.Numbers(c.Context(), refs...)
		if err != nil {
			c.Fatal(err)
		}
		once := make(map[int64]int)
		for i, n := range numbers {
			if holders[i] != (n > 0) || n > pieces || once[n] > 0 && n > 0 {
				c.Errorf("round %d: claim %d has number %d, held %t", round, i, n, holders[i])
			}
			once[n]++
		}
		usage, err := c.s.Usage(c.Context(), c.limit(round))
		if err != nil || usage[0] != pieces || len(holders) != pieces {
			c.Errorf("round %d: usage %v, error %v, %d holders, want %d", round, usage, err, len(holders), pieces)
		}
	}
	if open, err := c.s.Overdue(c.Context(), time.Now().Add(time.Hour), 1000); err != nil || len(open) != 0 {
		c.Errorf("in the end %d reservations are open, error %v, want none", len(open), err)
	}
	c.Logf("%d rounds, %d calls repeated", c.rounds, c.retries.Load())
}

func clusterClaims(t *testing.T, nodes *ledgertest.ClusterNodes) {
	c := &claimers{T: t, s: openCluster(t, nodes.URL(), redisstore.Options{Tenant: "claims"})}
	for range clusterSoak(3, 1000) {
		c.round()
	}
	c.check()
}

// clusterMoves moves slots with records and limits in use from master to master while claimers claim.
func clusterMoves(t *testing.T, nodes *ledgertest.ClusterNodes) {
	c := &claimers{T: t, s: openCluster(t, nodes.URL(), redisstore.Options{Tenant: "moves"})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		masters := nodes.Masters(t)
		for i := range clusterSoak(5, 50) {
			slot := int(slotOf(t, nodes, fmt.Sprintf("surprised:{moves:p%d}:due", i%16)))
			if i%5 == 4 {
				slot = int(slotOf(t, nodes, "surprised:{moves:l:edition|"+fmt.Sprint(1+i/5)+"|%7Bstore%7D}:l"))
			}
			to := masters[i%len(masters)]
			if to == nodes.Master(t, slot) {
				to = masters[(i+1)%len(masters)]
			}
			nodes.MoveSlot(t, slot, to, nil)
		}
	}()
	c.until(done)
	c.check()
}

func slotOf(t *testing.T, nodes *ledgertest.ClusterNodes, key string) int64 {
	t.Helper()
	look := direct(t, nodes.Servers[0].URL())
	slot, err := look.ClusterKeySlot(t.Context(), key).Result()
	if err != nil {
		t.Error(err)
	}
	return slot
}

// clusterFailover has replicas take over from masters that are well. Its store waits for a replica: on a busy machine, nodes may take each other for dead
// meanwhile, and then plain replication loses what it had not yet sent.
func clusterFailover(t *testing.T, nodes *ledgertest.ClusterNodes) {
	c := &claimers{T: t, s: openCluster(t, nodes.URL(), redisstore.Options{Tenant: "failover", Replicas: 1, Timeout: time.Second})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range clusterSoak(2, 20) {
			masters := nodes.Masters(t)
			nodes.Failover(t, masters[i%len(masters)])
		}
	}()
	c.until(done)
	c.check()
}

// clusterKill kills masters, with a store that waits for a replica: what it acknowledged is never lost.
func clusterKill(t *testing.T, nodes *ledgertest.ClusterNodes) {
	c := &claimers{T: t, s: openCluster(t, nodes.URL(), redisstore.Options{Tenant: "kill", Replicas: 1, Timeout: time.Second})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range clusterSoak(1, 10) {
			masters := nodes.Masters(t)
			killed := masters[i%len(masters)]
			nodes.Kill(t, killed)
			nodes.AwaitReady(t)
			if err := killed.Start(); err != nil {
				t.Errorf("start again: %v", err)
			}
			nodes.AwaitReady(t)
		}
	}()
	c.until(done)
	c.check()
}

// clusterRedirects moves a slot under a store that does not know: it follows.
func clusterRedirects(t *testing.T, nodes *ledgertest.ClusterNodes) {
	s := openCluster(t, nodes.URL(), redisstore.Options{Tenant: "redirects", Timeout: 100 * time.Millisecond})
	key := surprise.CustomerKey{7}
	version := uint64(0)
	change := func() ledger.Change {
		op := ledger.IndexOp{Index: "wall", IndexEntry: ledger.IndexEntry{IndexPlace: ledger.IndexPlace{Score: int64(version), Member: "m"}}}
		return ledger.Change{Key: key, Expect: version, Due: time.Unix(1, 0), Index: []ledger.IndexOp{op}, Events: []ledger.Event{{Data: []byte("x")}}}
	}
	must := func(when string) {
		t.Helper()
		if err := s.Apply(t.Context(), change()); err != nil {
			t.Fatalf("Apply %s: %v", when, err)
		}
		version++
	}
	must("at first")
	slot := int(slotOf(t, nodes, recordName(t, nodes, "redirects", key)))
	masters := nodes.Masters(t)
	to := masters[0]
	if to == nodes.Master(t, slot) {
		to = masters[1]
	}
	steps, refusals := 0, 0
	nodes.MoveSlot(t, slot, to, func() {
		err := s.Apply(t.Context(), change())
		switch {
		case err == nil:
			version++
		case strings.Contains(err.Error(), "TRYAGAIN") && !errors.Is(err, ledger.ErrConflict):
			refusals++
		default:
			t.Errorf("Apply while the slot is on the move: %v", err)
		}
		steps++
	})
	if steps < 3 || refusals == 0 || refusals > steps-2 {
		t.Errorf("of %d changes while the slot moved, %d found it half moved: want some, and neither the first nor the last", steps, refusals)
	}
	must("after the move")
	got, err := s.Load(t.Context(), key)
	if err != nil || got[0].Version != version {
		t.Errorf("record: got version %d, error %v, want %d", got[0].Version, err, version)
	}
	events, err := s.Events(t.Context(), "", 99)
	if err != nil || len(events) != int(version) {
		t.Errorf("events: got %d, error %v, want %d", len(events), err, version)
	}
}

// recordName finds the key of a record, on whichever node it is.
func recordName(t *testing.T, nodes *ledgertest.ClusterNodes, tenant string, key surprise.CustomerKey) (name string) {
	t.Helper()
	for _, s := range nodes.Servers {
		names, err := direct(t, s.URL()).Keys(t.Context(), "surprised:{"+tenant+":p*}:c:"+key.String()).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			t.Fatal(err)
		}
		for _, n := range names {
			name = n
		}
	}
	return name
}
