package redisstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

//go:embed durability.lua
var syncScript string

var _ ledger.Durable = (*Store)(nil)

// shortError says that a change was carried out, and that too few replicas had it in time.
type shortError struct {
	got, want int
}

func (e *shortError) Error() string {
	return fmt.Sprintf("the change was made, but only %d of %d replicas had it in time, so it may be lost", e.got, e.want)
}

// Sync returns nil when as many replicas as a change needs have the record as of this version.
func (s *Store) Sync(ctx context.Context, key surprise.CustomerKey, version uint64) error {
	if err := ctx.Err(); err != nil {
		return s.explain(ctx, "sync", err)
	}
	if s.need() == 0 {
		return nil
	}
	cmd := onceCmd{redis.NewCmd(ctx, "eval", syncScript, 1, s.keys.customer(key), encodeVersion(version))}
	if err := s.process(ctx, cmd); err != nil {
		return s.explain(ctx, "sync", err)
	}
	answer, err := cmd.Int64()
	if err == nil && answer != applied {
		return ledger.ErrConflict
	}
	return s.explain(ctx, "sync", err)
}

// process sends a command that writes, once, and returns when enough replicas have what it wrote.
func (s *Store) process(ctx context.Context, cmd onceCmd) error {
	switch {
	case s.sender != nil && s.copies == nil && s.replicas == 0:
		return s.sender.process(ctx, cmd)
	case s.need() == 0:
		return s.client.Process(ctx, cmd)
	}
	pipe := s.client.Pipeline() // one connection, one round trip
	_ = pipe.Process(ctx, cmd)
	wait := s.wait(ctx, pipe)
	_, _ = pipe.Exec(ctx) // each command has its own error
	if err := cmd.Err(); err != nil {
		return err
	}
	return wait.check()
}

// waiting is a WAIT on its way. It counts the replicas that have all that its connection wrote before. The zero value waits for nothing.
type waiting struct {
	cmd  *redis.Cmd
	want int
}

// waitMargin is how long before the call a WAIT ends, so that its answer is mostly still heard: Redis looks at the clock ten times a second.
const waitMargin = 150 * time.Millisecond

// wait adds a WAIT to a pipeline.
func (s *Store) wait(ctx context.Context, pipe redis.Pipeliner) waiting {
	left := s.timeout
	if deadline, ok := ctx.Deadline(); ok {
		//nolint:forbidigo // a deadline is a time of this machine's clock, and nothing of the ledger depends on it
		left = min(left, time.Until(deadline))
	}
	want := s.need()
	cmd := redis.NewCmd(ctx, "wait", want, max((left-min(left/2, waitMargin)).Milliseconds(), 1)) // 0 would be for ever
	_ = pipe.Process(ctx, onceCmd{cmd})
	return waiting{cmd: cmd, want: want}
}

func (w waiting) check() error {
	if w.cmd == nil {
		return nil
	}
	got, err := w.cmd.Int()
	if err == nil && got < w.want {
		err = &shortError{got: got, want: w.want}
	}
	return err
}

// waitForSecret waits for a secret too that another connection stored a moment ago: appending nothing to it counts as writing it.
func (s *Store) waitForSecret(ctx context.Context, pipe redis.Pipeliner, name string) waiting {
	if s.need() == 0 {
		return waiting{}
	}
	pipe.Append(ctx, s.keys.secret(name), "")
	return s.wait(ctx, pipe)
}

// onlineReplicas counts the replicas that follow.
func (i serverInfo) onlineReplicas() (n int) {
	for name, value := range i {
		if index, ok := strings.CutPrefix(name, "slave"); ok && strings.Trim(index, "0123456789") == "" && strings.Contains(value, "state=online") {
			n++
		}
	}
	return n
}

// checkReplicas returns why this server can't promise that so many replicas have each change. Where another one takes over by itself, a replica that is
// missing now may be the primary that just fell: a service must be able to start then, and its changes fail until enough have them.
func (i serverInfo) checkReplicas(want int, failsOver bool, warn func(string)) error {
	if want == 0 {
		return nil
	}
	if got := i.onlineReplicas(); got < want {
		text := fmt.Sprintf("durability replicated needs %d connected replica(s), it has %d", want, got)
		if !failsOver {
			return errors.New(text + ": connect one, or set durability to local")
		}
		warn(text + ": changes fail until there are enough")
	}
	if i.evicts() {
		return fmt.Errorf("durability replicated promises that nothing is lost, but with maxmemory-policy %s Redis drops records when its memory is full: set it to noeviction",
			i["maxmemory_policy"])
	}
	return nil
}

// warnReplicas tells what a failover may lose.
func (i serverInfo) warnReplicas(warn func(string), want int, failsOver bool) {
	if want > 0 {
		return
	}
	if online := i.onlineReplicas(); failsOver || online > 0 {
		warn("Redis has " + strconv.Itoa(online) + " connected replica(s): deliveries that were confirmed just before a failover may be lost, " +
			"set durability to replicated")
	}
}
