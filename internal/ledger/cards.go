package ledger

import (
	"cmp"
	"context"
	"slices"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// maxTaskPages bounds how much of the index one call of ListCards reads; the next page goes on from there.
const maxTaskPages = 20

// ListCards returns a page of the claims of a store that wait to be carried out, the most urgent first, and the token of the next page.
func (l *Ledger) ListCards(ctx context.Context, req *surprisev1.ListCardsRequest) ([]*surprisev1.Claim, string, error) {
	from, err := parsePlace(req.GetPageToken())
	if err != nil {
		return nil, "", err
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultPageSize
	}
	found, last, err := l.tasks(ctx, req, from, size)
	if err != nil {
		return nil, "", err
	}
	claims, err := l.reveal(ctx, found...)
	if err != nil || last == nil {
		return claims, "", err
	}
	rest, err := l.taskPlaces(ctx, req.GetStore(), last, 1)
	if err != nil {
		return nil, "", err
	}
	if len(rest) == 0 {
		return claims, "", nil
	}
	return claims, formatPlace(last), nil
}

// tasks finds up to a number of cards, and where it stopped; nil: at the end.
func (l *Ledger) tasks(ctx context.Context, req *surprisev1.ListCardsRequest, from *IndexPlace, size int) (found []*storev1.Entry, last *IndexPlace, err error) {
	for page := 0; len(found) < size && page < maxTaskPages; page++ {
		want := size - len(found)
		places, err := l.taskPlaces(ctx, req.GetStore(), from, want)
		if err != nil {
			return nil, nil, err
		}
		entries, err := l.entriesOf(ctx, places)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			if l.waits(e, req.GetStaffId()) {
				found = append(found, e)
			}
		}
		if len(places) < want {
			return found, nil, nil
		}
		from = &places[want-1].IndexPlace
	}
	return found, from, nil
}

// maxTaskStores bounds how many stores are asked for the cards of all.
const maxTaskStores = 1000

// taskPlaces returns up to n cards of a store after a place, the most urgent first; of all stores where none is named.
func (l *Ledger) taskPlaces(ctx context.Context, store string, from *IndexPlace, n int) ([]IndexEntry, error) {
	indexes := []string{tasksPrefix + store}
	if store == "" {
		stores, err := l.store.Range(ctx, taskStores, nil, maxTaskStores, false)
		if err != nil {
			return nil, Unavailable(err)
		}
		for _, s := range stores {
			indexes = append(indexes, tasksPrefix+s.Member)
		}
	}
	slices.Sort(indexes)
	var out []IndexEntry
	for _, index := range slices.Compact(indexes) { // the partitions of a Cluster each have their own list of stores
		found, err := l.store.Range(ctx, index, from, n, false)
		if err != nil {
			return nil, Unavailable(err)
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b IndexEntry) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Member, b.Member))
	})
	return out[:min(n, len(out))], nil
}

// waits reports whether an entry is a card to carry out, of this clerk if one is named. The index can be a moment behind.
func (l *Ledger) waits(e *storev1.Entry, staffID string) bool {
	now := l.opts.Clock()
	if e.GetState() != surprisev1.ClaimState_HELD || !active(e, now) {
		return false
	}
	return staffID == "" || leased(e, now) && e.GetLease().GetStaffId() == staffID
}

// entriesOf loads the claims of an index in one round trip, in their order. Those that are gone are left out.
func (l *Ledger) entriesOf(ctx context.Context, places []IndexEntry) ([]*storev1.Entry, error) {
	var keys []surprise.CustomerKey
	position := map[surprise.CustomerKey]int{}
	for _, p := range places {
		key, ok := surprise.ClaimID(p.Member).Customer()
		if _, known := position[key]; ok && !known {
			position[key] = len(keys)
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	loaded, err := l.store.Load(ctx, keys...)
	if err != nil {
		return nil, Unavailable(err)
	}
	records := make([]*storev1.Record, len(loaded))
	for i, data := range loaded {
		records[i], _ = DecodeRecord(data.Data) // one that cannot be read must not hide the others
	}
	var out []*storev1.Entry
	for _, p := range places {
		key, _ := surprise.ClaimID(p.Member).Customer()
		if i, ok := position[key]; ok {
			if e := findEntry(records[i], p.Member); e != nil {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// cardMemories is how many earlier surprises a task card shows.
const cardMemories = 5

// CardData returns what a task card tells of a claim: the claim itself, the customer's last surprises that left a memory, the latest first, and the
// text of the wish that it grants, empty where there is none or it is over. If a customer is given, the claim must be theirs.
func (l *Ledger) CardData(ctx context.Context, claimID, customerID string) (claim *surprisev1.Claim, memories []*surprisev1.Memory, wish string, err error) {
	id, key, err := l.owned(claimID, customerID)
	if err != nil {
		return nil, nil, "", err
	}
	rec, err := l.load(ctx, key)
	if err != nil {
		return nil, nil, "", err
	}
	e := findEntry(rec, string(id))
	if e == nil {
		return nil, nil, "", notFound()
	}
	claims, err := l.reveal(ctx, e)
	if err != nil {
		return nil, nil, "", err
	}
	for _, w := range rec.GetWishes() {
		if w.GetWishId() == e.GetWishId() && e.GetWishId() != "" {
			wish = w.GetText()
		}
	}
	return claims[0], memoriesBut(rec, e, cardMemories), wish, nil
}

// Memories returns what the last n surprises are to be remembered by, the latest first. Surprises without a memory tag are passed over.
func Memories(rec *storev1.Record, n int) []*surprisev1.Memory { return memoriesBut(rec, nil, n) }
