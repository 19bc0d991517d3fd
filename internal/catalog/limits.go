package catalog

import (
	"fmt"
	"slices"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Limit is stock or a budget.
type Limit struct {
	ID       string
	Unit     surprisev1.LimitUnit
	Capacity int64
	Period   surprisev1.LimitPeriod
	PerStore bool
	location *time.Location
}

// Amount returns what one surprise of this cost takes: one, or money in minor units.
func (l *Limit) Amount(costMinor int64) int64 {
	if l.Unit == surprisev1.LimitUnit_MONEY {
		return costMinor
	}
	return 1
}

// Numbered reports whether each claim gets a number of its own.
func (l *Limit) Numbered() bool {
	return l.Unit == surprisev1.LimitUnit_SERIALS || l.Unit == surprisev1.LimitUnit_CODES
}

// Imported reports whether what there is of it was imported, so that Capacity says nothing.
func (l *Limit) Imported() bool {
	return l.Unit == surprisev1.LimitUnit_CODES || l.Unit == surprisev1.LimitUnit_SLOTS
}

// Key names the limit in its period at t and, where each store has its own, the store.
func (l *Limit) Key(t time.Time, store string) string {
	if !l.PerStore {
		store = ""
	}
	return l.ID + "|" + l.period(t.In(l.location)) + "|" + store
}

func (l *Limit) period(t time.Time) string {
	switch l.Period {
	case surprisev1.LimitPeriod_DAY:
		return t.Format(time.DateOnly)
	case surprisev1.LimitPeriod_WEEK:
		y, w := t.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w)
	case surprisev1.LimitPeriod_MONTH:
		return t.Format("2006-01")
	default:
		return ""
	}
}

// NextPeriod returns when the limit starts anew; zero for one that never does.
func (l *Limit) NextPeriod(t time.Time) time.Time {
	t = t.In(l.location)
	y, m, d := t.Date()
	switch l.Period {
	case surprisev1.LimitPeriod_DAY:
		return time.Date(y, m, d+1, 0, 0, 0, 0, l.location)
	case surprisev1.LimitPeriod_WEEK:
		sinceMonday := (int(t.Weekday()) + 6) % 7
		return time.Date(y, m, d-sinceMonday+7, 0, 0, 0, 0, l.location)
	case surprisev1.LimitPeriod_MONTH:
		return time.Date(y, m+1, 1, 0, 0, 0, 0, l.location)
	default:
		return time.Time{}
	}
}

func (c *compiler) compileLimits() {
	for i, src := range c.src.GetLimits() {
		at := c.places.limits[i]
		if c.cat.limits[src.GetId()] != nil {
			c.errorf(at.in("id"), "limit %q is here twice", src.GetId())
			continue
		}
		if src.GetUnit() == surprisev1.LimitUnit_MONEY && c.src.GetCurrency() == "" {
			c.hintf(at.in("unit"), "add for example currency: TWD", "a budget needs the catalogue's currency")
		}
		l := &Limit{ID: src.GetId(), Unit: src.GetUnit(), Capacity: src.GetCapacity(), Period: src.GetPeriod(), PerStore: src.GetPerStore(), location: c.cat.Location}
		if l.Period == surprisev1.LimitPeriod_LIMIT_PERIOD_UNSPECIFIED {
			l.Period = surprisev1.LimitPeriod_FOREVER
		}
		c.checkLimit(l, at)
		c.cat.limits[l.ID] = l
	}
}

// checkLimit finds what does not fit numbered and imported limits.
func (c *compiler) checkLimit(l *Limit, at place) {
	if (l.Numbered() || l.Imported()) && l.Period != surprisev1.LimitPeriod_FOREVER {
		c.hintf(at.in("period"), "remove it, or write FOREVER", "a limit of %s never starts anew", l.Unit)
	}
	switch {
	case l.Unit == surprisev1.LimitUnit_SERIALS && l.Capacity < 1:
		c.hintf(at.in("capacity"), "add for example capacity: 100", "limit %q has no numbers: its capacity is 0", l.ID)
	case l.Imported() && l.Capacity != 0:
		c.warnf(at.in("capacity"), "remove it", "the capacity of limit %q has no effect: what is imported counts", l.ID)
	}
}

func (c *compiler) limitsOf(ids []string, at place) []*Limit {
	var out []*Limit
	seen := map[string]bool{}
	for i, id := range ids {
		l := c.cat.limits[id]
		switch {
		case l == nil:
			c.hintf(at.in(i), "limits are "+surprise.List(c.limitIDs()), "limit %q does not exist", id)
		case seen[id]:
			c.errorf(at.in(i), "limit %q is here twice", id)
		default:
			out = append(out, l)
		}
		seen[id] = true
	}
	return out
}

func (c *compiler) findLimitIDs() []string {
	out := make([]string, len(c.src.GetLimits()))
	for i, l := range c.src.GetLimits() {
		out[i] = l.GetId()
	}
	slices.Sort(out)
	return slices.Compact(out)
}
