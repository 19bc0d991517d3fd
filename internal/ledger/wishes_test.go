package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

const wallCatalog = `
default_locale: en
currency: TWD
time_zone: Asia/Taipei
journeys:
  - {id: visit, stages: [{id: till}]}
stores:
  - {id: north}
  - {id: south}
limits:
  - {id: pieces, unit: SERIALS, capacity: 3}
  - {id: local, unit: UNITS, capacity: 1, per_store: true}
  - {id: cards, unit: CODES}
  - {id: hours, unit: SLOTS, per_store: true}
  - {id: daily, unit: UNITS, capacity: 9, period: DAY}
wishes: {min_delay: 1d, retention: 30d, max_open: 3}
policies: {hold: 30m}
templates:
  - {id: grant, kind: WISH, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
  - {id: favor, kind: WISH, category: favor, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
  - {id: print, kind: LIMITED_EDITION, levels: [{id: small, value: 10}], limits: [pieces], household_max: 1, waitlist: {keep: 2h}, texts: {en: {title: t, message: m}}}
  - {id: vase, kind: LIMITED_EDITION, category: vase, levels: [{id: small, value: 10}], limits: [local], waitlist: {}, texts: {en: {title: t, message: m}}}
  - {id: card, kind: GIFT, levels: [{id: small, value: 10}], limits: [cards], texts: {en: {title: t, message: m}}}
  - {id: talk, kind: PERSONAL_SHOPPING, levels: [{id: small, value: 10}], limits: [hours], texts: {en: {title: t, message: m}}}
`

// signOffer makes any offer of the level "small" for 15 minutes.
func (s *shop) signOffer(customer string, o *storev1.OfferClaims) string {
	s.t.Helper()
	key := hash(customer)
	s.mu.Lock()
	s.offers++
	o.DecisionId = fmt.Sprint("d", s.offers)
	s.mu.Unlock()
	o.Customer, o.Level, o.Channel, o.TimeZone = key[:], "small", surprisev1.Channel_POS, "Asia/Taipei"
	o.Expires = timestamppb.New(s.clock().Add(15 * time.Minute))
	signed, err := s.signer.Sign(o)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed.Token
}

func (s *shop) grantToken(customer, wishID string) string {
	return s.signOffer(customer, &storev1.OfferClaims{Template: "grant", WishId: wishID})
}

func (s *shop) favorToken(customer, wishID string) string {
	return s.signOffer(customer, &storev1.OfferClaims{Template: "favor", WishId: wishID})
}

func noTags(string) []string { return nil }

func (s *shop) wish(customer, id, text string) *surprisev1.Wish {
	s.t.Helper()
	w, _, err := s.ledger.PostWish(s.t.Context(), &surprisev1.PostWishRequest{RequestId: id, CustomerId: customer, Text: text, Privacy: surprisev1.WishPrivacy_ON_THE_WALL}, noTags)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

func (s *shop) wishState(id string) surprisev1.WishState {
	s.t.Helper()
	w, err := s.ledger.Wish(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return w.GetState()
}

// story returns the types of all events, and checks that none tells what a customer wrote or a code.
func (s *shop) story(secrets ...string) []string {
	s.t.Helper()
	var out []string
	err := s.ledger.Watch(s.t.Context(), &surprisev1.WatchRequest{UntilEnd: true}, func(r *surprisev1.WatchResponse) error {
		out = append(out, strings.TrimPrefix(r.GetEvent().GetType(), "surprise.v1."))
		data, err := proto.Marshal(r.GetEvent())
		for _, secret := range secrets {
			if strings.Contains(string(data), secret) {
				s.t.Errorf("the event %s tells %q", r.GetEvent().GetType(), secret)
			}
		}
		return err
	}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func refusedAs(t *testing.T, err error, want surprise.Reason) {
	t.Helper()
	if got := surprise.ReasonOf(err); got != want {
		t.Errorf("reason %q, want %q (%v)", got, want, err)
	}
}

func TestAWishIsGrantedOnce(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	w := s.wish("ann", "r1", "a window seat")
	if got := w.GetGrantFrom().AsTime().Sub(w.GetPosted().AsTime()); got != 24*time.Hour {
		t.Errorf("may be granted after %s, want 24h", got)
	}
	_, _, err := s.claim("ann", s.grantToken("ann", w.GetWishId()))
	refusedAs(t, err, surprise.WishTooYoung)
	s.pass(24 * time.Hour)
	c, _, err := s.claim("ann", s.grantToken("ann", w.GetWishId()))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.wishState(w.GetWishId()); got != surprisev1.WishState_PROMISED {
		t.Errorf("claimed, the wish is %s", got)
	}
	_, _, err = s.claim("ann", s.favorToken("ann", w.GetWishId()))
	refusedAs(t, err, surprise.WishClosed)
	if _, _, err := s.confirm(c.GetClaimId()); err != nil {
		t.Fatal(err)
	}
	got, err := s.ledger.Wish(t.Context(), w.GetWishId())
	if err != nil || got.GetState() != surprisev1.WishState_GRANTED || got.GetText() != "" || got.GetClaimId() != c.GetClaimId() {
		t.Errorf("confirmed, the wish is %v (%v)", got, err)
	}
	_, _, err = s.claim("ann", s.favorToken("ann", w.GetWishId()))
	refusedAs(t, err, surprise.WishClosed)
	want := []string{event.WishPosted, event.ClaimHeld, event.ClaimConfirmed, event.WishGranted}
	if got := s.story("window seat"); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	s.wantNoWishes()
}

func (s *shop) wantNoWishes() {
	s.t.Helper()
	for _, index := range []string{"wishes|", "wall|", "wishes|north", "wall|north"} {
		if got, err := s.store.Range(s.t.Context(), index, nil, 10, false); err != nil || len(got) > 0 {
			s.t.Errorf("index %s has %v (%v), want nothing", index, got, err)
		}
	}
}

func TestTwentyClaimsOfOneWish(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	w := s.wish("ann", "r1", "a window seat")
	s.pass(25 * time.Hour)
	var won, closed atomic.Int32
	var wait sync.WaitGroup
	for i := range 20 {
		token := s.grantToken("ann", w.GetWishId())
		if i%2 == 0 {
			token = s.favorToken("ann", w.GetWishId())
		}
		wait.Go(func() {
			switch _, _, err := s.claim("ann", token); surprise.ReasonOf(err) {
			case "":
				won.Add(1)
			case surprise.WishClosed, surprise.Cooldown:
				closed.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if won.Load() != 1 || closed.Load() != 19 {
		t.Errorf("%d claims won and %d were refused, want 1 and 19", won.Load(), closed.Load())
	}
}

func TestAWishOpensAgainWithItsClaim(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	w := s.wish("ann", "r1", "a window seat")
	s.pass(25 * time.Hour)
	first, _, err := s.claim("ann", s.grantToken("ann", w.GetWishId()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.cancel(first.GetClaimId(), surprisev1.CancelReason_MISTAKE); err != nil {
		t.Fatal(err)
	}
	if got := s.wishState(w.GetWishId()); got != surprisev1.WishState_OPEN {
		t.Errorf("cancelled, the wish is %s", got)
	}
	second, _, err := s.claim("ann", s.grantToken("ann", w.GetWishId()))
	if err != nil {
		t.Fatal(err)
	}
	s.pass(31 * time.Minute)
	s.reap()
	if got := s.wishState(w.GetWishId()); got != surprisev1.WishState_OPEN {
		t.Errorf("expired, the wish is %s", got)
	}
	late, _, err := s.confirm(second.GetClaimId())
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.ledger.Wish(t.Context(), w.GetWishId())
	if err != nil || got.GetState() != surprisev1.WishState_GRANTED || got.GetClaimId() != late.GetClaimId() {
		t.Errorf("confirmed late by %s, the wish is %v (%v)", late.GetClaimId(), got, err)
	}
}

func TestAWithdrawnWishIsGone(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	w := s.wish("ann", "r1", "a window seat")
	other := s.wish("ann", "r2", "a lemon cake")
	s.pass(25 * time.Hour)
	held, _, err := s.claim("ann", s.grantToken("ann", other.GetWishId()))
	if err != nil {
		t.Fatal(err)
	}
	token := s.favorToken("ann", w.GetWishId())
	for _, id := range []string{w.GetWishId(), other.GetWishId()} {
		if _, _, err := s.ledger.WithdrawWish(t.Context(), &surprisev1.WithdrawWishRequest{WishId: id, CustomerId: "bob"}); surprise.ReasonOf(err) != surprise.WishNotFound {
			t.Errorf("somebody else's wish: %v", err)
		}
		for i, want := range []bool{false, true} {
			got, replayed, err := s.ledger.WithdrawWish(t.Context(), &surprisev1.WithdrawWishRequest{WishId: id, CustomerId: "ann"})
			if err != nil || replayed != want || got.GetState() != surprisev1.WishState_WITHDRAWN || got.GetText() != "" {
				t.Errorf("withdrawal %d: %v, replayed %v, %v", i, got, replayed, err)
			}
		}
	}
	_, _, err = s.claim("ann", token)
	refusedAs(t, err, surprise.WishClosed)
	if _, _, err := s.confirm(held.GetClaimId()); err != nil {
		t.Errorf("the claim of the withdrawn wish: %v", err)
	}
	if got := s.wishState(other.GetWishId()); got != surprisev1.WishState_WITHDRAWN {
		t.Errorf("its claim confirmed, the withdrawn wish is %s", got)
	}
	s.wantNoWishes()
}

func TestAGrantedWishCannotBeWithdrawn(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	w := s.wish("ann", "r1", "a window seat")
	s.pass(25 * time.Hour)
	c, _, err := s.claim("ann", s.grantToken("ann", w.GetWishId()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.confirm(c.GetClaimId()); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.ledger.WithdrawWish(t.Context(), &surprisev1.WithdrawWishRequest{WishId: w.GetWishId()})
	refusedAs(t, err, surprise.WishClosed)
}

func TestWishesLapse(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	w := s.wish("ann", "r1", "a window seat")
	s.pass(30 * 24 * time.Hour)
	// Nobody has looked at the record yet, and still nobody is shown the wish.
	if got := s.wishState(w.GetWishId()); got != surprisev1.WishState_LAPSED {
		t.Errorf("after its time the wish is %s", got)
	}
	s.reap()
	s.wantNoWishes()
	if got, want := s.story("window seat"), []string{event.WishPosted, event.WishLapsed}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	data, err := s.store.Load(t.Context(), hash("ann"))
	if err != nil || strings.Contains(string(data[0].Data), "window seat") {
		t.Errorf("the record still has the text (%v)", err)
	}
	s.pass(s.cat.Policies.Retention + time.Hour)
	s.wish("ann", "r2", "another")
	_, err = s.ledger.Wish(t.Context(), w.GetWishId())
	refusedAs(t, err, surprise.WishNotFound)
}

func TestPostWishIsIdempotentAndBounded(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	first := s.wish("ann", "r1", " hello\r\nthere\x00\u202e <b>👩‍👩‍👧</b>\t ")
	if want := "hello\nthere\u202e <b>👩‍👩‍👧</b>"; first.GetText() != want {
		t.Errorf("kept %q, want %q", first.GetText(), want)
	}
	again, replayed, err := s.ledger.PostWish(t.Context(), &surprisev1.PostWishRequest{RequestId: "r1", CustomerId: "ann", Text: first.GetText(), Privacy: surprisev1.WishPrivacy_ON_THE_WALL}, noTags)
	if err != nil || !replayed || again.GetWishId() != first.GetWishId() {
		t.Errorf("again: %v, replayed %v, %v", again, replayed, err)
	}
	long := strings.Repeat("願", 10_000)
	if got := s.wish("ann", "r2", long); got.GetText() != long {
		t.Error("a text of 10,000 characters is not kept as it is")
	}
	s.wish("ann", "r3", "c")
	for _, c := range []struct {
		req  *surprisev1.PostWishRequest
		want surprise.Reason
	}{
		{&surprisev1.PostWishRequest{RequestId: "r1", CustomerId: "ann", Text: "other"}, surprise.IdempotencyMismatch},
		{&surprisev1.PostWishRequest{RequestId: "r4", CustomerId: "ann", Text: "one more"}, surprise.TooMany},
		{&surprisev1.PostWishRequest{RequestId: "r1", CustomerId: "bob", Text: " \x07\r\n\t"}, surprise.InvalidRequest},
		{&surprisev1.PostWishRequest{RequestId: "r1", CustomerId: "bob", Text: "x", Store: "west"}, surprise.InvalidRequest},
	} {
		_, _, err := s.ledger.PostWish(t.Context(), c.req, noTags)
		refusedAs(t, err, c.want)
	}
}

func TestListWishesPages(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	find := func(text string) []string { return strings.Fields(text)[1:] }
	for i := range 25 {
		store := []string{"", "north", "south"}[i%3]
		tag := []string{"cake", "seat"}[i%2]
		req := &surprisev1.PostWishRequest{RequestId: "r", CustomerId: fmt.Sprint("c", i), Text: fmt.Sprintf("w%02d %s", i, tag), Store: store}
		if i%5 > 0 {
			req.Privacy = surprisev1.WishPrivacy_ON_THE_WALL
		}
		if _, _, err := s.ledger.PostWish(t.Context(), req, find); err != nil {
			t.Fatal(err)
		}
		if i%4 == 0 { // several within the same microsecond
			s.pass(time.Second)
		}
	}
	for _, c := range []struct {
		req  *surprisev1.ListWishesRequest
		keep func(i int) bool
	}{
		{&surprisev1.ListWishesRequest{}, func(int) bool { return true }},
		{&surprisev1.ListWishesRequest{PageSize: 4}, func(int) bool { return true }},
		{&surprisev1.ListWishesRequest{PageSize: 2, Store: "north"}, func(i int) bool { return i%3 == 1 }},
		{&surprisev1.ListWishesRequest{PageSize: 3, Tags: []string{"seat", "x"}}, func(i int) bool { return i%2 == 1 }},
		{&surprisev1.ListWishesRequest{Tags: []string{"x"}}, func(int) bool { return false }},
	} {
		var want, got []string
		for i := range 25 {
			if c.keep(i) {
				want = append(want, fmt.Sprintf("w%02d", i))
			}
		}
		for {
			wishes, next, err := s.ledger.ListWishes(t.Context(), c.req)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range wishes {
				got = append(got, w.GetText()[:3])
			}
			if c.req.PageToken = next; next == "" {
				break
			}
		}
		slices.Sort(got) // within a microsecond the order is that of ids
		if !slices.Equal(got, want) {
			t.Errorf("%v: %v, want %v", c.req, got, want)
		}
	}
	testWall(t, s)
	for _, bad := range []string{"x", "!!", "AAAAAAAAAAAAAAAAAAAAAA"} {
		_, _, err := s.ledger.ListWishes(t.Context(), &surprisev1.ListWishesRequest{PageToken: bad})
		refusedAs(t, err, surprise.InvalidRequest)
		_, _, err = s.ledger.ListWall(t.Context(), &surprisev1.ListWallRequest{PageToken: bad})
		refusedAs(t, err, surprise.InvalidRequest)
	}
}

func testWall(t *testing.T, s *shop) {
	t.Helper()
	for _, size := range []int32{0, 1, 3} {
		var texts []string
		req := &surprisev1.ListWallRequest{PageSize: size}
		for {
			notes, next, err := s.ledger.ListWall(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range notes {
				texts = append(texts, n.GetText()[:3])
				if d := n.GetPosted(); d.GetYear() != 2026 || d.GetMonth() != 3 || d.GetDay() != 2 {
					t.Errorf("posted on %v", d)
				}
			}
			if req.PageToken = next; next == "" {
				break
			}
		}
		if len(texts) != 20 || texts[len(texts)-1] > "w04" || texts[0] < "w21" {
			t.Errorf("pages of %d: the wall has %d notes, want 20 with the newest first: %v", size, len(texts), texts)
		}
		slices.Sort(texts)
		if len(slices.Compact(texts)) != 20 {
			t.Errorf("pages of %d show a note twice", size)
		}
	}
}

func TestThePublicWallShowsOpenWishesOnly(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	promised, withdrawn := s.wish("ann", "r1", "promised"), s.wish("ann", "r2", "withdrawn")
	s.wish("ann", "r3", "open")
	if _, _, err := s.ledger.PostWish(t.Context(), &surprisev1.PostWishRequest{RequestId: "r", CustomerId: "bob", Text: "for staff"}, noTags); err != nil {
		t.Fatal(err)
	}
	s.pass(25 * time.Hour)
	if _, _, err := s.claim("ann", s.grantToken("ann", promised.GetWishId())); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ledger.WithdrawWish(t.Context(), &surprisev1.WithdrawWishRequest{WishId: withdrawn.GetWishId()}); err != nil {
		t.Fatal(err)
	}
	notes, next, err := s.ledger.ListWall(t.Context(), &surprisev1.ListWallRequest{})
	if err != nil || next != "" || len(notes) != 1 || notes[0].GetText() != "open" {
		t.Errorf("the wall has %v, next %q (%v)", notes, next, err)
	}
	staff, _, err := s.ledger.ListWishes(t.Context(), &surprisev1.ListWishesRequest{})
	if err != nil || len(staff) != 3 {
		t.Errorf("staff see %v (%v), want 3", staff, err)
	}
}

func TestOpenWishes(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	s.wish("ann", "r1", "a")
	s.pass(12 * time.Hour)
	s.wish("ann", "r2", "b")
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 0}, {12 * time.Hour, 1}, {24 * time.Hour, 2}, {30*24*time.Hour - 12*time.Hour, 1}, {30 * 24 * time.Hour, 0}} {
		loaded, err := s.store.Load(context.Background(), hash("ann"))
		if err != nil {
			t.Fatal(err)
		}
		rec, err := ledger.DecodeRecord(loaded[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(ledger.OpenWishes(rec, s.clock().Add(c.after))); got != c.want {
			t.Errorf("after %s: %d open wishes, want %d", c.after, got, c.want)
		}
	}
}
