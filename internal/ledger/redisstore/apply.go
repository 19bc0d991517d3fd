package redisstore

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
)

//go:embed apply.lua
var applyScript string

// What apply.lua answers, other than the number of the operation that finds no room, or others in line.
const (
	applied  = 0
	conflict = -1
)

// Apply commits a change, or nothing of it. It sends the script once: where the reply is lost, the outcome is unknown.
func (s *Store) Apply(ctx context.Context, change ledger.Change) error {
	if err := change.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return s.explain(ctx, "apply", err)
	}
	call := s.newCall(change)
	answer, err := s.runOnce(ctx, call.keys, call.args)
	if err != nil {
		return s.explain(ctx, "apply", err)
	}
	return refusal(answer, change.Limits)
}

// refusal is what an answer of the script means.
func refusal(answer int64, ops []ledger.LimitOp) error {
	n, behind := answer, false
	if answer < conflict {
		n, behind = conflict-answer, true
	}
	switch {
	case answer == applied:
		return nil
	case answer == conflict:
		return ledger.ErrConflict
	case n > int64(len(ops)):
		return fmt.Errorf("redisstore: apply: the script answered %d", answer)
	}
	return &ledger.LimitError{Limit: ops[n-1].Limit, Behind: behind}
}

// runOnce runs apply.lua, by its hash if Redis knows it. An answer that Redis doesn't know the script means that it did not run.
func (s *Store) runOnce(ctx context.Context, names, args []any) (answer int64, err error) {
	answer, err = s.send(ctx, "evalsha", s.sha, names, args)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		return s.send(ctx, "eval", applyScript, names, args)
	}
	return answer, err
}

func (s *Store) send(ctx context.Context, command, script string, names, args []any) (answer int64, err error) {
	words := make([]any, 0, 3+len(names)+len(args))
	words = append(append(append(words, command, script, len(names)), names...), args...)
	cmd := onceCmd{redis.NewCmd(ctx, words...)}
	if err := s.process(ctx, cmd); err != nil {
		return 0, err
	}
	return cmd.Int64()
}

// onceCmd is a command that the client never sends twice. Left to itself it would send a script again when the reply was lost, and so
// run it twice.
type onceCmd struct {
	*redis.Cmd
}

// NoRetry keeps the client from sending the command again.
func (onceCmd) NoRetry() bool { return true }

// Clone keeps a copy from being sent again too.
func (c onceCmd) Clone() redis.Cmder {
	if cmd, ok := c.Cmd.Clone().(*redis.Cmd); ok {
		return onceCmd{cmd}
	}
	return c
}
