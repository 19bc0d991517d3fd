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

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

func TestOpenRefusesSentinelURL(t *testing.T) {
	for url, want := range map[string]string{
		"redis+sentinel://host:26379":                 "names no primary",
		"redis+sentinel://host/":                      "names no primary",
		"redis+sentinel://host/?db=1":                 "names no primary",
		"redis+sentinel:///name":                      "names no host",
		"redis+sentinel://a:1,,b:2/name":              "names no host",
		"redis+sentinel://a:1,b:port/name":            "can't be read",
		"redis+sentinel://u:s3cr3t@a:1,b:2/name/x":    "number of a database",
		"redis+sentinel://user@a:1/name":              "no password",
		"rediss+sentinel://u:s3cr3t@a/name/0?timeout": "query",
		"redis+sentinel://u:s3cr3t/pass@a/name":       "names no primary",
	} {
		if strings.Contains(url, "s3cr3t/pass") {
			want = "" // the slash ends the hosts: any refusal will do, but for one that quotes
		}
		t.Run(url, func(t *testing.T) { wantRefusal(t, url, want) })
	}
}

// TestSentinel uses one topology for all, since it takes seconds to start.
func TestSentinel(t *testing.T) {
	s := ledgertest.Sentinel(t)
	t.Run("refusals", func(t *testing.T) {
		at, name := strings.TrimSuffix(s.URL(), "/"+ledgertest.SentinelMaster), "/"+ledgertest.SentinelMaster
		wantRefusal(t, at+"/nobody", "no Sentinel watches", `"nobody"`)
		wantRefusal(t, "redis+sentinel://"+s.Servers[1].Addr+name, "is no Sentinel", "redis://")
		wantRefusal(t, "redis+sentinel://127.0.0.1:1,127.0.0.1:2"+name, "no Sentinel answers", "127.0.0.1:2")
		wantRefusal(t, "redis://"+s.Watchers[0].Addr, "it is a Sentinel", "redis+sentinel://")
		_, err := redisstore.OpenCluster(t.Context(), "redis+cluster://"+s.Watchers[0].Addr, redisstore.Options{})
		if err == nil || !strings.Contains(err.Error(), "no Redis Cluster: if it is a Sentinel, write redis+sentinel://") {
			t.Errorf("a Sentinel as a cluster: %v", err)
		}
		open(t, strings.Replace(s.URL(), "://", "://127.0.0.1:1,", 1), redisstore.Options{})
		open(t, strings.Replace(s.URL(), "://", "://:unused@", 1)+"/3", redisstore.Options{})
	})
	t.Run("warns of local durability", func(t *testing.T) {
		var got []string
		open(t, s.URL(), redisstore.Options{Warn: func(w string) { got = append(got, w) }})
		if all := strings.Join(got, "\n"); !strings.Contains(all, "2 connected replica(s)") || !strings.Contains(all, "set durability to replicated") {
			t.Errorf("got warnings %q, want one about the failover", got)
		}
	})
	var old *ledgertest.Server
	t.Run("failover asked for", func(t *testing.T) {
		testFailover(t, s.URL(), redisstore.Options{Tenant: "asked", Replicas: 1}, func() { old = s.BeginFailover(t) })
	})
	t.Run("conformance", func(t *testing.T) {
		var tenants atomic.Int64
		ledgertest.Run(t, func(t *testing.T) ledger.Store {
			return open(t, s.URL(), redisstore.Options{Tenant: fmt.Sprint("tenant-", tenants.Add(1)), Replicas: 1})
		})
	})
	s.AwaitPrimary(t, old)
	t.Run("primary killed", func(t *testing.T) {
		testFailover(t, s.URL(), redisstore.Options{Tenant: "killed", Replicas: 1}, func() { old = s.KillPrimary(t) })
	})
	if os.Getenv("SURPRISED_SOAK") == "" {
		return
	}
	if err := old.Start(); err != nil {
		t.Fatal(err)
	}
	s.AwaitPrimary(t, old)
	t.Run("local", func(t *testing.T) {
		w := writeThrough(t, s.URL(), redisstore.Options{Tenant: "local"}, func() { s.BeginFailover(t) })
		t.Logf("without replicated: %d of %d acknowledged changes lost, writes back after %s", w.lost(t), w.acknowledged(), w.pause)
	})
}

// testFailover writes through a failover and finds all that was acknowledged, once.
func testFailover(t *testing.T, url string, opts redisstore.Options, failover func()) {
	w := writeThrough(t, url, opts, failover)
	if lost := w.lost(t); lost != 0 {
		t.Errorf("%d of %d acknowledged changes were lost", lost, w.acknowledged())
	}
	t.Logf("%d acknowledged, %d of them by a retry, %d attempts failed, writes back after %s", w.acknowledged(), w.synced.Load(), w.failed.Load(), w.pause)
}

// writers change records of their own, and take one unit with each.
type writers struct {
	store  *redisstore.Store
	acked  [4]atomic.Int64 // how many each writer was told are done: its first so many
	synced atomic.Int64    // of those, how many Sync acknowledged
	failed atomic.Int64    // attempts
	pause  time.Duration
}

// enough is how many changes each writer makes before the failover, and after it.
const enough = 200

// writeThrough has writers at work before a failover, through it, and after it.
func writeThrough(t *testing.T, url string, opts redisstore.Options, failover func()) *writers {
	t.Helper()
	w := &writers{store: open(t, url, opts)}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var all sync.WaitGroup
	for n := range w.acked {
		all.Go(func() { w.write(ctx, n) })
	}
	w.awaitMore(ctx, t)
	before, start := w.store.Server(ctx), time.Now()
	failover()
	for ctx.Err() == nil {
		now := w.store.Server(ctx)
		if now != "" && now != before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.awaitMore(ctx, t)
	w.pause = time.Since(start).Round(10 * time.Millisecond)
	stop()
	all.Wait()
	return w
}

// awaitMore returns when each writer has made some more changes.
func (w *writers) awaitMore(ctx context.Context, t *testing.T) {
	t.Helper()
	for n := range w.acked {
		for from := w.acked[n].Load(); w.acked[n].Load() < from+enough; time.Sleep(5 * time.Millisecond) {
			if ctx.Err() != nil {
				t.Fatalf("writer %d made %d changes in a minute", n, w.acked[n].Load())
			}
		}
	}
}

func writerKey(writer int, n int64) surprise.CustomerKey {
	return surprise.CustomerKey([]byte(fmt.Sprintf("%c%015d", 'a'+writer, n)))
}

// write makes one change after the other until the context ends.
func (w *writers) write(ctx context.Context, writer int) {
	for n := int64(0); ctx.Err() == nil; n++ {
		change := ledger.Change{Key: writerKey(writer, n), Limits: []ledger.LimitOp{cake(fmt.Sprint(writer, "-", n), 1, 1e9)}}
		for ctx.Err() == nil {
			if w.attempt(ctx, change) == nil {
				w.acked[writer].Add(1)
				break
			}
			w.failed.Add(1)
			time.Sleep(time.Millisecond)
		}
	}
}

// attempt does what the ledger does: it loads, and applies, or makes sure of what it finds.
func (w *writers) attempt(ctx context.Context, change ledger.Change) error {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	found, err := w.store.Load(ctx, change.Key)
	switch {
	case err != nil:
		return err
	case found[0].Version == 0:
		return w.store.Apply(ctx, change)
	}
	if err := w.store.Sync(ctx, change.Key, found[0].Version); err != nil {
		return err
	}
	w.synced.Add(1)
	return nil
}

func (w *writers) acknowledged() (n int64) {
	for i := range w.acked {
		n += w.acked[i].Load()
	}
	return n
}

// lost counts what was acknowledged and is not there, and fails where something is there twice.
func (w *writers) lost(t *testing.T) (lost int64) {
	t.Helper()
	there := make(map[surprise.ClaimID]bool)
	err := w.store.WalkLimits(t.Context(), func(limit string, sum int64, entries []ledger.LimitEntry) error {
		for _, e := range entries {
			there[e.ClaimID] = true
		}
		if int64(len(there)) != sum {
			return fmt.Errorf("limit %s: %d entries of one unit add up to %d", limit, len(there), sum)
		}
		return nil
	})
	if err != nil || len(there) == 0 {
		t.Fatalf("found %d changes, error %v", len(there), errors.Join(err))
	}
	for writer := range w.acked {
		for n := range w.acked[writer].Load() {
			if !there[surprise.ClaimID(fmt.Sprint(writer, "-", n))] {
				lost++
			}
		}
	}
	return lost
}
