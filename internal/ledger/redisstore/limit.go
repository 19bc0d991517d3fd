package redisstore

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
)

// Usage returns how much of each limit is taken.
func (s *Store) Usage(ctx context.Context, limits ...string) ([]int64, error) {
	if err := ctx.Err(); err != nil || len(limits) == 0 {
		return nil, s.explain(ctx, "usage", err)
	}
	pipe := s.client.Pipeline()
	answers := make([]*redis.StringCmd, len(limits))
	for i, limit := range limits {
		answers[i] = pipe.HGet(ctx, s.keys.limit(limit), sumField)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	sums := make([]int64, len(limits))
	for i, answer := range answers {
		var err error
		if sums[i], err = answer.Int64(); err != nil && !errors.Is(err, redis.Nil) {
			return nil, s.explain(ctx, "usage", err)
		}
	}
	return sums, nil
}

// Numbers returns the number of each entry; 0 where there is none.
func (s *Store) Numbers(ctx context.Context, refs ...ledger.LimitRef) ([]int64, error) {
	if err := ctx.Err(); err != nil || len(refs) == 0 {
		return nil, s.explain(ctx, "numbers", err)
	}
	pipe := s.client.Pipeline()
	answers := make([]*redis.StringCmd, len(refs))
	for i, ref := range refs {
		answers[i] = pipe.HGet(ctx, s.keys.limit(ref.Limit), string(ref.ClaimID))
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	found := make([]int64, len(refs))
	for i, answer := range answers {
		value, err := answer.Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return nil, s.explain(ctx, "numbers", err)
		}
		if _, number, ok := strings.Cut(value, "#"); ok {
			if found[i], err = strconv.ParseInt(number, 10, 64); err != nil {
				return nil, s.explain(ctx, "numbers", err)
			}
		}
	}
	return found, nil
}
