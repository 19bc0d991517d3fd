package redisstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

//go:embed mend.lua
var mendScript string

var _ ledger.Auditor = (*Store)(nil)

// AuditLimit returns all that is kept of a limit, as of one moment. One with many entries is read in pages first; only where these do not agree, because
// it changed meanwhile or is wrong, it is read at once, which stops Redis for some milliseconds.
func (s *Store) AuditLimit(ctx context.Context, limit string) (ledger.LimitState, error) {
	n, err := s.client.HLen(ctx, s.keys.limit(limit)).Result()
	if err != nil {
		return ledger.LimitState{}, s.explain(ctx, "audit", err)
	}
	if n > wholeLimit {
		fields, err := s.scanLimit(ctx, limit)
		if err != nil {
			return ledger.LimitState{}, err
		}
		freed, err := s.client.ZRange(ctx, s.keys.freed(limit), 0, -1).Result()
		if err != nil {
			return ledger.LimitState{}, s.explain(ctx, "audit", err)
		}
		if state, err := s.limitState(limit, fields, freed); err != nil || agrees(state) {
			return state, err
		}
	}
	pipe := s.client.TxPipeline()
	fields, freed := pipe.HGetAll(ctx, s.keys.limit(limit)), pipe.ZRange(ctx, s.keys.freed(limit), 0, -1)
	if _, err := pipe.Exec(ctx); err != nil {
		return ledger.LimitState{}, s.explain(ctx, "audit", err)
	}
	return s.limitState(limit, fields.Val(), freed.Val())
}

func (s *Store) limitState(limit string, fields map[string]string, freed []string) (state ledger.LimitState, err error) {
	if state.Sum, state.Entries, err = s.decodeLimit(limit, fields); err != nil {
		return state, err
	}
	if text, ok := fields[highestField]; ok {
		state.Highest, err = strconv.ParseInt(text, 10, 64)
	}
	for _, text := range freed {
		n, parsed := strconv.ParseInt(text, 10, 64)
		state.Free, err = append(state.Free, n), errors.Join(err, parsed)
	}
	if err != nil {
		return state, fmt.Errorf("redisstore: audit: the numbers of limit %s: %w", limit, err)
	}
	return state, nil
}

// agrees reports whether nothing is wrong with a limit's sum and numbers.
func agrees(state ledger.LimitState) bool {
	ok := state.Sum == total(state.Entries)
	state.Numbers(func(string, surprise.ClaimID, string) { ok = false })
	return ok
}

// MendLimit makes the sum and the free numbers of a limit follow from its entries, at one moment.
func (s *Store) MendLimit(ctx context.Context, limit string) error {
	if err := ctx.Err(); err != nil {
		return s.explain(ctx, "mend", err)
	}
	cmd := onceCmd{redis.NewCmd(ctx, "eval", mendScript, 2, s.keys.limit(limit), s.keys.freed(limit), maxGaps)}
	if err := s.process(ctx, cmd); err != nil {
		return s.explain(ctx, "mend", err)
	}
	answer, err := cmd.Int64()
	return s.explain(ctx, "mend", errors.Join(err, tooHigh(limit, answer)))
}

func tooHigh(limit string, answer int64) error {
	if answer == applied {
		return nil
	}
	return fmt.Errorf("limit %s: the number %d is too high to be true", limit, answer)
}

// Unlisted returns nothing: a walk over one Redis finds all limits.
func (s *Store) Unlisted(context.Context) ([]string, error) { return nil, nil }
