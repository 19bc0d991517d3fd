package recommend

import (
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// The gates in this file ask for limits, which customers share. The truth is in the store, at claim time.

// householdGate asks what the customer's household may have: how many of this template, and how many of its category in a time. Of several
// limits that stand in the way it tells the one that does so for longest.
func householdGate(q *query, o *option) stop {
	if q.single() {
		return stop{}
	}
	t := o.template
	if most := t.HouseholdMax; most > 0 && !q.room.Fits(ledger.HouseholdMaxLimit(t.ID, q.household), 1, most) {
		return stopf(surprise.CapReached, "the customer's household has %d of at most %d of it", most, most)
	}
	kind := shared{t.Purpose, t.Category}
	return q.inHousehold.get(kind, func() stop { return q.householdStop(kind, t.Cooldowns.Household) })
}

// shared is what templates have in common that a household has a common share of, and the same cooldown for.
type shared struct {
	purpose  surprisev1.Purpose
	category string
}

func (q *query) householdStop(of shared, cooldown time.Duration) stop {
	var longest stop
	if full, until := q.full(ledger.Household{Key: q.household, Category: of.category, Cooldown: cooldown}); full {
		longest = stopf(surprise.Cooldown, "somebody of the customer's household had a surprise of the category %s", of.category)
		longest.until = until
	}
	for _, h := range ledger.HouseholdCaps(q.cat.Policies.Caps, q.household, of.purpose, q.moment.GetChannel(), of.category) {
		full, until := q.full(h)
		if full && (!longest.stops() || !longest.until.IsZero() && (until.IsZero() || until.After(longest.until))) {
			longest = stopf(surprise.CapReached, "the customer's household had %d of at most %d surprises; its people count together", h.Capacity, h.Capacity)
			longest.until = until
		}
	}
	return longest
}

// full reports whether a window of the household has no room now and, where that is known, until when. Whoever took any of its steps took
// that of now.
func (q *query) full(h ledger.Household) (full bool, until time.Time) {
	steps := h.Steps(q.now)
	if len(steps) == 0 || q.room.Fits(steps[0], 1, h.Room()) {
		return false, time.Time{}
	}
	last, known := 0, h.Room() > 0 // a cap of none never has room
	for i, step := range steps {
		if !q.room.Fits(step, 1, h.Room()) {
			last = i
		}
		known = q.room.Known(step) && known
	}
	if known {
		until = h.StepStart(q.now, last+1)
	}
	return true, until
}

// leftInHousehold returns how many surprises of any category the household's caps leave, at most maxAhead; capped tells that there are any.
func (q *query) leftInHousehold() (left int, capped bool) {
	left = maxAhead
	for _, h := range ledger.HouseholdCaps(q.cat.Policies.Caps, q.household, surprisev1.Purpose_DELIGHT, q.moment.GetChannel(), "") {
		capped = true
		for steps := h.Steps(q.now); left > 0 && len(steps) > 0 && !q.room.Fits(steps[0], int64(left), h.Room()); {
			left--
		}
	}
	return left, capped
}

// stockGate asks whether the limits have room for an option whose level is chosen.
func stockGate(q *query, o *option) stop { return q.exhausted(o.template, o.level) }

// exhausted says which limit is the first that has no room for a level.
func (q *query) exhausted(t *catalog.Template, l *catalog.Level) stop {
	for _, lim := range t.Limits {
		amount := lim.Amount(l.CostMinor)
		if store := q.moment.GetStore(); lim.PerStore && q.cat.HasStores() && q.cat.Store(store) == nil {
			return stopf(surprise.LimitExhausted, "each store has its own %s, and the catalogue has no store %q", lim.ID, store)
		}
		if !lim.Imported() && amount > lim.Capacity {
			return stopf(surprise.LimitExhausted, "it takes %d of %s, which has only %d in all", amount, lim.ID, lim.Capacity)
		}
		if !q.fits(lim, amount) {
			return stop{reason: surprise.LimitExhausted, until: lim.NextPeriod(q.now), text: nothingLeft(lim) + waiting(t)}
		}
	}
	return stop{}
}

func nothingLeft(lim *catalog.Limit) string {
	if lim.Unit == surprisev1.LimitUnit_SLOTS {
		return "no time of " + lim.ID + " is free"
	}
	return "nothing is left of " + lim.ID
}

// waiting tells of the waiting list, where there is one.
func waiting(t *catalog.Template) string {
	if t.WaitKeep == 0 {
		return ""
	}
	return "; there is a waiting list"
}

// takes is an amount of a limit.
type takes struct {
	limit  *catalog.Limit
	amount int64
}

// fits asks once for each amount: levels and templates share limits.
func (q *query) fits(lim *catalog.Limit, amount int64) bool {
	return q.limits.get(takes{lim, amount}, func() bool {
		key := lim.Key(q.now, q.moment.GetStore())
		switch lim.Unit {
		case surprisev1.LimitUnit_CODES:
			return q.room.PoolFits(key, amount)
		case surprisev1.LimitUnit_SLOTS:
			return q.room.HasFreeSlot(key)
		default:
			return q.room.Fits(key, amount, lim.Capacity)
		}
	})
}
