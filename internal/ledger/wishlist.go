package ledger

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// PostWish keeps a wish. Find returns the tags in its text, by the catalogue in force. The same request_id and content have one effect; replayed
// tells.
func (l *Ledger) PostWish(ctx context.Context, req *surprisev1.PostWishRequest, find func(text string) (tags []string)) (*surprisev1.Wish, bool, error) {
	text := cleanText(req.GetText())
	if text == "" {
		return nil, false, surprise.FieldErrorf(surprise.InvalidRequest, "text", "it says nothing; write what the customer wishes for")
	}
	if err := l.knownStore(req.GetStore()); err != nil {
		return nil, false, err
	}
	key, err := l.customer(req.GetCustomerId())
	if err != nil {
		return nil, false, err
	}
	draft := &storev1.Wish{
		WishId: string(surprise.NewClaimID(key, "wish", []byte(req.GetRequestId()))), State: surprisev1.WishState_OPEN,
		Text: text, Store: req.GetStore(), Locale: req.GetLocale(), Privacy: max(req.GetPrivacy(), surprisev1.WishPrivacy_STAFF_ONLY),
		Tags: find(text), CatalogRevision: l.catalog().Revision,
	}
	// It outlives the text, so that it is keyed: nobody who reads the record can try texts on it.
	keyed := l.opts.Hash(ownPrefix + "wish" + string(fingerprint(text, draft.GetStore(), draft.GetLocale(), draft.GetPrivacy().String())))
	draft.Fingerprint = keyed[:]
	var posted *storev1.Wish
	_, replayed, err := l.transact(ctx, key, func(m *machine) (_ *storev1.Entry, err error) {
		posted, err = l.postIn(m, draft)
		return nil, err
	})
	if err != nil {
		return nil, false, err
	}
	return asWish(posted), replayed, nil
}

func (l *Ledger) postIn(m *machine, draft *storev1.Wish) (*storev1.Wish, error) {
	if known := m.findWish(draft.GetWishId()); known != nil {
		if !slices.Equal(known.GetFingerprint(), draft.GetFingerprint()) {
			return nil, surprise.FieldErrorf(surprise.IdempotencyMismatch, "request_id", "this id was used before for another wish; use a new one")
		}
		return known, nil
	}
	m.tickWishes()
	m.rec.Wishes = forget(m.rec.GetWishes(), func(w *storev1.Wish) bool { return !openOrPromised(w) })
	cat := l.catalog()
	open := 0
	for _, w := range m.rec.GetWishes() {
		if openOrPromised(w) {
			open++
		}
	}
	if open >= cat.Wishes.MaxOpen {
		return nil, surprise.Errorf(surprise.TooMany, "the customer has %d open wishes, and may have %d; withdraw one first", open, cat.Wishes.MaxOpen)
	}
	draft.Posted = timestamppb.New(m.now)
	draft.GrantFrom = timestamppb.New(cat.Wishes.MinDelay.AddTo(m.now, cat.Location))
	draft.Until = timestamppb.New(cat.Wishes.Retention.AddTo(m.now, cat.Location))
	m.rec.Wishes = append(m.rec.Wishes, draft)
	m.indexWish(draft, false)
	m.emitWish(event.WishPosted, draft)
	m.changed = true
	return draft, nil
}

// maxEnded bounds the ended wishes and tickets of a customer, each.
const maxEnded = 100

// forget leaves out the oldest that have ended, as far as there are too many.
func forget[T any](all []T, ended func(T) bool) []T {
	n := -maxEnded
	for _, x := range all {
		if ended(x) {
			n++
		}
	}
	return slices.DeleteFunc(all, func(x T) bool {
		if n <= 0 || !ended(x) {
			return false
		}
		n--
		return true
	})
}

// cleanText drops control characters other than line ends and tabs, and surrounding space. All else stays as it was written: emoji, scripts from
// right to left and markup are for those who show it to show safely.
func cleanText(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// knownStore refuses stores that the catalogue does not list, if it lists any: nobody would look there.
func (l *Ledger) knownStore(store string) error {
	if cat := l.catalog(); store != "" && cat.HasStores() && cat.Store(store) == nil {
		return surprise.FieldErrorf(surprise.InvalidRequest, "store", "the catalogue has no store %q; send the id of one, or leave it out", store)
	}
	return nil
}

// Wish returns one wish as it is now.
func (l *Ledger) Wish(ctx context.Context, id string) (*surprisev1.Wish, error) {
	key, ok := surprise.ClaimID(id).Customer()
	if !ok {
		return nil, wishNotFound()
	}
	now, err := l.peek(ctx, key)
	if err != nil {
		return nil, err
	}
	if w := now[0].findWish(id); w != nil {
		return asWish(w), nil
	}
	return nil, wishNotFound()
}

// peek returns records as they are now, with wishes lapsed and turns passed, and writes nothing.
func (l *Ledger) peek(ctx context.Context, keys ...surprise.CustomerKey) ([]*machine, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	loaded, err := l.store.Load(ctx, keys...)
	if err != nil {
		return nil, Unavailable(err)
	}
	out := make([]*machine, len(loaded))
	for i, v := range loaded {
		if out[i], err = newMachine(v.Data, l.opts.Clock(), l.catalog().Policies.Retention); err != nil {
			return nil, err
		}
		out[i].tickWishes()
		out[i].tickTickets()
	}
	return out, nil
}

// WithdrawWish takes a wish back and deletes its text. Done twice it has one effect; replayed tells.
func (l *Ledger) WithdrawWish(ctx context.Context, req *surprisev1.WithdrawWishRequest) (*surprisev1.Wish, bool, error) {
	key, ok := surprise.ClaimID(req.GetWishId()).Customer()
	if !ok || req.GetCustomerId() != "" && l.opts.Hash(req.GetCustomerId()) != key {
		return nil, false, wishNotFound()
	}
	var wish *storev1.Wish
	_, replayed, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		if wish = m.findWish(req.GetWishId()); wish == nil {
			return nil, wishNotFound()
		}
		return nil, m.withdrawWish(wish)
	})
	if err != nil {
		return nil, false, err
	}
	return asWish(wish), replayed, nil
}

// maxScan bounds how many steps of a page a listing looks at for members that its filter lets pass.
const maxScan = 10

// ListWishes returns a page of the open and promised wishes of a store, the oldest first, and the token of the next page. A page may have fewer
// wishes than asked for, and still have a next one.
func (l *Ledger) ListWishes(ctx context.Context, req *surprisev1.ListWishesRequest) ([]*surprisev1.Wish, string, error) {
	from, err := parsePlace(req.GetPageToken())
	if err != nil {
		return nil, "", err
	}
	var out []*surprisev1.Wish
	size := pageSize(req.GetPageSize())
	for range maxScan {
		entries, wishes, err := l.wishesAt(ctx, wishIndex(req.GetStore()), from, size, false)
		if err != nil {
			return nil, "", err
		}
		for i, w := range wishes {
			from = &entries[i].IndexPlace
			if w != nil && openOrPromised(w) && tagged(w, req.GetTags()) {
				out = append(out, asWish(w))
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

func pageSize(asked int32) int {
	if asked == 0 {
		return defaultPageSize
	}
	return int(asked)
}

func tagged(w *storev1.Wish, tags []string) bool {
	return len(tags) == 0 || slices.ContainsFunc(w.GetTags(), func(t string) bool { return slices.Contains(tags, t) })
}

// wishesAt returns entries of an index and the wish of each, nil where it is gone, with one look at the records.
func (l *Ledger) wishesAt(ctx context.Context, index string, from *IndexPlace, n int, backwards bool) ([]IndexEntry, []*storev1.Wish, error) {
	entries, err := l.store.Range(ctx, index, from, n, backwards)
	if err != nil {
		return nil, nil, Unavailable(err)
	}
	var keys []surprise.CustomerKey
	at := map[surprise.CustomerKey]int{}
	for _, e := range entries {
		key, _ := surprise.ClaimID(e.Member).Customer()
		if _, ok := at[key]; !ok {
			at[key] = len(keys)
			keys = append(keys, key)
		}
	}
	records, err := l.peek(ctx, keys...)
	if err != nil {
		return nil, nil, err
	}
	wishes := make([]*storev1.Wish, len(entries))
	for i, e := range entries {
		key, _ := surprise.ClaimID(e.Member).Customer()
		wishes[i] = records[at[key]].findWish(e.Member)
	}
	return entries, wishes, nil
}

// ListWall returns a page of the wishes that everybody may see, the newest first, and the token of the next page.
func (l *Ledger) ListWall(ctx context.Context, req *surprisev1.ListWallRequest) ([]*surprisev1.WallNote, string, error) {
	at, err := l.parseWallToken(req.GetPageToken())
	if err != nil {
		return nil, "", err
	}
	var out []*surprisev1.WallNote
	size := pageSize(req.GetPageSize())
	from, skip := at.start(), at.passed
	for range maxScan {
		n := size + int(skip)
		entries, wishes, err := l.wishesAt(ctx, wallIndex(req.GetStore()), from, n, true)
		if err != nil {
			return nil, "", err
		}
		for i, w := range wishes {
			from = &entries[i].IndexPlace
			if skip > 0 && from.Score == at.score {
				skip--
				continue
			}
			skip = 0
			at.pass(from.Score)
			if w != nil && w.GetState() == surprisev1.WishState_OPEN {
				out = append(out, l.asNote(w))
			}
			if len(out) == size {
				return out, l.wallToken(at), nil
			}
		}
		if len(entries) < n {
			return out, "", nil
		}
	}
	return out, l.wallToken(at), nil
}

func (l *Ledger) asNote(w *storev1.Wish) *surprisev1.WallNote {
	y, m, d := w.GetPosted().AsTime().In(l.catalog().Location).Date()
	return &surprisev1.WallNote{Text: w.GetText(), Store: w.GetStore(), Locale: w.GetLocale(),
		Posted: &surprisev1.Date{Year: int32(y), Month: int32(m), Day: int32(d)}} //nolint:gosec // a year has four digits
}
