package redisstore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

const readers = 64

// putRecords writes a record for each reader, whose text is its customer.
func putRecords(t *testing.T, s ledger.Store) {
	t.Helper()
	for n := range byte(readers) {
		if err := s.Apply(t.Context(), ledger.Change{Key: customer(n), Data: []byte{n}}); err != nil {
			t.Fatal(err)
		}
	}
}

// keepReading has 64 callers read a record each until stop is closed. An answer must be the caller's own, and so must an error. It returns when all have
// ended, with how many reads went well and how many did not.
func keepReading(t *testing.T, s ledger.Store, patience time.Duration, stop <-chan struct{}) (well, failed *atomic.Int64, wait func()) {
	t.Helper()
	well, failed = new(atomic.Int64), new(atomic.Int64)
	var all sync.WaitGroup
	for n := range byte(readers) {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				got, err := s.Load(ctx, customer(n))
				switch {
				case err != nil && errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
					t.Errorf("reader %d got the deadline of another: %v", n, err)
				case err != nil:
					failed.Add(1)
				case len(got) != 1 || got[0].Version != 1 || string(got[0].Data) != string([]byte{n}):
					t.Errorf("reader %d: got %+v", n, got)
				default:
					well.Add(1)
				}
				cancel()
			}
		})
	}
	return well, failed, all.Wait
}

func awaitMore(t *testing.T, count *atomic.Int64, more int64) {
	t.Helper()
	from, end := count.Load(), time.Now().Add(20*time.Second)
	for count.Load() < from+more {
		if time.Now().After(end) {
			t.Fatalf("counted %d more, want %d", count.Load()-from, more)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestReadsShareRoundTrips has many callers read one record each with few commands.
func TestReadsShareRoundTrips(t *testing.T) {
	url := ledgertest.Redis(t)
	s, look := open(t, url, redisstore.Options{}), direct(t, url)
	putRecords(t, s)
	before := calls(t, look, "mget")
	stop := make(chan struct{})
	well, failed, wait := keepReading(t, s, 10*time.Second, stop)
	awaitMore(t, well, 5000)
	close(stop)
	wait()
	if sent := int64(calls(t, look, "mget") - before); sent > well.Load()/2 || failed.Load() > 0 {
		t.Errorf("%d reads went well and %d failed, with %d commands; want none to fail, with at most half as many", well.Load(), failed.Load(), sent)
	}
}

// TestReadsWhileConnectionsAreCut ends connections under reads: each caller gets its own answer or an error, and all get answers again.
func TestReadsWhileConnectionsAreCut(t *testing.T) {
	url := ledgertest.Redis(t)
	putRecords(t, open(t, url, redisstore.Options{}))
	p := newProxy(t, url)
	s := open(t, p.url, redisstore.Options{})
	stop := make(chan struct{})
	well, _, wait := keepReading(t, s, 10*time.Second, stop)
	for range 10 {
		awaitMore(t, well, 500)
		p.loseReplyTo("mget")
		awaitMore(t, well, 500)
		p.cut()
	}
	awaitMore(t, well, 500)
	close(stop)
	wait()
}

// TestReadsHang has Redis fall silent under reads: each ends with its deadline, leaves nothing running, and reads go on when Redis does.
func TestReadsHang(t *testing.T) {
	const deadline, grace = 100 * time.Millisecond, 50 * time.Millisecond
	url := ledgertest.Redis(t)
	putRecords(t, open(t, url, redisstore.Options{}))
	p := newProxy(t, url)
	s := open(t, p.url, redisstore.Options{Timeout: time.Second})
	p.hang.Store(true)
	before := clientGoroutines()
	slowest := time.Hour
	for range 3 { // the best of three: the machine may be busy with other tests
		slowest = min(slowest, slowestRead(t, s, deadline))
	}
	if slowest > deadline+grace {
		t.Errorf("Load with a deadline of %s while Redis hangs took %s", deadline, slowest)
	}
	for end := time.Now().Add(5 * time.Second); clientGoroutines() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("goroutines of the client: %d before, %d after Redis hung", before, clientGoroutines())
		}
	}
	p.hang.Store(false)
	p.cut() // what was sent meanwhile is lost
	if got, err := s.Load(t.Context(), customer(7)); err != nil || string(got[0].Data) != "\x07" {
		t.Errorf("Load when Redis answers again: got %+v, error %v", got, err)
	}
}

// slowestRead has readers read at once, of which each must end with its deadline.
func slowestRead(t *testing.T, s ledger.Store, deadline time.Duration) (slowest time.Duration) {
	t.Helper()
	took := make(chan time.Duration)
	for n := range byte(readers) {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), deadline)
			defer cancel()
			start := time.Now()
			if _, err := s.Load(ctx, customer(n)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Load while Redis hangs: got error %v, want the deadline's", err)
			}
			took <- time.Since(start)
		}()
	}
	for range readers {
		slowest = max(slowest, <-took)
	}
	return slowest
}

// TestReadsEndWithClose closes the store under reads, also while Redis hangs: all end, and nothing is left running.
func TestReadsEndWithClose(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		url := ledgertest.Redis(t)
		putRecords(t, open(t, url, redisstore.Options{}))
		before := clientGoroutines()
		p := newProxy(t, url)
		s := open(t, p.url, redisstore.Options{})
		stop := make(chan struct{})
		well, failed, wait := keepReading(t, s, 10*time.Second, stop)
		awaitMore(t, well, 500)
		p.hang.Store(hangs)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		awaitMore(t, failed, 2*readers) // each of them, whatever it waited for
		close(stop)
		wait()
		_, err := s.Load(t.Context(), customer(1))
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("Load after Close: got error %v", err)
		}
		for end := time.Now().Add(5 * time.Second); clientGoroutines() > before; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("goroutines of the client: %d before, %d after Close", before, clientGoroutines())
			}
		}
	}
}
