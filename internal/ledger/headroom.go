package ledger

import (
	"context"
	"sync"
	"time"
)

// Headroom remembers how much of each limit is taken, so that Recommend need not ask: a hint that is refreshed in the background. The
// truth is in the store, at claim time.
type Headroom struct {
	limits Limits
	clock  func() time.Time

	pools PoolReader // nil: nothing is known of pools

	mu    sync.RWMutex
	known map[what]usage
}

// PoolReader tells what was imported into pools. A Ledger does.
type PoolReader interface {
	// PoolSizes returns how many codes were imported into each pool, given ones included.
	PoolSizes(ctx context.Context, pools ...string) ([]int64, error)
	// HasFreeSlot reports whether a slot of a pool can still be booked.
	HasFreeSlot(ctx context.Context, pool string) (bool, error)
}

var _ PoolReader = (*Ledger)(nil)

// what is remembered: something about a limit or the pool of its name.
type what struct {
	of   aspect
	name string
}

type aspect int

const (
	taken     aspect = iota // of a limit
	imported                // codes of a pool
	freeSlots               // 1: a pool has some, 0: none
)

type usage struct {
	used    int64
	read    bool // used was read from the store
	touched time.Time
}

// NewHeadroom returns an empty cache over a store's limits.
func NewHeadroom(limits Limits, clock func() time.Time) *Headroom {
	return &Headroom{limits: limits, clock: clock, known: map[what]usage{}}
}

// WithPools makes it remember pools too. It is called before the first use.
func (h *Headroom) WithPools(pools PoolReader) *Headroom {
	h.pools = pools
	return h
}

// forgetAfter is how long a limit that nobody asked for is still refreshed.
const forgetAfter = 10 * time.Minute

// maxTracked bounds the limits that are refreshed: callers choose the names of stores. Of more than these nothing is known here.
const maxTracked = 10_000

// Fits reports whether an amount fits into a limit as far as is known. A limit that was never read is taken to have room, and is read
// with the next Refresh.
func (h *Headroom) Fits(limit string, amount, capacity int64) bool {
	if amount > capacity {
		return false
	}
	u := h.ask(what{taken, limit})
	return !u.read || u.used+amount <= capacity
}

// PoolFits is Fits for a pool of imported codes, whose size is not in the catalogue.
func (h *Headroom) PoolFits(pool string, amount int64) bool {
	size, used := h.ask(what{imported, pool}), h.ask(what{taken, pool})
	return !size.read || !used.read || used.used+amount <= size.used
}

// HasFreeSlot tells whether a pool has a slot that can still be booked, as far as is known.
func (h *Headroom) HasFreeSlot(pool string) bool {
	u := h.ask(what{freeSlots, pool})
	return !u.read || u.used > 0
}

// Known reports whether a limit was read from the store.
func (h *Headroom) Known(limit string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.known[what{taken, limit}].read
}

// ask returns what is remembered, and sees to it that it is refreshed.
func (h *Headroom) ask(w what) usage {
	h.mu.RLock()
	u, ok := h.known[w]
	h.mu.RUnlock()
	if !ok || h.clock().Sub(u.touched) > forgetAfter/2 {
		h.touch(w)
	}
	return u
}

func (h *Headroom) touch(w what) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u, ok := h.known[w]
	if !ok && len(h.known) >= maxTracked {
		return
	}
	u.touched = h.clock()
	h.known[w] = u
}

// Refresh reads all limits and pools that were asked for lately.
func (h *Headroom) Refresh(ctx context.Context) error {
	names := h.recent()
	if keys := names[taken]; len(keys) > 0 {
		used, err := h.limits.Usage(ctx, keys...)
		if err != nil {
			return Unavailable(err)
		}
		h.learn(taken, keys, used)
	}
	if h.pools == nil {
		return nil
	}
	if pools := names[imported]; len(pools) > 0 {
		sizes, err := h.pools.PoolSizes(ctx, pools...)
		if err != nil {
			return err
		}
		h.learn(imported, pools, sizes)
	}
	for _, pool := range names[freeSlots] {
		free, err := h.pools.HasFreeSlot(ctx, pool)
		if err != nil {
			return err
		}
		n := int64(0)
		if free {
			n = 1
		}
		h.learn(freeSlots, []string{pool}, []int64{n})
	}
	return nil
}

func (h *Headroom) learn(of aspect, names []string, values []int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, name := range names {
		if u, ok := h.known[what{of, name}]; ok {
			u.used, u.read = values[i], true
			h.known[what{of, name}] = u
		}
	}
}

// recent forgets what nobody asks for any more, and returns the rest.
func (h *Headroom) recent() map[aspect][]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[aspect][]string{}
	for w, u := range h.known {
		if h.clock().Sub(u.touched) > forgetAfter {
			delete(h.known, w)
			continue
		}
		out[w.of] = append(out[w.of], w.name)
	}
	return out
}
