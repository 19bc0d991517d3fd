// Package load calls a server from many callers for a short while, and measures what that was like for both.
package load

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/surprise-service/surprised/bench/internal/stats"
)

// connections is how many each target has, as far as there are callers for them.
const connections = 4

// Target is a server under load.
type Target struct {
	pid   int
	conns []*grpc.ClientConn
}

// Dial returns the target that listens on an address of loopback, in the process of that number. An empty key is not sent.
func Dial(addr string, pid int, key string) (*Target, error) {
	t := &Target{pid: pid}
	opts := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if key != "" {
		opts = append(opts, grpc.WithPerRPCCredentials(bearer(key)))
	}
	for range connections {
		conn, err := grpc.NewClient(addr, opts...)
		if err != nil {
			return nil, err
		}
		t.conns = append(t.conns, conn)
	}
	return t, nil
}

// Conn returns the connection of the caller of that number.
func (t *Target) Conn(caller int) *grpc.ClientConn { return t.conns[caller%len(t.conns)] }

// Close closes the connections.
func (t *Target) Close() {
	for _, c := range t.conns {
		_ = c.Close() // nothing is under way
	}
}

// Calls are what callers send: encoded requests of one method, each caller the next one.
type Calls struct {
	Method string
	Bodies [][]byte
	Repeat bool // start over at the end, otherwise the callers are done
}

// Result is one round of one target.
type Result struct {
	Calls int
	Took  time.Duration
	P50   time.Duration
	P99   time.Duration
	Max   time.Duration
	CPU   time.Duration // of the server, user and system; 0: unknown
}

// Call makes the n-th call, from 0, for the caller of that number.
type Call func(ctx context.Context, caller, n int) error

// Run has callers send calls to a server, each one after the other, for a while or until there is nothing left to send. The first call that
// fails ends it with its error.
func Run(ctx context.Context, t *Target, calls Calls, callers int, d time.Duration) (Result, error) {
	deadline := time.Now().Add(d)
	return While(ctx, t, calls, callers, deadline.After)
}

// While is Run for as long as more says, which is asked before each call what it thinks of the time.
func While(ctx context.Context, t *Target, calls Calls, callers int, more func(time.Time) bool) (Result, error) {
	before, err := CPU(t.pid)
	if err != nil {
		return Result{}, err
	}
	most := len(calls.Bodies)
	if calls.Repeat {
		most = math.MaxInt
	}
	res, err := do(ctx, callers, most, more, func(ctx context.Context, caller, n int) error {
		if err := t.Conn(caller).Invoke(ctx, calls.Method, calls.Bodies[n%len(calls.Bodies)], nil, grpc.ForceCodecV2(rawCodec{})); err != nil {
			return fmt.Errorf("%s: %w", calls.Method, err)
		}
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	after, err := CPU(t.pid)
	res.CPU = after - before
	return res, err
}

// Do is Run for calls of any kind, at most so many of them. CPU stays unknown.
func Do(ctx context.Context, callers, most int, d time.Duration, call Call) (Result, error) {
	deadline := time.Now().Add(d)
	return do(ctx, callers, most, deadline.After, call)
}

func do(ctx context.Context, callers, most int, more func(time.Time) bool, call Call) (Result, error) {
	start := time.Now()
	took, err := together(ctx, callers, most, more, call)
	if err != nil {
		return Result{}, err
	}
	elapsed := time.Since(start)
	slices.Sort(took)
	return Result{Calls: len(took), Took: elapsed, P50: stats.Percentile(took, 50), P99: stats.Percentile(took, 99), Max: stats.Percentile(took, 100)}, nil
}

// together returns how long each call took.
func together(ctx context.Context, callers, most int, more func(time.Time) bool, call Call) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	took := make([][]time.Duration, callers)
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			var err error
			if took[i], err = oneCaller(ctx, i, most, &next, more, call); err != nil {
				cancel(err)
			}
		})
	}
	wait.Wait()
	return slices.Concat(took...), context.Cause(ctx)
}

func oneCaller(ctx context.Context, caller, most int, next *atomic.Int64, more func(time.Time) bool, call Call) ([]time.Duration, error) {
	took := make([]time.Duration, 0, 4096)
	for before := time.Now(); more(before); {
		n := int(next.Add(1) - 1)
		if n >= most {
			break
		}
		if err := call(ctx, caller, n); err != nil {
			return nil, err
		}
		after := time.Now()
		took = append(took, after.Sub(before))
		before = after
	}
	return took, nil
}
