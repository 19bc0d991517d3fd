package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
)

const testCatalog = `
default_locale: en
currency: TWD
journeys:
  - {id: visit, stages: [{id: till}]}
limits:
  - {id: cakes, unit: UNITS, capacity: 2, period: DAY}
  - {id: budget, unit: MONEY, capacity: 1000}
policies:
  hold: 30m
  caps:
    - {max: 1, window: visit}
    - {max: 3, window: 7d}
templates:
  - {id: cake, kind: CAKE, levels: [{id: small, value: 10, cost_minor: 300}], limits: [cakes, budget], cooldowns: {template: 30d, after_refusal: 90d}, texts: {en: {title: t, message: m}}}
  - {id: tart, kind: CAKE, levels: [{id: small, value: 10}], cooldowns: {category: 2d}, texts: {en: {title: t, message: m}}}
  - {id: note, kind: NOTE, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
  - {id: feast, kind: SERVICE, levels: [{id: small, value: 10}], cooldowns: {household: 7d}, texts: {en: {title: t, message: m}}}
  - {id: sorry, kind: NOTE, purpose: RECOVERY, category: sorry, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
`

// shop is a ledger with a clock of its own.
type shop struct {
	t      *testing.T
	store  ledger.Store
	ledger *ledger.Ledger
	signer *offer.Signer
	cat    *catalog.Catalog
	mu     sync.Mutex
	now    time.Time
	offers int
}

func (s *shop) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *shop) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func hash(id string) surprise.CustomerKey { return surprise.HashCustomer([]byte("secret"), "test", id) }

func newShop(t *testing.T) *shop {
	t.Helper()
	return newShopOf(t, testCatalog)
}

// newShopOf is a shop with a catalogue of its own.
func newShopOf(t *testing.T, yaml string) *shop {
	t.Helper()
	cat, problems := catalog.Load([]catalog.File{{Name: "test.yaml", Data: []byte(yaml)}})
	if cat == nil {
		t.Fatal(problems)
	}
	signer, err := offer.NewSigner("test", make([]byte, offer.MinKeyLen))
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, store: memstore.New(), signer: signer, cat: cat, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	s.ledger = s.over(s.store)
	return s
}

// over is a ledger of the same shop over another store.
func (s *shop) over(store ledger.Store) *ledger.Ledger {
	return ledger.New(store, s.signer, func() *catalog.Catalog { return s.cat }, ledger.Options{
		Clock: s.clock, Hash: hash, Pause: func(context.Context, int) { time.Sleep(time.Microsecond) },
	})
}

// offer signs an offer of a template for 15 minutes.
func (s *shop) offer(customer, template, visit string) string {
	s.t.Helper()
	return s.offerTo(customer, "", template, visit)
}

// offerTo makes the offer to somebody of a household.
func (s *shop) offerTo(customer, household, template, visit string) string {
	s.t.Helper()
	key := hash(customer)
	s.mu.Lock()
	s.offers++
	decision := fmt.Sprint("d", s.offers)
	s.mu.Unlock()
	cost := int64(0)
	if template == "cake" {
		cost = 300
	}
	signed, err := s.signer.Sign(&storev1.OfferClaims{
		Customer: key[:], DecisionId: decision, Template: template, Level: "small", CostMinor: cost, Channel: surprisev1.Channel_POS, VisitId: visit,
		Expires: timestamppb.New(s.clock().Add(15 * time.Minute)), TimeZone: "Asia/Taipei", Household: household,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return signed.Token
}

func (s *shop) claim(customer, token string) (*surprisev1.Claim, bool, error) {
	return s.ledger.Claim(s.t.Context(), &surprisev1.ClaimRequest{OfferToken: token, CustomerId: customer})
}

// mustClaim claims a new offer.
func (s *shop) mustClaim(customer, template, visit string) *surprisev1.Claim {
	s.t.Helper()
	c, _, err := s.claim(customer, s.offer(customer, template, visit))
	if err != nil {
		s.t.Fatalf("claim %s for %s: %v", template, customer, err)
	}
	return c
}

func (s *shop) confirm(id string) (*surprisev1.Claim, bool, error) {
	return s.ledger.Confirm(s.t.Context(), &surprisev1.ConfirmRequest{ClaimId: id})
}

func (s *shop) cancel(id string, reason surprisev1.CancelReason) (*surprisev1.Claim, bool, error) {
	return s.ledger.Cancel(s.t.Context(), &surprisev1.CancelRequest{ClaimId: id, Reason: reason})
}

func (s *shop) reap() {
	s.t.Helper()
	for {
		n, err := s.ledger.Reap(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// used returns what is taken of today's cakes and of the budget.
func (s *shop) used() (cakes, budget int64) {
	s.t.Helper()
	u, err := s.store.Usage(s.t.Context(), "cakes|2026-03-02|", "budget||")
	if err != nil {
		s.t.Fatal(err)
	}
	return u[0], u[1]
}

func wantReason(t *testing.T, what string, err error, want surprise.Reason) {
	t.Helper()
	if got := surprise.ReasonOf(err); got != want {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

func wantState(t *testing.T, what string, c *surprisev1.Claim, err error, want surprisev1.ClaimState) {
	t.Helper()
	if err != nil || c.GetState() != want {
		t.Errorf("%s: got %v, %v; want %v", what, c.GetState(), err, want)
	}
}

func TestClaimConfirmAndSecondAttempt(t *testing.T) {
	s := newShop(t)
	token := s.offer("mei", "cake", "v1")
	c, replayed, err := s.claim("mei", token)
	wantState(t, "claim", c, err, surprisev1.ClaimState_HELD)
	if replayed || c.GetHoldUntil().AsTime().Sub(s.now) != 30*time.Minute {
		t.Errorf("got replayed %v, held until %v", replayed, c.GetHoldUntil().AsTime())
	}
	again, replayed, err := s.claim("mei", token)
	if err != nil || !replayed || again.GetClaimId() != c.GetClaimId() {
		t.Errorf("the same token: got %v, %v, %v; want the same claim", again, replayed, err)
	}
	_, _, err = s.claim("mei", s.offer("mei", "cake", "v1"))
	wantReason(t, "another offer while it is held", err, surprise.Cooldown)
	done, replayed, err := s.confirm(c.GetClaimId())
	wantState(t, "confirm", done, err, surprisev1.ClaimState_CONFIRMED)
	if replayed {
		t.Error("the first confirm is a replay")
	}
	done, replayed, err = s.confirm(c.GetClaimId())
	wantState(t, "confirm again", done, err, surprisev1.ClaimState_CONFIRMED)
	if !replayed {
		t.Error("the second confirm is not a replay")
	}
	s.pass(29 * 24 * time.Hour)
	_, _, err = s.claim("mei", s.offer("mei", "cake", "v2"))
	wantReason(t, "within the cooldown", err, surprise.Cooldown)
	s.pass(25 * time.Hour)
	s.mustClaim("mei", "cake", "v3")
}

func TestCancelGivesEverythingBack(t *testing.T) {
	s := newShop(t)
	c := s.mustClaim("mei", "cake", "v1")
	if cakes, budget := s.used(); cakes != 1 || budget != 300 {
		t.Errorf("held: got %d cakes and %d, want 1 and 300", cakes, budget)
	}
	got, _, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_NOT_DELIVERED)
	wantState(t, "cancel", got, err, surprisev1.ClaimState_CANCELLED)
	got, replayed, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_NOT_DELIVERED)
	wantState(t, "cancel again", got, err, surprisev1.ClaimState_CANCELLED)
	if cakes, budget := s.used(); cakes != 0 || budget != 0 || !replayed {
		t.Errorf("cancelled: got %d cakes and %d, replayed %v", cakes, budget, replayed)
	}
	_, _, err = s.confirm(c.GetClaimId())
	wantReason(t, "confirm after cancel", err, surprise.ClaimCancelled)
	s.mustClaim("mei", "cake", "v1")
}

func TestConfirmedCannotBeCancelled(t *testing.T) {
	s := newShop(t)
	c := s.mustClaim("mei", "cake", "v1")
	if _, _, err := s.confirm(c.GetClaimId()); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_MISTAKE)
	wantReason(t, "cancel after confirm", err, surprise.ClaimConfirmed)
	if cakes, _ := s.used(); cakes != 1 {
		t.Errorf("got %d cakes, want 1", cakes)
	}
}

func TestRefusalStartsItsOwnCooldown(t *testing.T) {
	s := newShop(t)
	c := s.mustClaim("mei", "cake", "v1")
	if _, _, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_CUSTOMER_REFUSED); err != nil {
		t.Fatal(err)
	}
	s.pass(89 * 24 * time.Hour)
	_, _, err := s.claim("mei", s.offer("mei", "cake", "v2"))
	wantReason(t, "89 days after a refusal", err, surprise.RefusalCooldown)
	s.pass(24 * time.Hour)
	s.mustClaim("mei", "cake", "v3")
}

func TestCategoryCooldownAndCaps(t *testing.T) {
	s := newShop(t)
	if _, _, err := s.confirm(s.mustClaim("mei", "cake", "v1").GetClaimId()); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.claim("mei", s.offer("mei", "tart", "v2"))
	wantReason(t, "a tart after a cake", err, surprise.Cooldown)
	_, _, err = s.claim("mei", s.offer("mei", "note", "v1"))
	wantReason(t, "a second surprise in the visit", err, surprise.CapReached)
	s.mustClaim("mei", "sorry", "v1") // recovery neither counts nor is held back
	for _, visit := range []string{"v2", "v3"} {
		if _, _, err := s.confirm(s.mustClaim("mei", "note", visit).GetClaimId()); err != nil {
			t.Fatal(err)
		}
		s.pass(time.Hour)
	}
	_, _, err = s.claim("mei", s.offer("mei", "note", "v4"))
	wantReason(t, "a fourth surprise in the week", err, surprise.CapReached)
	var e *surprise.Error
	if !asError(err, &e) || !e.Until.Equal(time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("got until %v, want a week after the first", e.Until)
	}
	s.pass(7*24*time.Hour - time.Hour)
	s.mustClaim("mei", "note", "v5")
}

func TestLimits(t *testing.T) {
	s := newShop(t)
	s.mustClaim("a", "cake", "v")
	s.mustClaim("b", "cake", "v")
	_, _, err := s.claim("c", s.offer("c", "cake", "v"))
	wantReason(t, "a third cake of two", err, surprise.LimitExhausted)
	var e *surprise.Error
	if !asError(err, &e) || !e.Until.Equal(time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got until %v, want tomorrow", e.Until)
	}
	s.pass(24 * time.Hour) // new cakes, and the holds of yesterday ran out
	s.reap()
	for _, who := range []string{"d", "e"} {
		s.mustClaim(who, "cake", "v")
	}
	if cakes, budget := s.used(); cakes != 0 || budget != 600 {
		t.Errorf("got %d of yesterday's cakes and %d of the budget, want 0 and 600", cakes, budget)
	}
}

func TestHoldRunsOut(t *testing.T) {
	s := newShop(t)
	c := s.mustClaim("mei", "cake", "v1")
	s.pass(31 * time.Minute)
	got, _, err := s.confirm(c.GetClaimId())
	wantState(t, "confirm after the hold, nobody else came", got, err, surprisev1.ClaimState_CONFIRMED)
	if got.GetWithoutHold() {
		t.Error("it is entered as without hold")
	}
}

func TestLateConfirmAfterTheReaper(t *testing.T) {
	s := newShop(t)
	c := s.mustClaim("mei", "cake", "v1")
	s.pass(31 * time.Minute)
	s.reap()
	if cakes, _ := s.used(); cakes != 0 {
		t.Errorf("after the reaper: %d cakes are taken", cakes)
	}
	late, _, err := s.confirm(c.GetClaimId())
	wantState(t, "late confirm", late, err, surprisev1.ClaimState_CONFIRMED)
	if late.GetClaimId() == c.GetClaimId() || !late.GetWithoutHold() || late.GetOverLimit() {
		t.Errorf("got %v, want a claim of its own within the limit", late)
	}
	again, replayed, err := s.confirm(c.GetClaimId())
	if err != nil || !replayed || again.GetClaimId() != late.GetClaimId() {
		t.Errorf("again: got %v, %v, %v", again, replayed, err)
	}
	if cakes, budget := s.used(); cakes != 1 || budget != 300 {
		t.Errorf("got %d cakes and %d, want 1 and 300", cakes, budget)
	}
}

func TestLateConfirmWithNothingLeftIsNotLost(t *testing.T) {
	s := newShop(t)
	c := s.mustClaim("mei", "cake", "v1")
	s.pass(31 * time.Minute)
	s.reap()
	s.mustClaim("a", "cake", "v")
	s.mustClaim("b", "cake", "v")
	late, _, err := s.confirm(c.GetClaimId())
	wantState(t, "late confirm", late, err, surprisev1.ClaimState_CONFIRMED)
	if !late.GetOverLimit() {
		t.Error("it is not marked as over the limit")
	}
	if cakes, _ := s.used(); cakes != 2 {
		t.Errorf("got %d cakes, want 2", cakes)
	}
	_, _, err = s.claim("mei", s.offer("mei", "cake", "v2"))
	wantReason(t, "after the late confirm", err, surprise.Cooldown)
}

func TestCancelOvertakesClaim(t *testing.T) {
	s := newShop(t)
	token := s.offer("mei", "cake", "v1")
	got, _, err := s.ledger.Cancel(t.Context(), &surprisev1.CancelRequest{OfferToken: token})
	wantState(t, "cancel by token", got, err, surprisev1.ClaimState_CANCELLED)
	_, _, err = s.claim("mei", token)
	wantReason(t, "the claim that arrives after it", err, surprise.ClaimCancelled)
}

func TestBadClaims(t *testing.T) {
	s := newShop(t)
	token := s.offer("mei", "cake", "v1")
	_, _, err := s.claim("another", token)
	wantReason(t, "another customer", err, surprise.OfferInvalid)
	_, _, err = s.claim("mei", token+"x")
	wantReason(t, "a forged token", err, surprise.OfferInvalid)
	_, _, err = s.claim("mei", s.offer("mei", "gone", "v1"))
	wantReason(t, "a template that is gone", err, surprise.OfferInvalid)
	s.pass(16 * time.Minute)
	_, _, err = s.claim("mei", token)
	wantReason(t, "an old offer", err, surprise.OfferExpired)
	_, _, err = s.confirm("nonsense")
	wantReason(t, "an id that is none", err, surprise.ClaimNotFound)
	_, _, err = s.confirm(string(surprise.NewClaimID(hash("mei"), "offer", []byte("x"))))
	wantReason(t, "an id of no claim", err, surprise.ClaimNotFound)
	c := s.mustClaim("mei", "note", "v1")
	_, err = s.ledger.Get(t.Context(), &surprisev1.GetClaimRequest{ClaimId: c.GetClaimId(), CustomerId: "another"})
	wantReason(t, "another customer's claim", err, surprise.ClaimNotFound)
	_, _, err = s.ledger.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: c.GetClaimId(), Delivered: timestamppb.New(s.now.Add(time.Hour))})
	wantReason(t, "delivered in the future", err, surprise.InvalidRequest)
}

func TestRetryOfAnOldTokenReturnsItsClaim(t *testing.T) {
	s := newShop(t)
	token := s.offer("mei", "cake", "v1")
	c, _, err := s.claim("mei", token)
	if err != nil {
		t.Fatal(err)
	}
	s.pass(20 * time.Minute)
	again, replayed, err := s.claim("mei", token)
	if err != nil || !replayed || again.GetClaimId() != c.GetClaimId() {
		t.Errorf("got %v, %v, %v; want the same claim although the offer expired meanwhile", again, replayed, err)
	}
}

func TestRecordDelivery(t *testing.T) {
	s := newShop(t)
	req := &surprisev1.RecordDeliveryRequest{DeliveryId: "till-1-77", CustomerId: "mei", Template: "cake", Channel: surprisev1.Channel_POS, VisitId: "v1",
		Delivered: timestamppb.New(s.now.Add(-2 * time.Hour))}
	c, replayed, err := s.ledger.RecordDelivery(t.Context(), req)
	wantState(t, "delivery", c, err, surprisev1.ClaimState_CONFIRMED)
	if replayed || c.GetCategory() != "cake" || c.GetCostMinor() != 300 || !c.GetDelivered().AsTime().Equal(req.GetDelivered().AsTime()) {
		t.Errorf("got %v", c)
	}
	if _, replayed, err = s.ledger.RecordDelivery(t.Context(), req); err != nil || !replayed {
		t.Errorf("again: got replayed %v, %v", replayed, err)
	}
	req.Store = "elsewhere"
	_, _, err = s.ledger.RecordDelivery(t.Context(), req)
	wantReason(t, "the same id with other content", err, surprise.IdempotencyMismatch)
	_, _, err = s.claim("mei", s.offer("mei", "cake", "v2"))
	wantReason(t, "a claim after it", err, surprise.Cooldown)
	own := &surprisev1.RecordDeliveryRequest{DeliveryId: "idea", CustomerId: "mei", Kind: surprisev1.Kind_NOTE, Channel: surprisev1.Channel_POS}
	if c, _, err = s.ledger.RecordDelivery(t.Context(), own); err != nil || c.GetCategory() != "note" {
		t.Errorf("a clerk's own idea: got %v, %v", c, err)
	}
	for range 3 {
		req := &surprisev1.RecordDeliveryRequest{DeliveryId: fmt.Sprint("x", s.offers), CustomerId: fmt.Sprint("c", s.offers), Template: "cake", Channel: surprisev1.Channel_POS}
		s.offers++
		if c, _, err = s.ledger.RecordDelivery(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	if cakes, _ := s.used(); cakes != 2 || !c.GetOverLimit() {
		t.Errorf("got %d cakes taken, the last over the limit: %v; want 2, true", cakes, c.GetOverLimit())
	}
}

func TestListPages(t *testing.T) {
	s := newShop(t)
	var want []string
	for i := range 5 {
		c, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: fmt.Sprint(i), CustomerId: "mei", Kind: surprisev1.Kind_NOTE, Channel: surprisev1.Channel_POS})
		if err != nil {
			t.Fatal(err)
		}
		want = append([]string{c.GetClaimId()}, want...)
	}
	var got []string
	token := ""
	for page := 0; page == 0 || token != ""; page++ {
		claims, next, err := s.ledger.List(t.Context(), &surprisev1.ListClaimsRequest{CustomerId: "mei", PageSize: 2, PageToken: token})
		if err != nil || page > 3 {
			t.Fatalf("page %d: %v", page, err)
		}
		for _, c := range claims {
			got = append(got, c.GetClaimId())
		}
		token = next
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOldEntriesAreForgotten(t *testing.T) {
	s := newShop(t)
	for range 10 {
		if _, _, err := s.confirm(s.mustClaim("mei", "note", fmt.Sprint("v", s.offers)).GetClaimId()); err != nil {
			t.Fatal(err)
		}
		s.pass(300 * 24 * time.Hour)
	}
	claims, _, err := s.ledger.List(t.Context(), &surprisev1.ListClaimsRequest{CustomerId: "mei"})
	if err != nil || len(claims) > 4 {
		t.Errorf("got %d claims, %v; want those of the retention", len(claims), err)
	}
}

func TestTimeNeverRunsBackwards(t *testing.T) {
	s := newShop(t)
	c := s.mustClaim("mei", "cake", "v1")
	s.pass(-10 * time.Hour)
	got, _, err := s.confirm(c.GetClaimId())
	if err != nil || got.GetDelivered().AsTime().Before(c.GetCreated().AsTime()) {
		t.Errorf("delivered at %v, claimed at %v, %v", got.GetDelivered().AsTime(), c.GetCreated().AsTime(), err)
	}
}
