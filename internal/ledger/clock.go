package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/surprise-service/surprised/internal/surprise"
)

// maxSkew is how far the clocks of servers and of the store may be apart. With more, a hold would end on one while it runs on the other.
const maxSkew = 2 * time.Second

// CheckClock compares the store's clock with ours and returns how far it is ahead; 0 for a store without a clock. While that is more than two
// seconds either way, after what the call itself may account for, nothing new is claimed. Err: the store could not be asked, and what was known
// before counts on.
func (l *Ledger) CheckClock(ctx context.Context) (time.Duration, error) {
	clocked, ok := l.store.(Clocked)
	if !ok {
		return 0, nil
	}
	before := l.opts.Clock()
	theirs, err := clocked.Time(ctx)
	took := l.opts.Clock().Sub(before)
	if err != nil {
		return 0, Unavailable(err)
	}
	skew := theirs.Sub(before.Add(took / 2))
	off := time.Duration(0)
	if skew.Abs()-took/2 > maxSkew {
		off = skew
	}
	l.skew.Store(int64(off))
	return skew, nil
}

// SkewTooLarge reports whether CheckClock saw the clocks too far apart when it last could.
func (l *Ledger) SkewTooLarge() bool { return l.skew.Load() != 0 }

// checkTime refuses what would begin a hold by clocks that do not agree. What is under way goes on: time never runs backwards in a record.
func (l *Ledger) checkTime(m *machine) error {
	switch skew := time.Duration(l.skew.Load()); {
	case skew != 0:
		return clockSkew(fmt.Sprintf("the store's clock and this server's differ by %s", skew.Abs().Round(time.Millisecond)))
	case m.ahead > maxSkew:
		return clockSkew(fmt.Sprintf("this customer's record was changed by a server whose clock is %s ahead of this one's", m.ahead.Round(time.Millisecond)))
	default:
		return nil
	}
}

func clockSkew(what string) error {
	return &surprise.Error{Reason: surprise.StoreUnavailable, Retry: true,
		Message: "clock skew: " + what + ", and at most " + maxSkew.String() + " is allowed; set the clocks of all machines, and repeat the call"}
}
