package history

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// fate is what happens to a write on its way to the store and back.
type fate int

const (
	lostCall  fate = iota // it does not get there
	lostReply             // it is carried out, and the answer is lost
	lateCall              // it is carried out after its caller gave up
	fates
)

type fateKey struct{}

var errLost = errors.New("the connection was cut")

// lossy is a store behind a network that loses what the context says. Unknown outcomes are part of the contract of ledger.Store.
type lossy struct {
	ledger.Store
	pace time.Duration  // of every read and write
	wait sync.WaitGroup // for late writes
}

// asStore shows what the store offers besides.
func (l *lossy) asStore() ledger.Store {
	staged, isStaged := l.Store.(ledger.Staged)
	durable, isDurable := l.Store.(ledger.Durable)
	switch {
	case isStaged && isDurable:
		return struct {
			*lossy
			ledger.Staged
			ledger.Durable
		}{l, staged, durable}
	case isStaged:
		return struct {
			*lossy
			ledger.Staged
		}{l, staged}
	case isDurable:
		return struct {
			*lossy
			ledger.Durable
		}{l, durable}
	}
	return l
}

func (l *lossy) Load(ctx context.Context, keys ...surprise.CustomerKey) ([]ledger.Versioned, error) {
	if l.pace > 0 {
		time.Sleep(l.pace)
	}
	found, err := l.Store.Load(ctx, keys...)
	runtime.Gosched() // others may get in between
	return found, err
}

func (l *lossy) Apply(ctx context.Context, change ledger.Change) error {
	f, some := ctx.Value(fateKey{}).(fate)
	switch {
	case !some:
		return l.Store.Apply(ctx, change)
	case f == lostReply:
		_ = l.Store.Apply(ctx, change) // nobody will know
	case f == lateCall:
		l.wait.Go(func() {
			time.Sleep(time.Millisecond)
			_ = l.Store.Apply(context.WithoutCancel(ctx), change)
		})
	default: // lost
	}
	return errLost
}

// recorder is a test that may fail without harm, to see whether it does.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	failed bool
}

func (r *recorder) fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) Helper()               {}
func (r *recorder) Error(...any)          { r.fail() }
func (r *recorder) Errorf(string, ...any) { r.fail() }
func (r *recorder) Fatal(...any)          { r.fail(); runtime.Goexit() }
func (r *recorder) Fatalf(string, ...any) { r.fail(); runtime.Goexit() }

// run ends when what it runs does, or failed.
func (r *recorder) run(what func()) {
	var wait sync.WaitGroup
	wait.Go(what)
	wait.Wait()
}
