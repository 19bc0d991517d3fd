package ledger

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// sweepAtOnce bounds how many limits one call of SweepLimits drops.
const sweepAtOnce = 10_000

var errEnough = errors.New("enough")

// SweepLimits drops limits of periods that ended longer ago than records are kept: no claim can take from them or come back to them. It walks the
// store once, drops a bounded number, and returns how many. Limits without a period stay for ever.
func (l *Ledger) SweepLimits(ctx context.Context) (int, error) {
	walker, ok := l.store.(Walker)
	if !ok {
		return 0, nil
	}
	before := l.opts.Clock().Add(-l.catalog().Policies.Retention)
	var over []string
	err := walker.WalkLimits(ctx, func(limit string, _ int64, _ []LimitEntry) error {
		if limitOver(limit, before) {
			over = append(over, limit)
		}
		if len(over) == sweepAtOnce {
			return errEnough
		}
		return ctx.Err()
	})
	if err != nil && !errors.Is(err, errEnough) {
		return 0, Unavailable(err)
	}
	for i, limit := range over {
		if err := walker.DropLimit(ctx, limit); err != nil {
			return i, Unavailable(err)
		}
	}
	return len(over), nil
}

// limitOver reports whether the period in a limit's name ended before a time, wherever on earth it was. Names without a period never do.
func limitOver(limit string, before time.Time) bool {
	end := periodEnd(limit)
	return !end.IsZero() && end.Before(before)
}

// periodEnd returns a time by which the period of a limit is over; zero: it has none.
func periodEnd(limit string) time.Time {
	switch {
	case isHousehold(limit):
		return stepEnd(limit)
	case isWallet(limit):
		return namedEnd(limit[strings.LastIndex(limit, "|")+1:])
	case isSlot(limit):
		return time.Time{}
	}
	_, rest, _ := strings.Cut(limit, "|")
	name, _, _ := strings.Cut(rest, "|")
	return namedEnd(name)
}

// slack is for time zones, and for shifts, which end at most two days after they began.
const slack = 3 * day

// namedEnd reads the names that catalog.Limit.Key, walletPeriod and catalog.Catalog.Shift give to periods.
func namedEnd(name string) time.Time {
	if t, err := time.Parse(time.DateOnly, strings.TrimPrefix(name, "week ")); err == nil {
		if strings.HasPrefix(name, "week ") {
			t = t.AddDate(0, 0, 6)
		}
		return t.Add(day + slack)
	}
	if t, err := time.Parse("2006-01-02T15:04", name); err == nil {
		return t.Add(slack)
	}
	if t, err := time.Parse("2006-01", name); err == nil {
		return t.AddDate(0, 1, 0).Add(slack)
	}
	return isoWeekEnd(name)
}

func isoWeekEnd(name string) time.Time {
	year, week, ok := strings.Cut(name, "-W")
	y, errYear := strconv.Atoi(year)
	w, errWeek := strconv.Atoi(week)
	if !ok || errYear != nil || errWeek != nil || len(year) != 4 || w < 1 || w > 53 {
		return time.Time{}
	}
	fourth := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC) // which is always in the first week
	sinceMonday := (int(fourth.Weekday()) + 6) % 7
	return fourth.AddDate(0, 0, 7*w-sinceMonday).Add(slack)
}

// stepEnd returns when the step of a household's cooldown or cap ends, see Household.Steps.
func stepEnd(limit string) time.Time {
	parts := strings.Split(limit, "|")
	n := len(parts)
	if n < 5 {
		return time.Time{} // how many of one template a household may have at all
	}
	seconds, errSeconds := strconv.ParseInt(parts[n-3], 10, 64)
	i, errStep := strconv.ParseInt(parts[n-2], 10, 64)
	if errSeconds != nil || errStep != nil || seconds <= 0 || i < 0 || i > 1<<40 || seconds > 1<<32 {
		return time.Time{}
	}
	if strings.HasPrefix(limit, householdCap) && n > 5 {
		seconds = int64(Household{Cooldown: time.Duration(seconds) * time.Second}.step().Seconds())
	}
	if seconds > 0 && i > (1<<62)/seconds {
		return time.Time{}
	}
	return time.Unix((i+1)*seconds, 0)
}
