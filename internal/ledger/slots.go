package ledger

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	defaultSlotPage = 100
	// defaultSlotSpan is how far ListSlots looks where it is not told.
	defaultSlotSpan = 31 * day
)

// ListSlots returns a page of slots by their start, with the places that are left, and the token of the next page. A page may have fewer slots than
// asked for, and still have a next one.
func (l *Ledger) ListSlots(ctx context.Context, req *surprisev1.ListSlotsRequest) ([]*surprisev1.SlotState, string, error) {
	pool, err := l.poolFor(req.GetLimit(), req.GetStore(), surprisev1.LimitUnit_SLOTS)
	if err != nil {
		return nil, "", err
	}
	from, until, err := l.slotSpan(req)
	if err != nil {
		return nil, "", err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultSlotPage
	}
	var out []*surprisev1.SlotState
	for range maxScan {
		entries, slots, taken, err := l.slotsFrom(ctx, pool, from, size)
		if err != nil {
			return nil, "", err
		}
		for i, s := range slots {
			if !s.GetStarts().AsTime().Before(until) {
				return out, "", nil
			}
			from = &entries[i].IndexPlace
			if free := freePlaces(s, taken[i], l.opts.Clock()); free > 0 || !req.GetFreeOnly() {
				out = append(out, &surprisev1.SlotState{Slot: s, Free: free})
			}
			if len(out) == size {
				return out, formatPlace(from), nil
			}
		}
		if len(entries) < size {
			return out, "", nil
		}
	}
	return out, formatPlace(from), nil
}

// freePlaces is how many can still book a slot: nobody once it has begun.
func freePlaces(s *surprisev1.Slot, taken int64, now time.Time) int32 {
	if !s.GetStarts().AsTime().After(now) {
		return 0
	}
	return int32(max(places(s)-taken, 0)) //nolint:gosec // at most 10,000
}

// slotSpan returns the place after which to look, and the time before which slots start.
func (l *Ledger) slotSpan(req *surprisev1.ListSlotsRequest) (*IndexPlace, time.Time, error) {
	from, err := timeOr(req.GetFrom(), "from", l.opts.Clock())
	if err != nil {
		return nil, from, err
	}
	until, err := timeOr(req.GetUntil(), "until", from.Add(defaultSlotSpan))
	if err != nil {
		return nil, until, err
	}
	if !until.After(from) {
		return nil, until, surprise.FieldErrorf(surprise.InvalidRequest, "until", "it must be after from")
	}
	place, err := parsePlace(req.GetPageToken())
	if place == nil {
		place = &IndexPlace{Score: max(from.UnixMicro(), 0)}
	}
	return place, until, err
}

// timeOr reads a time of a request; absent: another one.
func timeOr(given *timestamppb.Timestamp, field string, absent time.Time) (time.Time, error) {
	if given == nil {
		return absent, nil
	}
	if !given.IsValid() {
		return absent, surprise.FieldErrorf(surprise.InvalidRequest, field, "it is no time between the years 1 and 9999")
	}
	return given.AsTime(), nil
}
