package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger"
)

// offlineCatalog has more to give than the till takes, and less than till and shop do together.
const offlineCatalog = `
default_locale: en
currency: TWD
journeys:
  - {id: visit, stages: [{id: till}]}
limits:
  - {id: cakes, unit: UNITS, capacity: 400}
  - {id: budget, unit: MONEY, capacity: 60010}
policies: {hold: 30m}
templates:
  - {id: cake, kind: CAKE, levels: [{id: small, value: 9, cost_minor: 100}], limits: [cakes, budget], texts: {en: {title: t, message: m}}}
  - {id: gift, kind: GIFT, levels: [{id: small, value: 9, cost_minor: 150}], limits: [budget], texts: {en: {title: t, message: m}}}
`

const (
	offlineConfirms   = 300
	offlineDeliveries = 200
	offlineCalls      = offlineConfirms + offlineDeliveries
	shopCakes         = 200 // given by others while the till was offline
	allCakes          = 400
	allMoney          = 60_010
	tills             = 8 // that repeat the calls at once
)

// offlineDay is what one till did while nobody heard of it.
type offlineDay struct {
	*shop
	claims  []*surprisev1.Claim // that it confirms
	answers [offlineCalls][2]*surprisev1.Claim
	firsts  [offlineCalls][2]bool
}

// testOfflineTill has a till that was offline for a day repeat its confirmations and deliveries twice, in any order and at once. Each has one effect, its
// answers are the same, and what no limit had room for is marked.
func testOfflineTill(t *testing.T, store ledger.Store) {
	o := &offlineDay{shop: newShop(store, newSigner(t), loadCatalog(t, offlineCatalog)), claims: make([]*surprisev1.Claim, offlineConfirms)}
	each(tills*tills, offlineConfirms, func(i int) { o.claims[i] = o.mustClaim(t, person(i), "cake", 100) })
	o.pass(day)
	o.reapAll(t)
	each(tills*tills, shopCakes, func(i int) {
		if _, _, err := o.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: o.mustClaim(t, fmt.Sprint("walk-in-", i), "cake", 100).GetClaimId()}); err != nil {
			t.Error(err)
		}
	})
	before := len(events(t, store))
	order := rand.New(rand.NewPCG(5, 7)).Perm(2 * offlineCalls)
	each(tills, len(order), func(n int) { o.send(t, order[n]/2, order[n]%2) })
	o.checkAnswers(t)
	o.checkEffects(t, before)
}

func person(i int) string { return fmt.Sprint("person-", i) }

func (s *shop) mustClaim(t testing.TB, customer, template string, cost int64) *surprisev1.Claim {
	signed, err := s.sign(customer, &storev1.OfferClaims{Template: template, CostMinor: cost, VisitId: "v"})
	if err != nil {
		t.Error(err)
	}
	c, _, err := s.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: signed.Token})
	if err != nil {
		t.Errorf("claim of %s: %v", customer, err)
	}
	return c
}

// reapAll does what the reapers do within a minute: it ends what ran out, and gives back what was reserved in vain.
func (s *shop) reapAll(t testing.TB) {
	t.Helper()
	s.pass(61 * time.Second)
	for _, reap := range []func(context.Context) (int, error){s.Reap, s.ReapLimits} {
		for n := 1; n > 0; {
			var err error
			if n, err = reap(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// deliveredAt is when the till gave what its i-th call is about.
func deliveredAt(i int) time.Time { return opening().Add(time.Duration(i+1) * time.Minute) }

// send makes one call of the till.
func (o *offlineDay) send(t testing.TB, i, copied int) {
	delivered := timestamppb.New(deliveredAt(i))
	var err error
	var replayed bool
	if i < offlineConfirms {
		o.answers[i][copied], replayed, err = o.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: o.claims[i].GetClaimId(), Delivered: delivered})
	} else {
		o.answers[i][copied], replayed, err = o.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: fmt.Sprint(i), CustomerId: person(i),
			Template: "gift", VisitId: "v", Channel: surprisev1.Channel_POS, Delivered: delivered})
	}
	o.firsts[i][copied] = !replayed
	if err != nil {
		t.Errorf("call %d: %v", i, err)
	}
}

func (o *offlineDay) checkAnswers(t *testing.T) {
	t.Helper()
	for i, a := range o.answers {
		if !proto.Equal(a[0], a[1]) || o.firsts[i][0] == o.firsts[i][1] {
			t.Errorf("call %d was answered %v and %v, of which new are %v; want the same twice and one new", i, a[0], a[1], o.firsts[i])
		}
		if a[0].GetState() != surprisev1.ClaimState_CONFIRMED || !a[0].GetDelivered().AsTime().Equal(deliveredAt(i)) {
			t.Errorf("call %d: got %v, want it delivered at %v", i, a[0], deliveredAt(i))
		}
	}
}

// checkEffects reads back what the calls did.
func (o *offlineDay) checkEffects(t *testing.T, before int) {
	t.Helper()
	var cakes, money, over, overCakes int64
	for i := range offlineCalls {
		given := o.given(t, person(i))
		if given.GetClaimId() != o.answers[i][0].GetClaimId() || given.GetOverLimit() != o.answers[i][0].GetOverLimit() {
			t.Fatalf("call %d was answered %v, kept is %v", i, o.answers[i][0], given)
		}
		charged := map[string]int64{}
		for _, take := range given.GetTakes() {
			charged[take.GetLimit()] = take.GetAmount()
		}
		missing := charged["budget||"] == 0 || i < offlineConfirms && charged["cakes||"] == 0
		if missing != given.GetOverLimit() {
			t.Errorf("call %d: charged %v, over the limit %v", i, charged, given.GetOverLimit())
		}
		cakes, money = cakes+charged["cakes||"], money+charged["budget||"]
		if missing {
			over++
		}
		if i < offlineConfirms && charged["cakes||"] == 0 {
			overCakes++
		}
	}
	usedCakes, usedMoney := o.usage(t, "cakes||"), o.usage(t, "budget||")
	if usedCakes != allCakes || cakes+shopCakes != usedCakes || overCakes != offlineConfirms+shopCakes-allCakes {
		t.Errorf("%d cakes are taken, %d by the till, %d were over the limit; want all %d, and %d", usedCakes, cakes, overCakes, allCakes, offlineConfirms+shopCakes-allCakes)
	}
	if left := allMoney - usedMoney; left < 0 || left >= 100 || money+shopCakes*100 != usedMoney {
		t.Errorf("%d are spent, %d of it by the till; want less than 100 left of %d", usedMoney, money, allMoney)
	}
	if happened := len(events(t, o.store)) - before; happened != offlineCalls {
		t.Errorf("%d events, want one for each of %d calls", happened, offlineCalls)
	}
	t.Logf("figure offline till: %d calls, each twice: %d effects, %d marked as over a limit, %d of %d cakes and %d of %d minor units taken",
		offlineCalls, offlineCalls, over, usedCakes, allCakes, usedMoney, allMoney)
}

// given returns the one claim of a customer that is confirmed.
func (s *shop) given(t *testing.T, customer string) *storev1.Entry {
	t.Helper()
	loaded, err := s.store.Load(t.Context(), hash(customer))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := ledger.DecodeRecord(loaded[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	var given []*storev1.Entry
	for _, e := range rec.GetEntries() {
		if e.GetState() == surprisev1.ClaimState_CONFIRMED {
			given = append(given, e)
		}
	}
	if len(given) != 1 {
		t.Fatalf("%s has %d confirmed claims, want one: %v", customer, len(given), rec)
	}
	return given[0]
}

// events returns the whole log.
func events(t testing.TB, store ledger.Store) []*surprisev1.Event {
	t.Helper()
	var out []*surprisev1.Event
	for cursor := ""; ; {
		page, err := store.Events(t.Context(), cursor, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page {
			cursor = l.Cursor
			_, e, err := event.Decode(l.Data)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, e)
		}
		if len(page) < 1000 {
			return out
		}
	}
}

// testConfirmAfterExpiry is about the last cake: who confirms it late gets it anew while it is there, and is marked when it is not.
func testConfirmAfterExpiry(t *testing.T, store ledger.Store) {
	s := newShop(store, newSigner(t), loadCatalog(t, fmt.Sprintf(figuresCatalog, 100)))
	confirm := func(id string) *surprisev1.Claim {
		t.Helper()
		c, _, err := s.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: id})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	early := s.mustClaim(t, "early", "last", 0)
	s.pass(time.Hour)
	s.reapAll(t)
	if used := s.usage(t, "last||"); used != 0 {
		t.Fatalf("an expired hold keeps %d", used)
	}
	if c := confirm(early.GetClaimId()); c.GetOverLimit() || s.usage(t, "last||") != 1 {
		t.Errorf("with one left: %v", c)
	}
	next := s.mustClaim(t, "next", "more", 0)
	s.pass(time.Hour)
	s.reapAll(t)
	last := s.mustClaim(t, "last", "more", 0)
	c := confirm(next.GetClaimId())
	if !c.GetOverLimit() || c.GetState() != surprisev1.ClaimState_CONFIRMED || s.usage(t, "more||") != 1 {
		t.Errorf("with nothing left: %v, %d are taken", c, s.usage(t, "more||"))
	}
	confirm(last.GetClaimId())
	if again := confirm(next.GetClaimId()); !proto.Equal(again, c) {
		t.Errorf("again: got %v, want %v", again, c)
	}
	if kept := s.given(t, "next"); kept.GetClaimId() != c.GetClaimId() || !kept.GetOverLimit() || len(kept.GetTakes()) != 0 {
		t.Errorf("kept is %v, want the delivery as over the limit", kept)
	}
}
