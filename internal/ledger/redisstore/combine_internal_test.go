package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/surprise"
)

// reads stands for a Redis that answers a read when the test says so, with the first byte of each customer.
type reads struct {
	combiner
	t     *testing.T
	began chan read
}

type read struct {
	ctx       context.Context //nolint:containedctx // what the combiner gave it
	customers []surprise.CustomerKey
	end       chan error
}

func newReads(t *testing.T) *reads {
	r := &reads{t: t, began: make(chan read)}
	r.read = func(ctx context.Context, customers []surprise.CustomerKey) ([]any, error) {
		call := read{ctx, append([]surprise.CustomerKey(nil), customers...), make(chan error)}
		r.began <- call
		err := <-call.end
		values := make([]any, len(customers))
		for i, c := range customers {
			values[i] = fmt.Sprint(c[0])
		}
		return values, err
	}
	return r
}

// answer is what a caller got.
type answer struct {
	value any
	err   error
}

func (r *reads) load(ctx context.Context, n byte) <-chan answer {
	got := make(chan answer, 1)
	go func() {
		value, err := r.combiner.load(ctx, surprise.CustomerKey{n})
		got <- answer{value, err}
	}()
	return got
}

// busy has as many reads under way as there may be.
func (r *reads) busy() (under []read, got []<-chan answer) {
	for n := range byte(maxReads) {
		got = append(got, r.load(r.t.Context(), 100+n))
		under = append(under, <-r.began)
	}
	return under, got
}

// waiting returns when so many callers are in the queue.
func (r *reads) waiting(want int) {
	r.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		r.mu.Lock()
		n := len(r.queue)
		r.mu.Unlock()
		if n == want {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("callers in the queue: %d, want %d", n, want)
		}
	}
}

func (r *reads) want(got <-chan answer, value any, err error) {
	r.t.Helper()
	if a := <-got; a.value != value || !errors.Is(a.err, err) {
		r.t.Errorf("got %v, %v, want %v, %v", a.value, a.err, value, err)
	}
}

// idle fails where a read still counts as under way.
func (r *reads) idle() {
	r.t.Helper()
	r.waiting(0)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		r.mu.Lock()
		n := r.reads
		r.mu.Unlock()
		if n == 0 {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("reads under way: %d, want 0", n)
		}
	}
}

// TestCombine has callers who come while reads are under way share the next one. Each gets what is its own.
func TestCombine(t *testing.T) {
	r := newReads(t)
	under, got := r.busy()
	var later []<-chan answer
	for n := range byte(9) {
		later = append(later, r.load(t.Context(), n))
		r.waiting(int(n) + 1)
	}
	under[0].end <- nil
	r.want(got[0], "100", nil)
	joined := <-r.began
	if len(joined.customers) != len(later) {
		t.Errorf("customers of the next read: got %d, want %d", len(joined.customers), len(later))
	}
	joined.end <- nil
	for n, got := range later {
		r.want(got, fmt.Sprint(n), nil)
	}
	under[1].end <- nil
	r.want(got[1], "101", nil)
	r.idle()
}

// TestCombineOneLeaves has one caller give up in the queue and one while its record is under way. The others do not notice.
func TestCombineOneLeaves(t *testing.T) {
	r := newReads(t)
	under, _ := r.busy()
	early, leaveEarly := context.WithCancel(t.Context())
	late, leaveLate := context.WithCancel(t.Context())
	a := r.load(early, 1)
	r.waiting(1)
	b := r.load(late, 2)
	r.waiting(2)
	c := r.load(t.Context(), 3)
	r.waiting(3)
	leaveEarly()
	r.want(a, nil, context.Canceled)
	r.waiting(2)
	under[0].end <- nil
	joined := <-r.began
	if len(joined.customers) != 2 {
		t.Errorf("customers of the next read: got %d, want those of the two who stayed", len(joined.customers))
	}
	leaveLate()
	r.want(b, nil, context.Canceled)
	if joined.ctx.Err() != nil {
		t.Error("one who left ended the read of another")
	}
	joined.end <- nil
	r.want(c, "3", nil)
	under[1].end <- nil
	r.idle()
}

// TestCombineFails tells a failure to those who took part, and to nobody else.
func TestCombineFails(t *testing.T) {
	r := newReads(t)
	under, got := r.busy()
	a, b := r.load(t.Context(), 1), r.load(t.Context(), 2)
	r.waiting(2)
	under[0].end <- nil
	joined := <-r.began
	c := r.load(t.Context(), 3)
	r.waiting(1)
	lost := errors.New("connection lost")
	joined.end <- lost
	r.want(a, nil, lost)
	r.want(b, nil, lost)
	(<-r.began).end <- nil
	r.want(c, "3", nil)
	r.want(got[0], "100", nil)
	under[1].end <- lost
	r.want(got[1], nil, lost)
	r.idle()
}

// TestCombineDeadline ends a read with the last deadline of its callers.
func TestCombineDeadline(t *testing.T) {
	r := newReads(t)
	under, _ := r.busy()
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	later, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	a, b := r.load(soon, 1), r.load(later, 2)
	r.waiting(2)
	under[0].end <- nil
	joined := <-r.began
	got, _ := joined.ctx.Deadline()
	if want, _ := later.Deadline(); !got.Equal(want) {
		t.Errorf("deadline of the read: got %v, want %v", got, want)
	}
	joined.end <- nil
	r.want(a, "1", nil)
	r.want(b, "2", nil)
	under[1].end <- nil
	r.idle()
}

// TestCombineStalls has all reads under way stall, as on connections that died unnoticed. Who comes later does not wait for them for long, in the queue or not.
func TestCombineStalls(t *testing.T) {
	r := newReads(t)
	under, stuck := r.busy()
	a := r.load(t.Context(), 1)
	(<-r.began).end <- nil
	r.want(a, "1", nil)
	r.waiting(0)
	b := r.load(t.Context(), 2)
	r.waiting(1)
	under[0].end <- nil
	joined := <-r.began // and now this one stalls
	(<-r.began).end <- nil
	r.want(b, "2", nil)
	joined.end <- errors.New("dead after all")
	under[1].end <- nil
	r.want(stuck[1], "101", nil)
	r.idle()
}

// TestCombineMany joins no more than maxJoined, and serves all; those who leave in between leave nothing behind.
func TestCombineMany(t *testing.T) {
	var c combiner
	var mu sync.Mutex
	most := 0
	c.read = func(_ context.Context, customers []surprise.CustomerKey) ([]any, error) {
		mu.Lock()
		most = max(most, len(customers))
		mu.Unlock()
		time.Sleep(100 * time.Microsecond) // the round trip
		values := make([]any, len(customers))
		for i, key := range customers {
			values[i] = key
		}
		return values, nil
	}
	var all sync.WaitGroup
	for n := range 500 {
		all.Go(func() {
			for i := range 40 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+(n+i)%5)*time.Millisecond)
				key := surprise.CustomerKey{byte(n), byte(n >> 8), byte(i)}
				if got, err := c.load(ctx, key); got != any(key) && (got != nil || ctx.Err() == nil) {
					t.Errorf("load %v: got %v, %v", key, got, err)
				}
				cancel()
			}
		})
	}
	all.Wait()
	if most > maxJoined || most < 2 {
		t.Errorf("most records in one read: %d, want 2 to %d", most, maxJoined)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		reads, queue := c.reads, len(c.queue)
		c.mu.Unlock()
		if reads == 0 && queue == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("left behind: %d reads, %d in the queue", reads, queue)
		}
	}
}
