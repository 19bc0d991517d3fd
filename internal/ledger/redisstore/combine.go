package redisstore

import (
	"context"
	"sync"
	"time"

	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	// maxReads is how many reads of single records are under way at once, as long as Redis answers. More would split what can travel together.
	maxReads = 2
	// maxJoined is how many records travel together at most: a long command holds up all other users of a Redis.
	maxJoined = 128
	// stall is after how long a caller stops waiting for others: longer than any Redis in use takes, and a part of what callers have.
	stall = 200 * time.Millisecond
)

// combiner lets callers who read one record each share round trips. While few reads are under way a caller reads alone, in its own goroutine, and waits
// for nobody. Those who come later wait, and whoever waits when a read ends is served by the next one, all by one command.
//
// A caller leaves at its deadline or when it is cancelled, whatever becomes of those it waits with. Where a connection has died unnoticed, those who wait
// for it go on by themselves, each on a connection of its own. A read ends with the last deadline of its callers.
type combiner struct {
	// read returns what Redis has of customers, in their order. It does not keep the slice.
	read func(ctx context.Context, customers []surprise.CustomerKey) ([]any, error)

	mu    sync.Mutex
	reads int       // guarded by mu: how many are under way, without those of callers who stopped waiting
	queue []*caller // guarded by mu: no longer than there are callers

	idle sync.Pool // of *caller
}

// caller is one that waits.
type caller struct {
	ctx      context.Context //nolint:containedctx // it lives as long as the call
	customer surprise.CustomerKey
	place    int           // in the queue, guarded by the combiner's mu; taken: its record is under way
	done     chan struct{} // gets one element when value and err are there; has room for it
	value    any
	err      error
	stalled  *time.Timer
}

const taken = -1

// load returns what Redis has of a customer.
func (c *combiner) load(ctx context.Context, customer surprise.CustomerKey) (any, error) {
	if w := c.begin(ctx, customer); w != nil {
		return c.wait(ctx, w)
	}
	defer c.pass()
	return c.alone(ctx, customer)
}

func (c *combiner) alone(ctx context.Context, customer surprise.CustomerKey) (any, error) {
	values, err := c.read(ctx, []surprise.CustomerKey{customer})
	if err != nil {
		return nil, err
	}
	return values[0], nil
}

// begin returns nil to a caller who may read now, else its place in the queue.
func (c *combiner) begin(ctx context.Context, customer surprise.CustomerKey) *caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads < maxReads {
		c.reads++
		return nil
	}
	w := c.newCaller()
	w.ctx, w.customer, w.place = ctx, customer, len(c.queue)
	c.queue = append(c.queue, w)
	return w
}

func (c *combiner) newCaller() *caller {
	if w, ok := c.idle.Get().(*caller); ok {
		w.stalled.Reset(stall)
		return w
	}
	return &caller{done: make(chan struct{}, 1), stalled: time.NewTimer(stall)}
}

func (c *combiner) wait(ctx context.Context, w *caller) (any, error) {
	select {
	case <-w.done:
		value, err := w.value, w.err
		w.stalled.Stop()
		w.ctx, w.value, w.err = nil, nil, nil
		c.idle.Put(w) // nobody else knows it any more
		return value, err
	case <-ctx.Done():
		c.leave(w)
		return nil, ctx.Err()
	case <-w.stalled.C:
		c.leave(w)
		return c.alone(ctx, w.customer)
	}
}

// leave takes a caller out of the queue, if it is there. The last one gets its place.
func (c *combiner) leave(w *caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w.stalled.Stop()
	if w.place == taken {
		return
	}
	last := len(c.queue) - 1
	c.queue[w.place] = c.queue[last]
	c.queue[w.place].place = w.place
	c.queue[last] = nil
	c.queue = c.queue[:last]
}

// pass ends a caller's own read. Those who wait are served by a goroutine, so that the caller can go on.
func (c *combiner) pass() {
	if first := c.take(nil); len(first) > 0 {
		go c.serve(first)
	}
}

// serve reads for those who wait until there are none.
func (c *combiner) serve(together []*caller) {
	customers := make([]surprise.CustomerKey, 0, maxJoined)
	for len(together) > 0 {
		customers = customers[:0]
		for _, w := range together {
			customers = append(customers, w.customer)
		}
		c.readFor(together, customers)
		together = c.take(together)
	}
}

// take moves callers out of the queue. When there are none, the read that was under way counts as ended.
func (c *combiner) take(together []*caller) []*caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), maxJoined)
	if n == 0 {
		c.reads--
		return nil
	}
	together = append(together[:0], c.queue[:n]...)
	left := copy(c.queue, c.queue[n:])
	clear(c.queue[left:])
	c.queue = c.queue[:left]
	for i, w := range c.queue {
		w.place = i
	}
	for _, w := range together {
		w.place = taken
	}
	return together
}

func (c *combiner) readFor(together []*caller, customers []surprise.CustomerKey) {
	ctx, cancel := lastDeadline(len(together), func(i int) context.Context { return together[i].ctx })
	defer cancel()
	values, err := c.read(ctx, customers)
	for i, w := range together {
		if w.err = err; err == nil {
			w.value = values[i]
		}
		w.done <- struct{}{}
	}
}

// lastDeadline returns a context that ends with the last deadline of n callers; where one has none it ends only with the client's own timeouts.
func lastDeadline(n int, caller func(i int) context.Context) (context.Context, context.CancelFunc) {
	var last time.Time
	for i := range n {
		deadline, ok := caller(i).Deadline()
		if !ok {
			return context.Background(), func() {}
		}
		if deadline.After(last) {
			last = deadline
		}
	}
	return context.WithDeadline(context.Background(), last)
}
