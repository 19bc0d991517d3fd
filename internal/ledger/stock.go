package ledger

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Stock tells how much of a limit is taken in its present period. Of codes all imported ones count, of slots those to come.
func (l *Ledger) Stock(ctx context.Context, limit, store string) (*surprisev1.LimitView, error) {
	lim, err := l.limitFor(limit, store)
	if err != nil {
		return nil, err
	}
	now := l.opts.Clock()
	key := lim.Key(now, store)
	out := &surprisev1.LimitView{Limit: limit, Capacity: lim.Capacity}
	if next := lim.NextPeriod(now); !next.IsZero() {
		out.Renews = timestamppb.New(next)
	}
	if lim.Unit == surprisev1.LimitUnit_SLOTS {
		out.Capacity = 0
		return out, l.eachSlot(ctx, key, now, func(s *surprisev1.Slot, taken int64) bool {
			out.Capacity += places(s)
			out.Taken += taken
			return true
		})
	}
	used, err := l.store.Usage(ctx, key)
	if err != nil {
		return nil, Unavailable(err)
	}
	out.Taken = used[0]
	if lim.Unit == surprisev1.LimitUnit_CODES {
		out.Capacity, err = l.poolSize(ctx, key)
	}
	return out, err
}
