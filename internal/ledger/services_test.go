package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

const servicesCatalog = `
default_locale: en
currency: TWD
shifts: ["09:00", "14:00"]
journeys:
  - {id: visit, stages: [{id: till}]}
limits:
  - {id: shelf, unit: UNITS, capacity: 2, period: DAY, per_store: true}
  - {id: edition, unit: SERIALS, capacity: 5}
  - {id: cards, unit: CODES}
  - {id: times, unit: SLOTS}
  - {id: rides, unit: UNITS, capacity: 3}
policies:
  hold: 30m
  lease: 10m
  caps:
    - {max: 2, window: 7d, household: true, category: treat}
wallet: {reasons: [long_wait, kindness], per_incident_minor: 100, per_shift_minor: 300, per_store_minor: 500}
templates:
  - {id: corner, kind: NOTE, levels: [{id: small, value: 10}], limits: [shelf], texts: {en: {title: t, message: m}}}
  - {id: piece, kind: LIMITED_EDITION, levels: [{id: small, value: 10}], limits: [edition], household_max: 2, waitlist: {keep: 1h}, texts: {en: {title: t, message: m}}}
  - {id: card, kind: GIFT, levels: [{id: small, value: 10, cost_minor: 50}], limits: [cards], texts: {en: {title: t, message: m}}}
  - {id: hour, kind: PERSONAL_SHOPPING, levels: [{id: small, value: 10}], limits: [times], texts: {en: {title: t, message: m}}}
  - {id: ride, kind: DELIVERY, per_order: true, levels: [{id: small, value: 10}], limits: [rides], cooldowns: {template: 30d}, texts: {en: {title: t, message: m}}}
  - {id: voucher, kind: DELIVERY, per_order: true, levels: [{id: small, value: 10}], limits: [cards], texts: {en: {title: t, message: m}}}
  - {id: film, kind: TRIAL, trial: {product: films, length: 14d, remind_before: 3d}, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
  - {id: films_more, kind: TRIAL, category: other, trial: {product: films, length: 7d}, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
  - {id: music, kind: TRIAL, category: music, trial: {product: music, length: 14d}, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
  - {id: tea, kind: GIFT, category: treat, levels: [{id: small, value: 10, cost_minor: 80}, {id: free, value: 10}], texts: {en: {title: t, message: m}}}
  - {id: sorry, kind: NOTE, category: treat, purpose: RECOVERY, levels: [{id: small, value: 10}], texts: {en: {title: t, message: m}}}
`

func newServices(t *testing.T) *shop {
	t.Helper()
	return newShopOf(t, servicesCatalog)
}

// sign makes an offer of a template with the first level; change what it says by more.
func (s *shop) sign(customer, template string, more ...func(*storev1.OfferClaims)) string {
	s.t.Helper()
	key := hash(customer)
	s.mu.Lock()
	s.offers++
	decision := fmt.Sprint("d", s.offers)
	s.mu.Unlock()
	o := &storev1.OfferClaims{
		Customer: key[:], DecisionId: decision, Template: template, Level: "small", CostMinor: s.cat.Template(template).Levels[0].CostMinor, Channel: surprisev1.Channel_POS,
		VisitId: decision, Issued: timestamppb.New(s.clock()), Expires: timestamppb.New(s.clock().Add(15 * time.Minute)), TimeZone: "Asia/Taipei",
	}
	for _, f := range more {
		f(o)
	}
	signed, err := s.signer.Sign(o)
	if err != nil {
		s.t.Fatal(err)
	}
	return signed.Token
}

func inStore(id string) func(*storev1.OfferClaims) {
	return func(o *storev1.OfferClaims) { o.Store = id }
}

func ofHousehold(key string) func(*storev1.OfferClaims) {
	return func(o *storev1.OfferClaims) { o.Household = key }
}

// ask claims with more than the token.
func (s *shop) ask(customer, token string, more ...func(*surprisev1.ClaimRequest)) (*surprisev1.Claim, bool, error) {
	req := &surprisev1.ClaimRequest{OfferToken: token, CustomerId: customer}
	for _, f := range more {
		f(req)
	}
	return s.ledger.Claim(s.t.Context(), req)
}

func forOrder(id string) func(*surprisev1.ClaimRequest) {
	return func(r *surprisev1.ClaimRequest) { r.OrderId = id }
}

func bookSlot(id string) func(*surprisev1.ClaimRequest) {
	return func(r *surprisev1.ClaimRequest) { r.SlotId = id }
}

func byStaff(id string) func(*surprisev1.ClaimRequest) {
	return func(r *surprisev1.ClaimRequest) { r.StaffId = id }
}

// take claims a new offer, which must succeed.
func (s *shop) take(customer, template string, more ...func(*surprisev1.ClaimRequest)) *surprisev1.Claim {
	s.t.Helper()
	c, _, err := s.ask(customer, s.sign(customer, template), more...)
	if err != nil {
		s.t.Fatalf("claim %s for %s: %v", template, customer, err)
	}
	return c
}

func (s *shop) mustConfirm(id string) *surprisev1.Claim {
	s.t.Helper()
	c, _, err := s.confirm(id)
	if err != nil {
		s.t.Fatalf("confirm: %v", err)
	}
	return c
}

func (s *shop) usage(limit string) int64 {
	s.t.Helper()
	u, err := s.store.Usage(s.t.Context(), limit)
	if err != nil {
		s.t.Fatal(err)
	}
	return u[0]
}

// happened returns all events, the oldest first.
func (s *shop) happened() []*surprisev1.Event {
	s.t.Helper()
	logged, err := s.store.Events(s.t.Context(), "", 10_000)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []*surprisev1.Event
	for _, l := range logged {
		_, e, err := event.Decode(l.Data)
		if err != nil {
			s.t.Fatal(err)
		}
		if strings.Contains(string(l.Data), "SECRET") {
			s.t.Error("a code is in the log")
		}
		out = append(out, e)
	}
	return out
}

func (s *shop) types() []string {
	s.t.Helper()
	var out []string
	for _, e := range s.happened() {
		out = append(out, e.GetType())
	}
	return out
}

func (s *shop) wantEvents(what string, want ...string) {
	s.t.Helper()
	if got := s.types(); !slices.Equal(got, want) {
		s.t.Errorf("%s: got events %v, want %v", what, got, want)
	}
}

// Every change of state is in the log once, as it is after the event, and replays add nothing.
func TestEventsOfClaims(t *testing.T) {
	twice := func(s *shop, call func() (*surprisev1.Claim, bool, error)) *surprisev1.Claim {
		s.t.Helper()
		c, replayed, err := call()
		if err != nil || replayed {
			s.t.Fatalf("got replayed %v, %v", replayed, err)
		}
		if _, replayed, err = call(); err != nil || !replayed {
			s.t.Errorf("again: got replayed %v, %v", replayed, err)
		}
		return c
	}
	for name, c := range map[string]struct {
		run  func(s *shop)
		want []string
	}{
		"confirmed": {func(s *shop) {
			token := s.sign("mei", "corner")
			c := twice(s, func() (*surprisev1.Claim, bool, error) { return s.claim("mei", token) })
			twice(s, func() (*surprisev1.Claim, bool, error) { return s.confirm(c.GetClaimId()) })
		}, []string{event.ClaimHeld, event.ClaimConfirmed}},
		"cancelled": {func(s *shop) {
			c := s.take("mei", "corner")
			twice(s, func() (*surprisev1.Claim, bool, error) {
				return s.cancel(c.GetClaimId(), surprisev1.CancelReason_MISTAKE)
			})
		}, []string{event.ClaimHeld, event.ClaimCancelled}},
		"cancelled before the claim": {func(s *shop) {
			token := s.sign("mei", "corner")
			twice(s, func() (*surprisev1.Claim, bool, error) {
				return s.ledger.Cancel(s.t.Context(), &surprisev1.CancelRequest{OfferToken: token})
			})
			_, _, err := s.ask("mei", token, forOrder("1"))
			wantReason(s.t, "the claim after it", err, surprise.ClaimCancelled)
		}, []string{event.ClaimCancelled}},
		"expired and confirmed late": {func(s *shop) {
			c := s.take("mei", "corner")
			s.pass(time.Hour)
			s.reap()
			late := twice(s, func() (*surprisev1.Claim, bool, error) { return s.confirm(c.GetClaimId()) })
			last := s.happened()
			if got := last[len(last)-1].GetClaim(); got.GetClaimId() != late.GetClaimId() || got.GetDelivered() == nil || !got.GetWithoutHold() {
				s.t.Errorf("got %v, want the new claim as delivered", got)
			}
		}, []string{event.ClaimHeld, event.ClaimExpired, event.ClaimConfirmed}},
		"recorded": {func(s *shop) {
			twice(s, func() (*surprisev1.Claim, bool, error) {
				return s.ledger.RecordDelivery(s.t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "mei", Template: "corner", Channel: surprisev1.Channel_POS, MemoryTag: "m"})
			})
			if got := s.happened()[0].GetClaim(); got.GetState() != surprisev1.ClaimState_CONFIRMED || got.GetMemoryTag() != "" || got.GetCreated() == nil {
				s.t.Errorf("got %v", got)
			}
		}, []string{event.DeliveryRecorded}},
		"returned": {func(s *shop) {
			c := s.take("mei", "ride", forOrder("1"))
			s.mustConfirm(c.GetClaimId())
			twice(s, func() (*surprisev1.Claim, bool, error) {
				return s.cancel(c.GetClaimId(), surprisev1.CancelReason_ORDER_CANCELLED)
			})
		}, []string{event.ClaimHeld, event.ClaimConfirmed, event.ClaimReturned}},
		"leased with the claim": {func(s *shop) {
			token := s.sign("mei", "corner")
			twice(s, func() (*surprisev1.Claim, bool, error) { return s.ask("mei", token, byStaff("an")) })
		}, []string{event.ClaimHeld, event.CardLeased}},
		"refused": {func(s *shop) {
			_, _, err := s.ask("mei", s.sign("mei", "ride"))
			wantReason(s.t, "no order", err, surprise.InvalidRequest)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServices(t)
			c.run(s)
			s.wantEvents(name, c.want...)
			for _, e := range s.happened() {
				if e.GetCustomerKey() != hash("mei").String() || e.GetTime() == nil {
					t.Errorf("got %v", e)
				}
			}
		})
	}
}

// The corner of each store has its own things, each day anew.
func TestCornerIsFull(t *testing.T) {
	s := newServices(t)
	for i := range 3 {
		who := fmt.Sprint("c", i)
		_, _, err := s.claim(who, s.sign(who, "corner", inStore("north")))
		want := surprise.Reason("")
		if i == 2 {
			want = surprise.LimitExhausted
		}
		wantReason(t, who, err, want)
	}
	if _, _, err := s.claim("d", s.sign("d", "corner", inStore("south"))); err != nil {
		t.Errorf("another store: %v", err)
	}
	s.pass(24 * time.Hour)
	if _, _, err := s.claim("e", s.sign("e", "corner", inStore("north"))); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

func TestErasedOffers(t *testing.T) {
	s := newServices(t)
	before := s.sign("mei", "corner")
	if _, err := s.ledger.Erase(t.Context(), "mei"); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.claim("mei", before)
	wantReason(t, "an offer from before", err, surprise.Erased)
	s.pass(time.Second)
	s.take("mei", "corner")
}

func TestOccasionDayIsKept(t *testing.T) {
	s := newServices(t)
	day := &surprisev1.Date{Year: 2026, Month: 3, Day: 9}
	c, _, err := s.claim("mei", s.sign("mei", "corner", func(o *storev1.OfferClaims) { o.OccasionDay = day }))
	if err != nil || c.GetOccasionDay().GetDay() != 9 {
		t.Errorf("got %v, %v", c.GetOccasionDay(), err)
	}
}
