package ledger

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A wish lives in its author's record, so that erasing the customer takes it along; walls are indexes over records.
//
//	           post           claim              confirm
//	(nothing) ------> OPEN -----------> PROMISED ---------> GRANTED
//	                   | ^  claim ended    |  |
//	                   | +-----------------+  | withdraw
//	                   +--> WITHDRAWN <-------+
//	                   +--> LAPSED, when nobody granted it in time

// wallIndex and wishIndex hold the wishes of a store, or of all stores where the store is empty.
func wallIndex(store string) string { return "wall|" + store }
func wishIndex(store string) string { return "wishes|" + store }

func (m *machine) findWish(id string) *storev1.Wish {
	for _, w := range m.rec.GetWishes() {
		if w.GetWishId() == id {
			return w
		}
	}
	return nil
}

// promiseWish ties an open wish to the claim that will grant it.
func (m *machine) promiseWish(id string, e *storev1.Entry) *surprise.Error {
	w := m.findWish(id)
	switch {
	case w == nil:
		return wishNotFound()
	case w.GetState() == surprisev1.WishState_PROMISED && w.GetClaimId() == e.GetClaimId():
		return nil
	case w.GetState() != surprisev1.WishState_OPEN || overdue(w, m.now):
		return wishClosed(w)
	case w.GetGrantFrom().AsTime().After(m.now):
		return &surprise.Error{Reason: surprise.WishTooYoung, Field: "wish_id", Until: w.GetGrantFrom().AsTime(),
			Message: "this wish was posted a short while ago; grant it from " + w.GetGrantFrom().AsTime().Format(time.RFC3339)}
	}
	w.State, w.ClaimId = surprisev1.WishState_PROMISED, e.GetClaimId()
	m.changed = true
	return nil
}

func wishNotFound() *surprise.Error {
	return surprise.FieldErrorf(surprise.WishNotFound, "wish_id", "there is no wish with this id; send the wish_id exactly as PostWish returned it")
}

func wishClosed(w *storev1.Wish) *surprise.Error {
	why := "nobody granted it in time"
	switch w.GetState() {
	case surprisev1.WishState_PROMISED:
		why = "another claim holds it"
	case surprisev1.WishState_GRANTED:
		why = "it was granted"
	case surprisev1.WishState_WITHDRAWN:
		why = "its author withdrew it"
	default: // it lapsed, or will with the next look at the record
	}
	return surprise.FieldErrorf(surprise.WishClosed, "wish_id", "this wish cannot be granted or withdrawn any more: %s", why)
}

// settleWish follows the claim of a wish to its end: a confirmed one grants it, any other opens it again.
func (m *machine) settleWish(e *storev1.Entry) {
	w := m.findWish(e.GetWishId())
	if w == nil {
		return
	}
	held := w.GetState() == surprisev1.WishState_PROMISED && w.GetClaimId() == e.GetClaimId()
	switch e.GetState() {
	case surprisev1.ClaimState_CONFIRMED:
		// Also when the hold ran out meanwhile, as long as nobody else has promised it.
		if held || w.GetState() == surprisev1.WishState_OPEN {
			w.ClaimId = e.GetClaimId()
			m.endWish(w, surprisev1.WishState_GRANTED, event.WishGranted)
		}
	case surprisev1.ClaimState_CANCELLED, surprisev1.ClaimState_EXPIRED, surprisev1.ClaimState_DENIED:
		if held {
			w.State, w.ClaimId = surprisev1.WishState_OPEN, ""
			m.changed = true
		}
	default: // it is still held
	}
}

// withdrawWish takes a wish back. One that a claim holds is withdrawn too: its author always may.
func (m *machine) withdrawWish(w *storev1.Wish) error {
	if w.GetState() == surprisev1.WishState_WITHDRAWN {
		return nil
	}
	if !openOrPromised(w) {
		return wishClosed(w)
	}
	m.endWish(w, surprisev1.WishState_WITHDRAWN, event.WishWithdrawn)
	return nil
}

func openOrPromised(w *storev1.Wish) bool {
	return w.GetState() == surprisev1.WishState_OPEN || w.GetState() == surprisev1.WishState_PROMISED
}

// endWish makes a wish final and takes its text away.
func (m *machine) endWish(w *storev1.Wish, state surprisev1.WishState, kind string) {
	w.State, w.Ended, w.Text = state, timestamppb.New(m.now), ""
	m.indexWish(w, true)
	m.emitWish(kind, w)
	m.changed = true
}

// indexWish puts a wish into its indexes, or takes it out.
func (m *machine) indexWish(w *storev1.Wish, remove bool) {
	place := IndexPlace{Score: w.GetPosted().AsTime().UnixMicro(), Member: w.GetWishId()}
	for _, name := range wishIndexes(w) {
		m.index = append(m.index, IndexOp{Index: name, IndexEntry: IndexEntry{IndexPlace: place}, Remove: remove})
	}
}

func wishIndexes(w *storev1.Wish) []string {
	out := []string{wishIndex("")}
	if w.GetStore() != "" {
		out = append(out, wishIndex(w.GetStore()))
	}
	if w.GetPrivacy() == surprisev1.WishPrivacy_ON_THE_WALL {
		out = append(out, wallIndex(""))
		if w.GetStore() != "" {
			out = append(out, wallIndex(w.GetStore()))
		}
	}
	return out
}

// emitWish notes an event about a wish, without what it says.
func (m *machine) emitWish(kind string, w *storev1.Wish) {
	shown := asWish(w)
	shown.Text = ""
	m.emit(&surprisev1.Event{Type: kind, Wish: shown})
}

// tickWishes lets open wishes lapse when their time is over, and forgets ended ones with the claims of their time.
func (m *machine) tickWishes() {
	for _, w := range m.rec.GetWishes() {
		if overdue(w, m.now) {
			m.endWish(w, surprisev1.WishState_LAPSED, event.WishLapsed)
		}
	}
	kept := len(m.rec.GetWishes())
	m.rec.Wishes = slices.DeleteFunc(m.rec.GetWishes(), func(w *storev1.Wish) bool {
		return !openOrPromised(w) && m.now.Sub(w.GetEnded().AsTime()) > m.retain
	})
	m.changed = m.changed || len(m.rec.GetWishes()) < kept
}

// overdue wishes are open past their time. A promised one waits for the end of its claim.
func overdue(w *storev1.Wish, now time.Time) bool {
	return w.GetState() == surprisev1.WishState_OPEN && !w.GetUntil().AsTime().After(now)
}

func (m *machine) dueWishes() time.Time {
	var first time.Time
	for _, w := range m.rec.GetWishes() {
		if w.GetState() == surprisev1.WishState_OPEN {
			first = earliest(first, w.GetUntil().AsTime())
		}
	}
	return first
}

// OpenWishes returns the wishes of a record that may be granted at now, the oldest first.
func OpenWishes(rec *storev1.Record, now time.Time) []*storev1.Wish {
	var out []*storev1.Wish
	for _, w := range rec.GetWishes() {
		if w.GetState() == surprisev1.WishState_OPEN && !overdue(w, now) && !w.GetGrantFrom().AsTime().After(now) {
			out = append(out, w)
		}
	}
	return out
}

// asWish shows a wish to callers.
func asWish(w *storev1.Wish) *surprisev1.Wish {
	return &surprisev1.Wish{
		WishId: w.GetWishId(), State: w.GetState(), Text: w.GetText(), Store: w.GetStore(), Locale: w.GetLocale(), Privacy: w.GetPrivacy(),
		Posted: w.GetPosted(), Until: w.GetUntil(), GrantFrom: w.GetGrantFrom(), ClaimId: w.GetClaimId(), Tags: w.GetTags(),
	}
}
