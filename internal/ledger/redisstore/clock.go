package redisstore

import (
	"context"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
)

var _ ledger.Clocked = (*Store)(nil)

// Time returns Redis's time, to the microsecond, as of some moment within the call.
func (s *Store) Time(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, s.explain(ctx, "time", err)
	}
	now, err := s.client.Time(ctx).Result()
	if err != nil {
		return time.Time{}, s.explain(ctx, "time", err)
	}
	return now.UTC(), nil
}
