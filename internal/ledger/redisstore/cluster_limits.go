package redisstore

import (
	"context"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
)

// Usage returns how much of each limit is taken.
func (c *Cluster) Usage(ctx context.Context, limits ...string) ([]int64, error) {
	if err := ctx.Err(); err != nil || len(limits) == 0 {
		return nil, c.explain(ctx, "usage", err)
	}
	answers := make([]*redis.StringCmd, len(limits))
	err := c.read(ctx, func(pipe redis.Pipeliner) {
		for i, limit := range limits {
			answers[i] = pipe.HGet(ctx, c.names.limit(limit).entries, sumField)
		}
	})
	sums := make([]int64, len(limits))
	for i := 0; i < len(answers) && err == nil; i++ {
		if text := answers[i].Val(); text != "" {
			sums[i], err = strconv.ParseInt(text, 10, 64)
		}
	}
	if err != nil {
		return nil, c.explain(ctx, "usage", err)
	}
	return sums, nil
}

// Numbers returns the number of each entry; 0 where there is none.
func (c *Cluster) Numbers(ctx context.Context, refs ...ledger.LimitRef) ([]int64, error) {
	if err := ctx.Err(); err != nil || len(refs) == 0 {
		return nil, c.explain(ctx, "numbers", err)
	}
	answers := make([]*redis.StringCmd, len(refs))
	err := c.read(ctx, func(pipe redis.Pipeliner) {
		for i, ref := range refs {
			answers[i] = pipe.HGet(ctx, c.names.limit(ref.Limit).entries, string(ref.ClaimID))
		}
	})
	found := make([]int64, len(refs))
	for i := 0; i < len(answers) && err == nil; i++ {
		if _, number, ok := strings.Cut(answers[i].Val(), "#"); ok {
			found[i], err = strconv.ParseInt(number, 10, 64)
		}
	}
	if err != nil {
		return nil, c.explain(ctx, "numbers", err)
	}
	return found, nil
}
