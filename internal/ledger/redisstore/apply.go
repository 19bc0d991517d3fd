package redisstore

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
)

//go:embed apply.lua
var applyScript string

// What apply.lua answers, other than the number of the operation that finds no room.
const (
	applied  = 0
	conflict = -1
)

// actionName is the script's word for an action, or empty.
func actionName(a ledger.LimitAction) string {
	switch a {
	case ledger.Reserve:
		return "reserve"
	case ledger.Post:
		return "post"
	case ledger.Release:
		return "release"
	}
	return ""
}

// Apply commits a change, or nothing of it. It sends the script once: where the reply is lost, the outcome is unknown.
func (s *Store) Apply(ctx context.Context, change ledger.Change) error {
	if err := change.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return s.explain(ctx, "apply", err)
	}
	names, args := s.applyArgs(change)
	answer, err := s.runOnce(ctx, names, args)
	switch {
	case err != nil:
		return s.explain(ctx, "apply", err)
	case answer == applied:
		return nil
	case answer == conflict:
		return ledger.ErrConflict
	case answer < 0 || answer > int64(len(change.Limits)):
		return fmt.Errorf("redisstore: apply: the script answered %d", answer)
	}
	return &ledger.LimitError{Limit: change.Limits[answer-1].Limit}
}

// applyArgs are KEYS and ARGV, as apply.lua describes them.
func (s *Store) applyArgs(change ledger.Change) (names, args []any) {
	names = []any{s.keys.customer(change.Key), s.keys.due()}
	record := append(encodeVersion(change.Expect+1), change.Data...)
	args = []any{encodeVersion(change.Expect), record, encodeDue(change.Due), change.Key[:]}
	for _, op := range change.Limits {
		names = append(names, s.keys.limit(op.Limit))
		args = append(args, actionName(op.Action), string(op.ClaimID), op.Amount, op.Capacity)
	}
	return names, args
}

func encodeDue(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
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
	words := append([]any{command, script, len(names)}, names...)
	cmd := onceCmd{redis.NewCmd(ctx, append(words, args...)...)}
	if err := s.client.Process(ctx, cmd); err != nil {
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
