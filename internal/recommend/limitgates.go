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
func householdGate(q *query, o *option) *surprise.Error {
	if q.household == "" {
		return nil
	}
	t := o.template
	if most := t.HouseholdMax; most > 0 && !q.room.Fits(ledger.HouseholdMaxLimit(t.ID, q.household), 1, most) {
		return surprise.Errorf(surprise.CapReached, "the customer's household has %d of at most %d of it", most, most)
	}
	var longest *surprise.Error
	if full, until := q.full(ledger.Household{Key: q.household, Category: t.Category, Cooldown: t.Cooldowns.Household}); full {
		longest = surprise.Errorf(surprise.Cooldown, "somebody of the customer's household had a surprise of the category %s", t.Category)
		longest.Until = until
	}
	for _, h := range ledger.HouseholdCaps(q.cat.Policies.Caps, q.household, t.Purpose, q.moment.GetChannel(), t.Category) {
		full, until := q.full(h)
		if full && (longest == nil || !longest.Until.IsZero() && (until.IsZero() || until.After(longest.Until))) {
			longest = surprise.Errorf(surprise.CapReached, "the customer's household had %d of at most %d surprises; its people count together", h.Capacity, h.Capacity)
			longest.Until = until
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
func stockGate(q *query, o *option) *surprise.Error { return q.exhausted(o.template, o.level) }

// exhausted returns the first limit that has no room for a level.
func (q *query) exhausted(t *catalog.Template, l *catalog.Level) *surprise.Error {
	for _, lim := range t.Limits {
		amount := lim.Amount(l.CostMinor)
		if store := q.moment.GetStore(); lim.PerStore && q.cat.HasStores() && q.cat.Store(store) == nil {
			return surprise.Errorf(surprise.LimitExhausted, "each store has its own %s, and the catalogue has no store %q", lim.ID, store)
		}
		if !lim.Imported() && amount > lim.Capacity {
			return surprise.Errorf(surprise.LimitExhausted, "it takes %d of %s, which has only %d in all", amount, lim.ID, lim.Capacity)
		}
		if !q.fits(lim, amount) {
			return &surprise.Error{Reason: surprise.LimitExhausted, Until: lim.NextPeriod(q.now), Message: nothingLeft(lim) + waiting(t)}
		}
	}
	return nil
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

func (q *query) fits(lim *catalog.Limit, amount int64) bool {
	key := lim.Key(q.now, q.moment.GetStore())
	switch lim.Unit {
	case surprisev1.LimitUnit_CODES:
		return q.room.PoolFits(key, amount)
	case surprisev1.LimitUnit_SLOTS:
		return q.room.HasFreeSlot(key)
	default:
		return q.room.Fits(key, amount, lim.Capacity)
	}
}
