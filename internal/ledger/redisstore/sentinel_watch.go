package redisstore

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// copies tells how many replicas must have a change before it counts.
//
// With Sentinels that is every replica that could take over. One of two would not do: while Sentinels promote one, the old primary goes on for some
// seconds, and the other replica still confirms what will be thrown away. (Measured: a failover that was asked for lost 11,797 of 160,710 changes that
// one of two replicas had confirmed.) So a watcher asks the Sentinels which replicas they could promote, and counts out those that they can't
// reach for a while. Where most Sentinels can't be asked, or a failover is under way, nothing is counted out, and changes fail rather than get lost.
type copies struct {
	floor int // at least so many
	want  atomic.Int64
	stop  context.CancelFunc
	ended chan struct{} // closed when the watcher has ended
}

// need is how many replicas a change must wait for now.
func (s *Store) need() int {
	if s.copies == nil {
		return s.replicas
	}
	return int(s.copies.want.Load())
}

// watchInterval is how old the count of replicas may be.
const watchInterval = 500 * time.Millisecond

// watcher asks the Sentinels about the primary that a store writes to.
type watcher struct {
	sentinels sentinels
	clients   []*redis.SentinelClient
	store     *redis.Client
	direct    *redis.Client // to the primary that most Sentinels named last; nil at first
	count     count
}

// watch keeps the count up to date until close. It begins with all replicas that are there.
func watch(s sentinels, asksPassword bool, store *redis.Client, floor, online int) *copies {
	ctx, stop := context.WithCancel(context.Background())
	c := &copies{floor: floor, stop: stop, ended: make(chan struct{})}
	c.want.Store(int64(max(floor, online)))
	w := &watcher{sentinels: s, store: store, count: count{want: online}}
	for _, addr := range s.addrs {
		w.clients = append(w.clients, s.client(addr, asksPassword))
	}
	go func() {
		defer close(c.ended)
		defer w.close()
		tick := time.NewTicker(watchInterval)
		defer tick.Stop()
		for ctx.Err() == nil {
			c.want.Store(int64(max(c.floor, w.count.after(w.look(ctx)))))
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	}()
	return c
}

// close ends the watcher.
func (c *copies) close() {
	c.stop()
	<-c.ended
}

func (w *watcher) close() {
	for _, client := range w.clients {
		_ = client.Close()
	}
	if w.direct != nil {
		_ = w.direct.Close()
	}
}

// view is what a Sentinel sees. The zero value: nothing.
type view struct {
	primary string // the address of one that is in order
	// promotable is how many replicas could take its place, listed how many are known, those that are gone included.
	promotable, listed int
	failover           bool // one is under way
}

// look returns what the Sentinel sees that counts most. Without a primary, most don't see the store's own in order.
func (w *watcher) look(ctx context.Context) (seen view) {
	ctx, cancel := context.WithTimeout(ctx, watchInterval)
	defer cancel()
	views := make(chan view)
	for _, client := range w.clients {
		go func() { views <- lookWith(ctx, client, w.sentinels.master) }()
	}
	votes := make(map[string]int)
	for range w.clients {
		v := <-views
		votes[v.primary]++
		seen.promotable, seen.listed = max(seen.promotable, v.promotable), max(seen.listed, v.listed)
		seen.failover = seen.failover || v.failover
	}
	for primary, n := range votes {
		if primary != "" && 2*n > len(w.clients) {
			ours, err := w.writesTo(ctx, primary)
			if ours {
				seen.primary = primary
			}
			seen.failover = seen.failover || err == nil && !ours
		}
	}
	return seen
}

func lookWith(ctx context.Context, client *redis.SentinelClient, master string) view {
	seen, err := client.Master(ctx, master).Result()
	if err != nil {
		return view{}
	}
	if seen["flags"] != "master" { // it is down for this Sentinel, or a failover is under way
		return view{failover: strings.Contains(seen["flags"], "failover_in_progress")}
	}
	replicas, err := client.Replicas(ctx, master).Result()
	if err != nil {
		return view{}
	}
	v := view{primary: net.JoinHostPort(seen["ip"], seen["port"]), listed: len(replicas)}
	for _, r := range replicas {
		// An old primary that came back, or that was replaced while it ran, follows nobody for some seconds. It would be the last to be promoted.
		lost := strings.Contains(r["flags"], "down") || strings.Contains(r["flags"], "disconnected")
		if !lost && r["role-reported"] == "slave" {
			v.promotable++
		}
	}
	return v
}

const (
	// patience is in how many looks in a row a replica must be missing until it is counted out. On a busy machine one is taken for lost now and then, is
	// back in a moment, and can be promoted in the next; and after a failover replicas are missing for a moment too.
	patience = 10
	// blind is after how many looks in a row that saw nothing a failover may be under way unseen.
	blind = 3
)

// count is how many replicas a change must wait for under one primary.
type count struct {
	primary      string
	want, listed int
	// fewer are the looks in a row that saw fewer, and most the most that any of those saw.
	fewer, most int
	failed      int // looks in a row that saw nothing
}

// after returns how many after another look.
func (c *count) after(v view) int {
	if v.primary == "" || v.failover {
		return c.unsure(v.failover)
	}
	c.failed = 0
	if c.primary != "" && v.primary != c.primary { // the old one is missing, and nobody waits for it
		c.want, c.fewer, c.most = max(v.promotable, v.listed-1), 0, 0
	}
	c.primary, c.listed = v.primary, v.listed
	if v.promotable >= c.want {
		c.want, c.fewer, c.most = v.promotable, 0, 0
		return c.want
	}
	c.fewer, c.most = c.fewer+1, max(c.most, v.promotable)
	if c.fewer == patience {
		c.want, c.fewer, c.most = c.most, 0, 0
	}
	return c.want
}

// unsure counts nobody out where one that is gone now may be promoted in the next moment.
func (c *count) unsure(failover bool) int {
	c.fewer, c.most = 0, 0
	if c.failed++; failover || c.failed > blind {
		return max(c.want, c.listed)
	}
	return c.want
}

// writesTo reports whether the store's connections lead to the server at this address, and it is a primary. With an error it is not known.
func (w *watcher) writesTo(ctx context.Context, addr string) (bool, error) {
	if w.direct == nil || w.direct.Options().Addr != addr {
		if w.direct != nil {
			_ = w.direct.Close()
		}
		o := *w.sentinels.options
		o.Addr = addr
		w.direct = redis.NewClient(&o)
	}
	named, err := readInfo(ctx, w.direct)
	if err != nil {
		return false, err
	}
	ours, err := readInfo(ctx, w.store)
	return named["role"] == "master" && ours["run_id"] == named["run_id"], err
}
