package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Pools are what was imported for limits of the units CODES and SLOTS. A pool has the key of its limit (catalog.Limit.Key) for its name. Codes are
// the members of the index "codes|POOL", scored by their number from 1; slots those of "slots|POOL", scored by their start. The record of the
// pool, under the keyed hash of its name, counts the codes.

func codesIndex(pool string) string { return "codes|" + pool }
func slotsIndex(pool string) string { return "slots|" + pool }

// ownPrefix begins the names of records that are no customer's.
const ownPrefix = "\x00"

func (l *Ledger) poolKey(pool string) surprise.CustomerKey {
	return l.opts.Hash(ownPrefix + "pool\x00" + pool)
}

// customer returns the key of a customer, and refuses ids that would name a record of our own.
func (l *Ledger) customer(id string) (surprise.CustomerKey, error) {
	if strings.HasPrefix(id, ownPrefix) {
		return surprise.CustomerKey{}, surprise.FieldErrorf(surprise.InvalidRequest, "customer_id", "it begins with a zero byte; send the id as the CRM has it")
	}
	return l.opts.Hash(id), nil
}

// poolSize returns how many codes a pool has.
func (l *Ledger) poolSize(ctx context.Context, pool string) (int64, error) {
	sizes, err := l.PoolSizes(ctx, pool)
	if err != nil {
		return 0, err
	}
	return sizes[0], nil
}

// PoolSizes returns how many codes were imported into each pool, given ones included.
func (l *Ledger) PoolSizes(ctx context.Context, pools ...string) ([]int64, error) {
	keys := make([]surprise.CustomerKey, len(pools))
	for i, p := range pools {
		keys[i] = l.poolKey(p)
	}
	loaded, err := l.store.Load(ctx, keys...)
	if err != nil {
		return nil, Unavailable(err)
	}
	sizes := make([]int64, len(pools))
	for i, v := range loaded {
		rec, err := DecodeRecord(v.Data)
		if err != nil {
			return nil, err
		}
		sizes[i] = rec.GetPoolSize()
	}
	return sizes, nil
}

// code returns the code of a number; empty: there is none.
func (l *Ledger) code(ctx context.Context, pool string, number int64) (string, error) {
	found, err := l.store.Range(ctx, codesIndex(pool), &IndexPlace{Score: number}, 1, false)
	if err != nil {
		return "", Unavailable(err)
	}
	if len(found) == 0 || found[0].Score != number {
		return "", nil
	}
	return found[0].Member, nil
}

// slotsAtOnce is how many slots are looked at in one step.
const slotsAtOnce = 200

// slot returns a slot by its id, or the first free one after now where the id is empty. The error is SLOT_NOT_FOUND or SLOT_TAKEN; a slot with an id may
// be taken by the time it is claimed.
func (l *Ledger) slot(ctx context.Context, pool, id string) (*surprisev1.Slot, error) {
	if id != "" {
		return l.slotByID(ctx, pool, id)
	}
	var first *surprisev1.Slot
	some := false
	err := l.eachSlot(ctx, pool, l.opts.Clock(), func(s *surprisev1.Slot, taken int64) bool {
		some = true
		if taken < places(s) {
			first = s
		}
		return first == nil
	})
	switch {
	case err != nil:
		return nil, err
	case !some:
		return nil, surprise.FieldErrorf(surprise.SlotNotFound, "slot_id", "there are no slots to come; import some with ImportSlots")
	case first == nil:
		return nil, surprise.FieldErrorf(surprise.SlotTaken, "slot_id", "every slot to come is taken; offer another surprise")
	}
	return first, nil
}

func (l *Ledger) slotByID(ctx context.Context, pool, id string) (*surprisev1.Slot, error) {
	found, err := l.store.Find(ctx, slotsIndex(pool), id)
	if err != nil {
		return nil, Unavailable(err)
	}
	if found[0].Member == "" {
		return nil, surprise.FieldErrorf(surprise.SlotNotFound, "slot_id", "there is no slot %q; choose one of ListSlots, or leave it out for the first that is free", id)
	}
	s, err := decodeSlot(found[0])
	if err != nil {
		return nil, err
	}
	if !s.GetStarts().AsTime().After(l.opts.Clock()) {
		return nil, surprise.FieldErrorf(surprise.SlotNotFound, "slot_id", "the slot %q has begun; choose a later one", id)
	}
	return s, nil
}

func decodeSlot(e IndexEntry) (*surprisev1.Slot, error) {
	s := &surprisev1.Slot{}
	if err := proto.Unmarshal(e.Data, s); err != nil {
		return nil, &surprise.Error{Reason: surprise.Internal, Message: fmt.Sprintf("the slot %q cannot be read", e.Member), Err: err}
	}
	return s, nil
}

func places(s *surprisev1.Slot) int64 { return max(int64(s.GetPlaces()), 1) }

// eachSlot calls visit with the slots that start after a time, in their order, and how many places of each are taken, until it returns false.
func (l *Ledger) eachSlot(ctx context.Context, pool string, after time.Time, visit func(s *surprisev1.Slot, taken int64) bool) error {
	from := &IndexPlace{Score: max(after.UnixMicro(), 0) + 1}
	for {
		entries, slots, taken, err := l.slotsFrom(ctx, pool, from, slotsAtOnce)
		if err != nil {
			return err
		}
		for i, s := range slots {
			if !visit(s, taken[i]) {
				return nil
			}
		}
		if len(entries) < slotsAtOnce {
			return nil
		}
		from = &entries[len(entries)-1].IndexPlace
	}
}

// slotsFrom returns up to n slots after a place, and how many places of each are taken.
func (l *Ledger) slotsFrom(ctx context.Context, pool string, from *IndexPlace, n int) ([]IndexEntry, []*surprisev1.Slot, []int64, error) {
	entries, err := l.store.Range(ctx, slotsIndex(pool), from, n, false)
	if err != nil {
		return nil, nil, nil, Unavailable(err)
	}
	if len(entries) == 0 {
		return nil, nil, nil, nil
	}
	slots := make([]*surprisev1.Slot, len(entries))
	keys := make([]string, len(entries))
	for i, e := range entries {
		if slots[i], err = decodeSlot(e); err != nil {
			return nil, nil, nil, err
		}
		keys[i] = slotLimit(pool, e.Member)
	}
	taken, err := l.store.Usage(ctx, keys...)
	if err != nil {
		return nil, nil, nil, Unavailable(err)
	}
	return entries, slots, taken, nil
}

// HasFreeSlot reports whether a slot of a pool can still be booked.
func (l *Ledger) HasFreeSlot(ctx context.Context, pool string) (bool, error) {
	free := false
	err := l.eachSlot(ctx, pool, l.opts.Clock(), func(s *surprisev1.Slot, taken int64) bool {
		free = taken < places(s)
		return !free
	})
	return free, err
}

// slotLimit is the limit that the claims of one slot share.
func slotLimit(pool, id string) string {
	return fmt.Sprintf("%s%d|%s|%s", slotPrefix, len(pool), pool, id)
}
