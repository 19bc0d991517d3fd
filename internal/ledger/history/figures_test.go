package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
)

const figuresCatalog = `
default_locale: en
currency: TWD
journeys:
  - {id: visit, stages: [{id: till}]}
limits:
  - {id: last, unit: UNITS, capacity: 1}
  - {id: more, unit: UNITS, capacity: 1}
  - {id: budget, unit: MONEY, capacity: %d}
policies: {hold: 30m}
templates:
  - {id: last, kind: CAKE, levels: [{id: small, value: 9}], limits: [last], texts: {en: {title: t, message: m}}}
  - {id: more, kind: CAKE, levels: [{id: small, value: 9}], limits: [more], texts: {en: {title: t, message: m}}}
  - {id: gift, kind: GIFT, levels: [{id: small, value: 9, cost_minor: 5}], limits: [budget], texts: {en: {title: t, message: m}}}
`

// testRandomBudgets claims gifts of random cost from budgets of random size, at once, and cancels every tenth. A budget is never above by one minor unit,
// and can be spent to the last.
func testRandomBudgets(t *testing.T, store ledger.Store) {
	claims := soak(1000, 10_000)
	rng := rand.New(rand.NewPCG(3, uint64(claims)))
	capacity := int64(claims) * (100 + rng.Int64N(300)) // of some 500 for each
	s := newShop(store, newSigner(t), loadCatalog(t, fmt.Sprintf(figuresCatalog, capacity)))
	costs := make([]int64, claims)
	for i := range costs {
		costs[i] = 1 + rng.Int64N(1000)
	}
	var spent, given, refused atomic.Int64
	above := s.watchBudget(t, capacity, func() {
		each(32, claims, func(i int) {
			switch cost, err := s.spend(t, person(i), costs[i], i%10 == 9); surprise.ReasonOf(err) {
			case "":
				spent.Add(cost)
				given.Add(1)
			case surprise.LimitExhausted:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	})
	s.reapAll(t)
	used := s.usage(t, "budget||")
	if above != 0 || used > capacity || used != spent.Load() || refused.Load() == 0 {
		t.Errorf("%d of %d are used, %d were spent, %d refused, and it was seen above %d times", used, capacity, spent.Load(), refused.Load(), above)
	}
	if _, err := s.spend(t, "one-more", capacity-used+1, false); surprise.ReasonOf(err) != surprise.LimitExhausted {
		t.Errorf("one minor unit more than is left: %v, want %s", err, surprise.LimitExhausted)
	}
	if _, err := s.spend(t, "the-rest", capacity-used, false); err != nil || s.usage(t, "budget||") != capacity {
		t.Errorf("all that is left: %v, used %d of %d", err, s.usage(t, "budget||"), capacity)
	}
	t.Logf("figure random budgets: %d claims of 1 to 1000, %d given, %d refused, %d of %d minor units used, 0 above", claims, given.Load(), refused.Load(), used, capacity)
}

// spend claims a gift, and gives it back or confirms it. It returns what it cost in the end.
func (s *shop) spend(t *testing.T, customer string, cost int64, giveBack bool) (int64, error) {
	signed, err := s.sign(customer, &storev1.OfferClaims{Template: "gift", CostMinor: cost, VisitId: "v"})
	if err != nil {
		return 0, err
	}
	c, _, err := s.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: signed.Token})
	if err != nil {
		return 0, err
	}
	if giveBack {
		_, _, err = s.Cancel(t.Context(), &surprisev1.CancelRequest{ClaimId: c.GetClaimId()})
		return 0, err
	}
	_, _, err = s.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: c.GetClaimId()})
	return cost, err
}

// watchBudget counts how often the budget is seen above its capacity while work is done.
func (s *shop) watchBudget(t *testing.T, capacity int64, work func()) (above int) {
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
			if used, err := s.store.Usage(t.Context(), "budget||"); err != nil || used[0] > capacity {
				above++
			}
		}
	})
	work()
	close(done)
	wait.Wait()
	return above
}

// testEveryCallSeveralTimes sends each call one to five times at once, over a network that cuts 30 % of the replies, until each copy has its answer. All
// copies get the same one, and the log tells each effect once.
func testEveryCallSeveralTimes(t *testing.T, store ledger.Store) {
	customers := soak(100, 5000)
	s := newShop(store, newSigner(t), loadCatalog(t, fmt.Sprintf(figuresCatalog, int64(10*customers))))
	flaky := &lossy{Store: store}
	s.Ledger = s.over(flaky.asStore())
	var copies, cut atomic.Int64
	each(4, customers, func(i int) {
		c := &copier{t: t, rng: rand.New(rand.NewPCG(9, uint64(i))), copies: &copies, cut: &cut}
		c.visit(s, i)
	})
	s.reapAll(t)
	want := map[string]int{event.ClaimHeld: customers, event.ClaimConfirmed: (customers + 1) / 2, event.ClaimCancelled: customers / 2, event.DeliveryRecorded: customers}
	got := map[string]int{}
	for _, e := range events(t, store) {
		got[e.GetType()]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the log tells %v, want %v", got, want)
	}
	if used := s.usage(t, "budget||"); used != int64(5*customers+5*((customers+1)/2)) {
		t.Errorf("%d are used", used)
	}
	t.Logf("figure every call 1 to 5 times: %d calls sent %d times, %d replies cut: one effect each, identical answers", 3*customers, copies.Load(), cut.Load())
}

// copier sends calls several times.
type copier struct {
	t           *testing.T
	rng         *rand.Rand
	copies, cut *atomic.Int64
}

// visit claims a gift, confirms it or gives it back, and enters another one.
func (c *copier) visit(s *shop, i int) {
	var signed offer.Signed
	signed, err := s.sign(person(i), &storev1.OfferClaims{Template: "gift", CostMinor: 5, VisitId: "v"})
	if err != nil {
		c.t.Error(err)
		return
	}
	c.send(func(ctx context.Context) (*surprisev1.Claim, bool, error) {
		return s.Claim(ctx, &surprisev1.ClaimRequest{OfferToken: signed.Token})
	})
	c.send(func(ctx context.Context) (*surprisev1.Claim, bool, error) {
		if i%2 == 1 {
			return s.Cancel(ctx, &surprisev1.CancelRequest{OfferToken: signed.Token})
		}
		return s.Confirm(ctx, &surprisev1.ConfirmRequest{ClaimId: string(signed.ClaimID)})
	})
	c.send(func(ctx context.Context) (*surprisev1.Claim, bool, error) {
		return s.RecordDelivery(ctx, &surprisev1.RecordDeliveryRequest{DeliveryId: "d", CustomerId: person(i), Template: "gift", VisitId: "w", Channel: surprisev1.Channel_POS})
	})
}

func (c *copier) send(call func(ctx context.Context) (*surprisev1.Claim, bool, error)) {
	n := 1 + c.rng.IntN(5)
	c.copies.Add(int64(n))
	answers, fresh := make([]*surprisev1.Claim, n), atomic.Int64{}
	seed := c.rng.Uint64()
	each(n, n, func(i int) {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		for {
			ctx := c.t.Context()
			if rng.IntN(10) < 3 {
				ctx = context.WithValue(ctx, fateKey{}, lostReply)
			}
			answer, replayed, err := call(ctx)
			if surprise.ReasonOf(err) == surprise.StoreUnavailable {
				c.cut.Add(1)
				continue
			}
			if err != nil {
				c.t.Error(err)
			}
			if answers[i] = answer; !replayed {
				fresh.Add(1)
			}
			return
		}
	})
	for _, a := range answers {
		if !proto.Equal(a, answers[0]) || fresh.Load() > 1 {
			c.t.Errorf("%d new answers, and got %v and %v", fresh.Load(), a, answers[0])
		}
	}
}
