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

	mu    sync.RWMutex
	known map[string]usage
}

type usage struct {
	used    int64
	read    bool // used was read from the store
	touched time.Time
}

// NewHeadroom returns an empty cache over a store's limits.
func NewHeadroom(limits Limits, clock func() time.Time) *Headroom {
	return &Headroom{limits: limits, clock: clock, known: map[string]usage{}}
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
	h.mu.RLock()
	u, ok := h.known[limit]
	h.mu.RUnlock()
	if !ok || h.clock().Sub(u.touched) > forgetAfter/2 {
		h.touch(limit)
	}
	return !u.read || u.used+amount <= capacity
}

// Known reports whether a limit was read from the store.
func (h *Headroom) Known(limit string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.known[limit].read
}

func (h *Headroom) touch(limit string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u, ok := h.known[limit]
	if !ok && len(h.known) >= maxTracked {
		return
	}
	u.touched = h.clock()
	h.known[limit] = u
}

// Refresh reads all limits that were asked for lately.
func (h *Headroom) Refresh(ctx context.Context) error {
	keys := h.recent()
	if len(keys) == 0 {
		return nil
	}
	used, err := h.limits.Usage(ctx, keys...)
	if err != nil {
		return Unavailable(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, k := range keys {
		if u, ok := h.known[k]; ok {
			u.used, u.read = used[i], true
			h.known[k] = u
		}
	}
	return nil
}

// recent forgets what nobody asks for any more, and returns the rest.
func (h *Headroom) recent() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var keys []string
	for k, u := range h.known {
		if h.clock().Sub(u.touched) > forgetAfter {
			delete(h.known, k)
			continue
		}
		keys = append(keys, k)
	}
	return keys
}
