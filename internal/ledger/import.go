package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// importChunk is how many members of a pool one change adds.
const importChunk = 1000

// ImportCodes adds one-time codes to a pool. Codes that it has already are not added again, however often they are sent.
func (l *Ledger) ImportCodes(ctx context.Context, req *surprisev1.ImportCodesRequest) (*surprisev1.ImportCodesResponse, error) {
	pool, err := l.poolFor(req.GetLimit(), req.GetStore(), surprisev1.LimitUnit_CODES)
	if err != nil {
		return nil, err
	}
	codes, err := cleanCodes(req.GetCodes())
	if err != nil {
		return nil, err
	}
	if err := l.codesElsewhere(ctx, pool, codes); err != nil {
		return nil, err
	}
	out := &surprisev1.ImportCodesResponse{}
	for len(codes) > 0 {
		chunk := codes[:min(importChunk, len(codes))]
		codes = codes[len(chunk):]
		rec, added, err := l.fill(ctx, pool, codesIndex(pool), chunk, func(rec *storev1.Record, fresh []string) ([]IndexEntry, error) {
			entries := make([]IndexEntry, len(fresh))
			for i, code := range fresh {
				rec.PoolSize++
				entries[i] = IndexEntry{IndexPlace: IndexPlace{Score: rec.GetPoolSize(), Member: code}}
			}
			return entries, nil
		})
		if err != nil {
			return nil, err
		}
		out.Added += int64(added)
		out.Total = rec.GetPoolSize()
	}
	out.KnownBefore = int64(len(req.GetCodes())) - out.GetAdded()
	return out, nil
}

// codesElsewhere refuses codes that another pool has: one code must not be given twice.
func (l *Ledger) codesElsewhere(ctx context.Context, pool string, codes []string) error {
	for i := 0; i < len(codes); i += importChunk {
		chunk := codes[i:min(i+importChunk, len(codes))]
		found, err := l.store.Find(ctx, codeOwners, chunk...)
		if err != nil {
			return Unavailable(err)
		}
		for j, e := range found {
			if owner := string(e.Data); e.Member != "" && owner != pool {
				limit, store, _ := strings.Cut(owner, "||")
				return surprise.FieldErrorf(surprise.InvalidRequest, "codes", "the code at place %d (repetitions left out) was imported for the limit %q, store %q; a code belongs to one pool", i+j, limit, store)
			}
		}
	}
	return nil
}

// codeOwners is the index of all codes; the data is the pool of each.
const codeOwners = "codes"

// cleanCodes trims codes and returns each once. Codes never get into a message: who reads it may not be who may spend them.
func cleanCodes(codes []string) ([]string, error) {
	out := make([]string, 0, len(codes))
	seen := make(map[string]bool, len(codes))
	for i, c := range codes {
		c = strings.TrimSpace(c)
		if c == "" || strings.ContainsFunc(c, unicode.IsControl) {
			return nil, surprise.FieldErrorf(surprise.InvalidRequest, fmt.Sprintf("codes[%d]", i), "it is empty or has control characters; send one code in each element")
		}
		if !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	return out, nil
}

// fill adds those of some members to a pool's index that it does not have, as entries makes them, and returns the pool's record and how many it added.
// The record is compared and set, so that of two imports at once the second sees what the first did.
func (l *Ledger) fill(ctx context.Context, pool, index string, members []string, entries func(rec *storev1.Record, fresh []string) ([]IndexEntry, error)) (*storev1.Record, int, error) {
	var rec *storev1.Record
	var added []IndexEntry
	_, _, err := l.transact(ctx, l.poolKey(pool), func(m *machine) (_ *storev1.Entry, err error) {
		rec, added = m.rec, nil // a new attempt
		fresh, err := l.fresh(ctx, index, members)
		if err != nil || len(fresh) == 0 {
			return nil, err
		}
		if added, err = entries(rec, fresh); err != nil {
			return nil, err
		}
		for _, e := range added {
			m.index = append(m.index, IndexOp{Index: index, IndexEntry: e})
			if index == codesIndex(pool) {
				m.index = append(m.index, IndexOp{Index: codeOwners, IndexEntry: IndexEntry{IndexPlace: IndexPlace{Member: e.Member}, Data: []byte(pool)}})
			}
		}
		m.changed = true
		return nil, nil
	})
	return rec, len(added), err
}

// fresh returns the members that an index does not have.
func (l *Ledger) fresh(ctx context.Context, index string, members []string) ([]string, error) {
	found, err := l.store.Find(ctx, index, members...)
	if err != nil {
		return nil, Unavailable(err)
	}
	var out []string
	for i, e := range found {
		if e.Member == "" {
			out = append(out, members[i])
		}
	}
	return out, nil
}

// poolFor returns the pool of a limit, which must have the unit.
func (l *Ledger) poolFor(limit, store string, unit surprisev1.LimitUnit) (string, error) {
	lim, err := l.limitFor(limit, store)
	if err != nil {
		return "", err
	}
	if lim.Unit != unit {
		return "", surprise.FieldErrorf(surprise.InvalidRequest, "limit", "limit %q has the unit %s; this is for limits of the unit %s", limit, lim.Unit, unit)
	}
	return lim.Key(l.opts.Clock(), store), nil
}

// limitFor returns a limit, and checks that a store is given exactly where each has its own.
func (l *Ledger) limitFor(id, store string) (*catalog.Limit, error) {
	lim := l.catalog().Limit(id)
	switch {
	case lim == nil:
		return nil, surprise.FieldErrorf(surprise.InvalidRequest, "limit", "the catalogue has no limit %q; send the id of one", id)
	case lim.PerStore && store == "":
		return nil, surprise.FieldErrorf(surprise.InvalidRequest, "store", "each store has its own %q; send the store", id)
	case !lim.PerStore && store != "":
		return nil, surprise.FieldErrorf(surprise.InvalidRequest, "store", "%q is shared by all stores; leave the store out, or make the limit per_store", id)
	}
	return lim, l.knownStore(store)
}

// ImportSlots adds bookable times to a pool. A slot that it has already stays as it is, even if it is over.
func (l *Ledger) ImportSlots(ctx context.Context, req *surprisev1.ImportSlotsRequest) (*surprisev1.ImportSlotsResponse, error) {
	pool, err := l.poolFor(req.GetLimit(), req.GetStore(), surprisev1.LimitUnit_SLOTS)
	if err != nil {
		return nil, err
	}
	slots, err := newSlots(req.GetSlots())
	if err != nil {
		return nil, err
	}
	if err := l.checkSlots(ctx, pool, slots); err != nil {
		return nil, err
	}
	out := &surprisev1.ImportSlotsResponse{}
	ids := slots.ids
	for len(ids) > 0 {
		chunk := ids[:min(importChunk, len(ids))]
		ids = ids[len(chunk):]
		_, added, err := l.fill(ctx, pool, slotsIndex(pool), chunk, func(_ *storev1.Record, fresh []string) ([]IndexEntry, error) {
			return slots.entries(fresh)
		})
		if err != nil {
			return nil, err
		}
		out.Added += int64(added)
	}
	out.KnownBefore = int64(len(req.GetSlots())) - out.GetAdded()
	return out, nil
}

// slotList is what an import brings: ids in their order, and where in the request each stands.
type slotList struct {
	ids  []string
	byID map[string]*surprisev1.Slot
	at   map[string]int
}

// maxSlot is how long a slot may be.
const maxSlot = 31 * day

// newSlots refuses slots that can be told to be wrong without knowing the pool.
func newSlots(slots []*surprisev1.Slot) (slotList, error) {
	out := slotList{byID: map[string]*surprisev1.Slot{}, at: map[string]int{}}
	for i, s := range slots {
		own := proto.CloneOf(s)
		own.Places = max(own.GetPlaces(), 1)
		switch known := out.byID[s.GetId()]; {
		case !s.GetStarts().IsValid() || !s.GetEnds().IsValid():
			return out, badSlot(i, "starts and ends must be times between the years 1 and 9999")
		case !s.GetEnds().AsTime().After(s.GetStarts().AsTime()):
			return out, badSlot(i, "it ends before it starts")
		case s.GetEnds().AsTime().Sub(s.GetStarts().AsTime()) > maxSlot:
			return out, badSlot(i, "it takes longer than 31 days; divide it")
		case known != nil && !proto.Equal(known, own):
			return out, badSlot(i, fmt.Sprintf("the id %q is that of slots[%d] too; give each slot its own", s.GetId(), out.at[s.GetId()]))
		case known == nil:
			out.ids = append(out.ids, s.GetId())
			out.byID[s.GetId()], out.at[s.GetId()] = own, i
		}
	}
	return out, nil
}

func badSlot(i int, why string) error {
	return surprise.FieldErrorf(surprise.InvalidRequest, fmt.Sprintf("slots[%d]", i), "%s", why)
}

// checkSlots refuses new slots that nobody can book, before any is added. One that was imported when it was still to come may be sent again.
func (l *Ledger) checkSlots(ctx context.Context, pool string, slots slotList) error {
	now := l.opts.Clock()
	for ids := slots.ids; len(ids) > 0; {
		chunk := ids[:min(importChunk, len(ids))]
		ids = ids[len(chunk):]
		fresh, err := l.fresh(ctx, slotsIndex(pool), chunk)
		if err != nil {
			return err
		}
		for _, id := range fresh {
			if err := bookable(slots.byID[id], now); err != nil {
				return badSlot(slots.at[id], err.Error())
			}
		}
	}
	return nil
}

func bookable(s *surprisev1.Slot, now time.Time) error {
	starts := s.GetStarts().AsTime()
	switch {
	case !starts.After(now):
		return errors.New("it has begun already; leave it out")
	case starts.Sub(now) > surprise.MaxPeriod:
		return errors.New("it starts in more than 100 years")
	}
	return nil
}

func (s slotList) entries(ids []string) ([]IndexEntry, error) {
	out := make([]IndexEntry, len(ids))
	for i, id := range ids {
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(s.byID[id])
		if err != nil {
			return nil, fmt.Errorf("ledger: encode slot: %w", err)
		}
		out[i] = IndexEntry{IndexPlace: IndexPlace{Score: s.byID[id].GetStarts().AsTime().UnixMicro(), Member: id}, Data: data}
	}
	return out, nil
}
