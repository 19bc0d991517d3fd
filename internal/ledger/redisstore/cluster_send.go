package redisstore

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// How long to wait before asking a cluster again that is rearranging itself.
const (
	clusterMinBackoff = 5 * time.Millisecond
	clusterMaxBackoff = 100 * time.Millisecond
)

// script is a Lua script and the hash by which nodes that ran it know it.
type script struct {
	text, hash string
}

func newScript(text string) script { return script{text: text, hash: redis.NewScript(text).Hash()} }

// run runs a script on the node that has its keys, and again where it surely did not run, until the context or the timeout ends. Where a reply is lost,
// the outcome is unknown, and run returns the error.
func (c *Cluster) run(ctx context.Context, s script, names, args []any) (int64, error) {
	answer, err := c.runAny(ctx, s, names, args)
	if err != nil {
		return 0, err
	}
	return answer.Int64()
}

func (c *Cluster) runAny(ctx context.Context, s script, names, args []any) (answer *redis.Cmd, err error) {
	err = c.again(ctx, notRun, func() error {
		answer, err = c.send(ctx, "evalsha", s.hash, names, args)
		if redis.HasErrorPrefix(err, "NOSCRIPT") {
			answer, err = c.send(ctx, "eval", s.text, names, args)
		}
		return err
	})
	return answer, err
}

// again calls something until its error is none to be tried again, or time is up.
func (c *Cluster) again(ctx context.Context, retry func(error) bool, call func() error) error {
	end := c.now().Add(c.timeout)
	for wait := clusterMinBackoff; ; wait = min(2*wait, clusterMaxBackoff) {
		err := call()
		if err == nil {
			return nil
		}
		if !isAnswer(err) || redis.HasErrorPrefix(err, "CLUSTERDOWN") {
			c.client.ReloadState(ctx) // the client itself looks for another master only when one tells it to
		}
		if !retry(err) || !c.now().Add(wait).Before(end) || !sleep(ctx, wait) {
			return err
		}
	}
}

// sleep reports whether the context did not end before.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (c *Cluster) send(ctx context.Context, command, text string, names, args []any) (*redis.Cmd, error) {
	words := append([]any{command, text, len(names)}, names...)
	cmd := onceCmd{redis.NewCmd(ctx, append(words, args...)...)}
	key, _ := names[0].(string)
	return cmd.Cmd, c.process(ctx, cmd, key)
}

// process sends a command that writes, once, and returns when enough replicas have what it wrote. Then it sends command and WAIT over one connection, and
// so to a node that it chooses itself; where that is the wrong one, the command did not run, and run tries again.
func (c *Cluster) process(ctx context.Context, cmd onceCmd, key string) error {
	if c.replicas == 0 {
		return c.client.Process(ctx, cmd)
	}
	node, err := c.client.MasterForKey(ctx, key)
	if err != nil {
		return err
	}
	writer := Store{client: node, replicas: c.replicas, timeout: c.timeout}
	err = writer.process(ctx, cmd)
	if isRedirect(err) {
		c.client.ReloadState(ctx)
	}
	return err
}

// read sends commands that write nothing, each to the node that has its key, and all again where one could not be answered. It returns the first error
// that is not redis.Nil. What fill made last has the answers.
func (c *Cluster) read(ctx context.Context, fill func(redis.Pipeliner)) error {
	return c.again(ctx, readAgain, func() error {
		pipe := c.client.Pipeline()
		fill(pipe)
		cmds, err := pipe.Exec(ctx)
		for _, cmd := range cmds {
			if cmd.Err() != nil && !errors.Is(cmd.Err(), redis.Nil) {
				return cmd.Err()
			}
		}
		if errors.Is(err, redis.Nil) {
			return nil
		}
		return err
	})
}

// isAnswer tells what a node answered from what the connection met.
func isAnswer(err error) bool {
	var answer redis.Error
	return errors.As(err, &answer)
}

func isRedirect(err error) bool {
	return redis.HasErrorPrefix(err, "MOVED") || redis.HasErrorPrefix(err, "ASK")
}

// notRun tells that a node surely did not begin with a command: its slot is on the move or without a master, or there is no connection.
func notRun(err error) bool {
	for _, prefix := range []string{"TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "LOADING", "READONLY", "max number of clients"} {
		if redis.HasErrorPrefix(err, prefix) {
			return true
		}
	}
	var opErr *net.OpError
	return isRedirect(err) || errors.As(err, &opErr) && opErr.Op == "dial" || errors.Is(err, redis.ErrPoolTimeout)
}

// readAgain tells errors after which a read may be tried again.
func readAgain(err error) bool {
	return notRun(err) || !isAnswer(err) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, redis.ErrClosed)
}
