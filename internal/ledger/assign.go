package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Serials, codes and slots are assigned to claims by their limits: a number is that of the claim's entry in the limit, so that it is nowhere else
// and cannot be given twice, and each slot is a limit of its own.

// maxSlotTries bounds how often a claim that takes any slot asks for the next one. Every try that fails means that somebody else got a slot.
const maxSlotTries = 100

// slotPrefix begins the limits of slots, see slotLimit.
const slotPrefix = "@slot|"

// waitIndex names the line of those who wait for a template, of each store that has stock of its own.
func waitIndex(t *catalog.Template, store string) string {
	own := ""
	for _, lim := range t.Limits {
		if lim.PerStore {
			own = store
		}
	}
	return "wait|" + t.ID + "|" + own
}

// behind names the line that a claim must not jump; empty: there is none.
func behind(t *catalog.Template, store string) string {
	if t.WaitKeep <= 0 {
		return ""
	}
	return waitIndex(t, store)
}

// numbered reports whether an entry has a number of its own in a limit.
func numbered(t *storev1.LimitTake) bool {
	return t.GetUnit() == surprisev1.LimitUnit_SERIALS || t.GetUnit() == surprisev1.LimitUnit_CODES
}

// takesOf returns what one surprise takes of a template's limits, save for slots.
func (l *Ledger) takesOf(ctx context.Context, t *catalog.Template, cost int64, at time.Time, store string) ([]*storev1.LimitTake, error) {
	var out []*storev1.LimitTake
	for _, lim := range t.Limits {
		amount := lim.Amount(cost)
		if lim.Unit == surprisev1.LimitUnit_SLOTS || amount <= 0 {
			continue
		}
		take := &storev1.LimitTake{Limit: lim.Key(at, store), Amount: amount, Capacity: lim.Capacity, Unit: lim.Unit}
		if lim.Unit == surprisev1.LimitUnit_CODES {
			size, err := l.poolSize(ctx, take.GetLimit())
			if err != nil {
				return nil, err
			}
			take.Capacity = size
		}
		out = append(out, take)
	}
	return out, nil
}

// slotsOf returns the limit by whose slots a template is booked, or nil.
func slotsOf(t *catalog.Template) *catalog.Limit {
	for _, lim := range t.Limits {
		if lim.Unit == surprisev1.LimitUnit_SLOTS {
			return lim
		}
	}
	return nil
}

// checkSlot refuses a slot where there are none.
func checkSlot(t *catalog.Template, slotID string) error {
	if slotID == "" || slotsOf(t) != nil {
		return nil
	}
	return surprise.FieldErrorf(surprise.InvalidRequest, "slot_id", "%s has no slots to book; leave slot_id out", t.ID)
}

// book adds the slot that a claim asks for, or the first free one, to what it takes.
func (l *Ledger) book(ctx context.Context, e *storev1.Entry, t *catalog.Template, slotID string, at time.Time) error {
	lim := slotsOf(t)
	if lim == nil {
		return nil
	}
	pool := lim.Key(at, e.GetStore())
	slot, err := l.slot(ctx, pool, slotID)
	if err != nil {
		return err
	}
	e.Slot = proto.CloneOf(slot)
	e.Takes = append(e.Takes, &storev1.LimitTake{Limit: slotLimit(pool, slot.GetId()), Amount: 1, Capacity: max(1, int64(slot.GetPlaces())), Unit: lim.Unit})
	return nil
}

// holdUntil is when a claim runs out. A booking is held until its time is over, whenever that is.
func holdUntil(e *storev1.Entry, hold time.Duration, now time.Time) time.Time {
	if ends := e.GetSlot().GetEnds(); ends != nil && ends.AsTime().After(now) {
		now = ends.AsTime()
	}
	return now.Add(hold)
}

func isSlot(limit string) bool { return strings.HasPrefix(limit, slotPrefix) }

func slotTaken() *surprise.Error {
	return surprise.FieldErrorf(surprise.SlotTaken, "slot_id", "this slot was taken meanwhile; choose another one of ListSlots, or leave slot_id out for the first that is free")
}

// exhausted turns a store's word on a limit into a refusal with the time at which the limit starts anew.
func (l *Ledger) exhausted(err error, e *storev1.Entry) error {
	var full *LimitError
	if !errors.As(err, &full) {
		return err
	}
	name, _, _ := strings.Cut(full.Limit, "|")
	switch {
	case full.Behind:
		return &surprise.Error{Reason: surprise.LimitExhausted, Err: err, Message: fmt.Sprintf("others wait in line for %s; join the waiting list", e.GetTemplate())}
	case isSlot(full.Limit):
		return slotTaken()
	case isHousehold(full.Limit):
		return householdFull(full.Limit, capacityOf(e, full.Limit))
	}
	out := &surprise.Error{Reason: surprise.LimitExhausted, Err: err, Message: fmt.Sprintf("nothing is left of %s; offer another surprise", name)}
	if lim := l.catalog().Limit(name); lim != nil {
		out.Until = lim.NextPeriod(l.opts.Clock())
	}
	return out
}

func capacityOf(e *storev1.Entry, limit string) int64 {
	for _, t := range e.GetTakes() {
		if t.GetLimit() == limit {
			return t.GetCapacity()
		}
	}
	return 0
}
