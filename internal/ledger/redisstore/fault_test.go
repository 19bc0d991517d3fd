package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// direct is a plain client, to look behind a store.
func direct(t *testing.T, url string) *redis.Client {
	t.Helper()
	opts, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(opts)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// calls returns how often Redis carried out a command.
func calls(t *testing.T, c *redis.Client, command string) int {
	t.Helper()
	stats, err := c.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`cmdstat_` + command + `:calls=(\d+)`).FindStringSubmatch(stats)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func customer(n byte) surprise.CustomerKey { return surprise.CustomerKey{n} }

func cake(id string, amount, capacity int64) ledger.LimitOp {
	return ledger.LimitOp{Limit: "cake", Action: ledger.Reserve, ClaimID: surprise.ClaimID(id), Amount: amount, Capacity: capacity}
}

// wantUnknown asks for an error that leaves the outcome open.
func wantUnknown(t *testing.T, err error) {
	t.Helper()
	var full *ledger.LimitError
	if err == nil || errors.Is(err, ledger.ErrConflict) || errors.As(err, &full) {
		t.Errorf("got error %v, want one that is neither ErrConflict nor a LimitError", err)
	}
}

// TestLostReply loses the reply to a change: it was carried out once, and the caller does not take it for done.
func TestLostReply(t *testing.T) {
	url := ledgertest.Redis(t)
	p, look := newProxy(t, url), direct(t, url)
	s := open(t, p.url, redisstore.Options{})
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(9)}); err != nil { // makes Redis know the script
		t.Fatal(err)
	}
	for round := range 3 {
		before := calls(t, look, "evalsha")
		p.loseReplyTo("evalsha")
		op := cake(fmt.Sprint("claim-", round), 2, 100)
		wantUnknown(t, s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: uint64(round), Limits: []ledger.LimitOp{op}}))
		if got := calls(t, look, "evalsha") - before; got != 1 {
			t.Errorf("the script ran %d times, want once", got)
		}
		got, err := s.Load(t.Context(), customer(1))
		if err != nil || got[0].Version != uint64(round)+1 {
			t.Errorf("record after a lost reply: got %+v, error %v, want version %d", got, err, round+1)
		}
	}
	if sums, err := s.Usage(t.Context(), "cake"); err != nil || sums[0] != 6 {
		t.Errorf("usage: got %v, error %v, want 6", sums, err)
	}
}

// TestLostRead loses replies to reads, which are simply asked again.
func TestLostRead(t *testing.T) {
	p := newProxy(t, ledgertest.Redis(t))
	s := open(t, p.url, redisstore.Options{})
	p.loseReplyTo("mget")
	if _, err := s.Load(t.Context(), customer(1)); err != nil {
		t.Errorf("Load: %v", err)
	}
	p.loseReplyTo("hget")
	if _, err := s.Usage(t.Context(), "cake"); err != nil {
		t.Errorf("Usage: %v", err)
	}
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Index: []ledger.IndexOp{code("a", 1)}}); err != nil {
		t.Fatal(err)
	}
	p.loseReplyTo("evalsha")
	if got, err := s.Range(t.Context(), "codes", nil, 1, false); err != nil || len(got) != 1 {
		t.Errorf("Range: got %v, error %v, want one entry", got, err)
	}
	p.loseReplyTo("setnx")
	if got, err := s.Secret(t.Context(), "name", []byte("secret")); err != nil || string(got) != "secret" {
		t.Errorf("Secret: got %q, error %v", got, err)
	}
}

// TestConnectionsCut ends idle connections, as a restart of Redis or a firewall does: the next change goes through.
func TestConnectionsCut(t *testing.T) {
	p := newProxy(t, ledgertest.Redis(t))
	s := open(t, p.url, redisstore.Options{})
	for version := range uint64(3) {
		p.cut()
		time.Sleep(20 * time.Millisecond)
		if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: version}); err != nil {
			t.Errorf("Apply after connections were cut: %v", err)
		}
	}
}

// TestHang has Redis fall silent: every call ends with its deadline, and leaves nothing running.
func TestHang(t *testing.T) {
	const deadline, grace = 100 * time.Millisecond, 50 * time.Millisecond
	p := newProxy(t, ledgertest.Redis(t))
	s := open(t, p.url, redisstore.Options{})
	p.hang.Store(true)
	before := clientGoroutines()
	slowest := time.Hour
	for range 3 { // the best of three: the machine may be busy with other tests
		slowest = min(slowest, slowestOf(t, 40, s, deadline))
	}
	if slowest > deadline+grace {
		t.Errorf("Apply with a deadline of %s while Redis hangs took %s", deadline, slowest)
	}
	time.Sleep(100 * time.Millisecond)
	if after := clientGoroutines(); after > before {
		t.Errorf("goroutines of the client: %d before, %d after Redis hung", before, after)
	}
}

// slowestOf makes calls at once, of which each must end with its deadline.
func slowestOf(t *testing.T, callers byte, s ledger.Store, deadline time.Duration) (slowest time.Duration) {
	t.Helper()
	took := make(chan time.Duration)
	for n := range callers {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), deadline)
			defer cancel()
			start := time.Now()
			if err := s.Apply(ctx, ledger.Change{Key: customer(n)}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Apply while Redis hangs: got error %v, want the deadline's", err)
			}
			took <- time.Since(start)
		}()
	}
	for range callers {
		slowest = max(slowest, <-took)
	}
	return slowest
}

// clientGoroutines counts the goroutines that run code of the Redis client.
func clientGoroutines() (n int) {
	buf := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "go-redis") {
			n++
		}
	}
	return n
}

func TestScriptForgotten(t *testing.T) {
	url := ledgertest.Redis(t)
	s, look := open(t, url, redisstore.Options{}), direct(t, url)
	for version := range uint64(2) {
		if err := look.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: version}); err != nil {
			t.Errorf("Apply after Redis forgot its scripts: %v", err)
		}
	}
}

// TestForeignKeys has keys hold what no store wrote. The script must notice before it writes anything.
func TestForeignKeys(t *testing.T) {
	url := ledgertest.Redis(t)
	look := direct(t, url)
	foreign := map[string]func(prefix string) error{
		"record is a list":    func(k string) error { return look.LPush(t.Context(), k+"c:"+customer(1).String(), "x").Err() },
		"due is a string":     func(k string) error { return look.Set(t.Context(), k+"due", "x", 0).Err() },
		"never due":           func(k string) error { return look.Set(t.Context(), k+"due", "x", 0).Err() },
		"limit is a string":   func(k string) error { return look.Set(t.Context(), k+"l:cake", "x", 0).Err() },
		"sum is no number":    func(k string) error { return look.HSet(t.Context(), k+"l:cake", "", "many").Err() },
		"entry has no amount": func(k string) error { return look.HSet(t.Context(), k+"l:cake", "posted", "r").Err() },
		"freed is a string":   func(k string) error { return foreignNumbers(t, look, k, look.Set(t.Context(), k+"f:cake", "x", 0)) },
		"freed is no number": func(k string) error {
			return foreignNumbers(t, look, k, look.ZAdd(t.Context(), k+"f:cake", redis.Z{Score: 1, Member: "x"}))
		},
		"highest is no number":  func(k string) error { return look.HSet(t.Context(), k+"l:cake", "#n", "many").Err() },
		"log is a string":       func(k string) error { return look.Set(t.Context(), k+"e", "x", 0).Err() },
		"order is a string":     func(k string) error { return look.Set(t.Context(), k+"i:codes", "x", 0).Err() },
		"members are a string":  func(k string) error { return look.Set(t.Context(), k+"m:codes", "x", 0).Err() },
		"line is a string":      func(k string) error { return look.Set(t.Context(), k+"i:line", "x", 0).Err() },
		"released has no state": func(k string) error { return look.HSet(t.Context(), k+"l:cake", "posted", "").Err() },
	}
	for name, put := range foreign {
		t.Run(name, func(t *testing.T) {
			tenant := strings.ReplaceAll(name, " ", "-")
			s := open(t, url, redisstore.Options{Tenant: tenant})
			prefix := "surprised:{" + tenant + "}:"
			if err := put(prefix); err != nil {
				t.Fatal(err)
			}
			before, _ := look.Keys(t.Context(), prefix+"*").Result()
			gift := ledger.LimitOp{Limit: "gift", Action: ledger.Reserve, ClaimID: "a", Amount: 1, Capacity: 1}
			post := ledger.LimitOp{Limit: "cake", Action: ledger.Post, ClaimID: "posted"}
			free := ledger.LimitOp{Limit: "cake", Action: ledger.Release, ClaimID: "numbered"}
			fresh := cake("fresh", 1, 100)
			fresh.Numbered, fresh.Behind = name != "freed is a string", "line" // there the release must notice by itself
			change := ledger.Change{
				Key: customer(1), Due: time.Unix(1, 0), Limits: []ledger.LimitOp{gift, post, free, fresh},
				Index: []ledger.IndexOp{code("a", 1)}, Events: []ledger.Event{{Data: []byte("x")}},
			}
			if name == "never due" {
				change.Due = time.Time{}
			}
			wantUnknown(t, s.Apply(t.Context(), change))
			if after, _ := look.Keys(t.Context(), prefix+"*").Result(); len(after) != len(before) {
				t.Errorf("keys after a failed change: got %q, want %q", after, before)
			}
		})
	}
}

// foreignNumbers gives a claim a number besides.
func foreignNumbers(t *testing.T, look *redis.Client, prefix string, foreign redis.Cmder) error {
	t.Helper()
	return errors.Join(foreign.Err(), look.HSet(t.Context(), prefix+"l:cake", "", 1, "numbered", "r1#1", "#n", 1).Err())
}

// TestOutOfMemory has Redis refuse writes: nothing is written by halves, and releases of memory are not needed to read.
func TestOutOfMemory(t *testing.T) {
	url := ledgertest.Redis(t)
	s, look := open(t, url, redisstore.Options{}), direct(t, url)
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Data: []byte("kept"), Due: time.Unix(1, 0)}); err != nil {
		t.Fatal(err)
	}
	if err := look.ConfigSet(t.Context(), "maxmemory", "1mb").Err(); err != nil {
		t.Fatal(err)
	}
	err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: 1, Data: []byte("lost"), Limits: []ledger.LimitOp{cake("a", 1, 1)}})
	wantUnknown(t, err)
	if err == nil || !strings.Contains(err.Error(), "raise its maxmemory") {
		t.Errorf("Apply with memory full: got error %v, want the way out in it", err)
	}
	got, err := s.Load(t.Context(), customer(1))
	if err != nil || got[0].Version != 1 || string(got[0].Data) != "kept" {
		t.Errorf("record after a refused change: got %+v, error %v", got, err)
	}
	if due, err := s.Due(t.Context(), time.Unix(1, 0), 1); err != nil || len(due) != 1 {
		t.Errorf("due after a refused change: got %v, error %v", due, err)
	}
}
