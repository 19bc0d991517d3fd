package history

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	clients = 8
	// groupCalls is how many calls in a row, by all clients at once, go to one group before the next has its turn.
	groupCalls = 50
	// slowest is how many calls a second a history must have: a slower one has too few of them at the same time to show anything.
	slowest = 100
	// expiredIn is in which share of groups, one in so many, a claim expired before the history.
	expiredIn = 4
	// checkTime bounds the check of one history.
	checkTime = time.Minute
)

// testLinearizable lets clients call a ledger at once over every store. Their answers must be those that one after the other would have got, each at some
// moment of its call, whatever calls were lost on the way.
func testLinearizable(t *testing.T, store ledger.Store) {
	runs, calls := soak(100, 1000), soak(500, 2000)
	l := newLinear(t, store, runs, calls)
	start, unknown, checking := time.Now(), 0, time.Duration(0)
	for run := range runs {
		history := l.record(t, run, calls)
		began := time.Now()
		if result := l.check(history); result != porcupine.Ok {
			t.Fatalf("history %d: %s\n%s", run, result, l.explain(history))
		}
		checking += time.Since(began)
		unknown += countUnknown(history)
	}
	t.Logf("figure linearizable: %d histories x %d calls, %d clients, %d of unknown outcome, %.1f s (%.1f s of it checking)",
		runs, calls, clients, unknown, time.Since(start).Seconds(), checking.Seconds())
}

// check looks for an order of the calls of a history.
func (l *linear) check(history []porcupine.Operation) porcupine.CheckResult {
	if l.staged {
		history = withDenials(history)
	}
	return porcupine.CheckOperationsTimeout(claimsAndLimits(l.staged), history, checkTime)
}

// linear has what its histories need: groups whose offers are made, and some of whose claims have expired.
type linear struct {
	shop   *shop
	staged bool
	lossy  *lossy
	groups []group // those of the first history first
}

type group struct {
	name      string
	customers [groupCustomers]string
	offers    [groupSlots]offer.Signed // without an expired claim the last is empty
}

func newLinear(t testing.TB, store ledger.Store, runs, calls int) *linear {
	t.Helper()
	l := &linear{shop: newShop(store, newSigner(t), loadCatalog(t, linearCatalog)), staged: isStaged(store), lossy: &lossy{Store: store}, groups: make([]group, runs*calls/groupCalls)}
	each(64, len(l.groups), func(i int) { l.groups[i].begin(t, l.shop, i) })
	l.shop.pass(31 * time.Minute)
	l.shop.reapAll(t)
	l.shop.Ledger = l.shop.over(l.lossy.asStore())
	return l
}

// begin claims what is to expire.
func (g *group) begin(t testing.TB, s *shop, i int) {
	g.name = fmt.Sprint("g", i)
	for c := range g.customers {
		g.customers[c] = fmt.Sprint(g.name, "-", c)
	}
	if i%expiredIn != 0 {
		return
	}
	g.sign(t, s, expiredSlot)
	if _, _, err := s.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: g.offers[expiredSlot].Token}); err != nil {
		t.Error(err)
	}
}

func (g *group) offer(t testing.TB, s *shop) {
	for slot := range expiredSlot {
		g.sign(t, s, slot)
	}
}

func (g *group) sign(t testing.TB, s *shop, slot int) {
	o := &storev1.OfferClaims{Template: "tart", Store: g.name, VisitId: "v"}
	if isCake(slot) {
		o.Template = "cake"
	}
	signed, err := s.sign(g.customers[customerOf(slot)], o)
	if err != nil {
		t.Error(err)
	}
	g.offers[slot] = signed
}

// record lets the clients make the calls of one history. It is void, and the test fails, where they were too slow to get in each other's way.
func (l *linear) record(t testing.TB, run, calls int) []porcupine.Operation {
	t.Helper()
	first, groups := run*calls/groupCalls, calls/groupCalls
	each(2, groups, func(i int) { l.groups[first+i].offer(t, l.shop) })
	start := time.Now()
	now := func() int64 { return time.Since(start).Nanoseconds() }
	var mu sync.Mutex
	var history []porcupine.Operation
	each(clients, calls, func(i int) {
		rng := rand.New(rand.NewPCG(uint64(run), uint64(i)))
		c := call{group: first + i/groupCalls, slot: rng.IntN(groupSlots), kind: drawKind(rng)}
		if c.slot == expiredSlot && l.groups[c.group].offers[expiredSlot].Token == "" {
			c.slot = rng.IntN(expiredSlot)
		}
		began := now()
		a := l.make(t.Context(), c, rng)
		ops := operations(c, a, began, now())
		mu.Lock()
		defer mu.Unlock()
		history = append(history, ops...)
		if a.reason == surprise.Internal {
			t.Errorf("%s failed", describe(c, a))
		}
	})
	took := time.Since(start)
	l.lossy.wait.Wait()
	l.forget(t, first, groups)
	if rate := float64(calls) / took.Seconds(); rate < slowest {
		t.Fatalf("history %d is void: %.0f calls a second, it takes %d", run, rate, slowest)
	}
	return history
}

// forget lets go of what a history leaves behind, for there are many of them.
func (l *linear) forget(t testing.TB, first, groups int) {
	clear(l.groups[first : first+groups])
	for {
		n, err := l.shop.TrimLog(t.Context(), l.shop.clock().Add(day))
		if err != nil {
			t.Error(err)
		}
		if n == 0 {
			return
		}
	}
}

func drawKind(rng *rand.Rand) kind {
	return [...]kind{claiming, claiming, claiming, claiming, confirming, confirming, cancelling, cancelling, revoking, getting, getting, counting}[rng.IntN(12)]
}

// operations is what a call counts as. The client is no matter: a call that was never answered leaves its client free for the next.
func operations(c call, a answer, began, ended int64) []porcupine.Operation {
	switch {
	case a.unknown && (c.kind == getting || c.kind == counting):
		return nil // it had no effect
	case a.unknown:
		ended = math.MaxInt64
	case c.kind == confirming && a.over && !a.replayed:
		saw := call{group: c.group, slot: c.slot, kind: sawFull}
		c.kind = confirmingOver
		return []porcupine.Operation{{Input: saw, Output: answer{}, Call: began, Return: ended}, {Input: c, Output: a, Call: began, Return: ended}}
	}
	return []porcupine.Operation{{Input: c, Output: a, Call: began, Return: ended}}
}

// make makes one call. One in ten may be lost, save for late confirmations: how much was left when a lost one was carried out is unknown.
func (l *linear) make(ctx context.Context, c call, rng *rand.Rand) answer {
	if rng.IntN(10) == 0 && (c.slot != expiredSlot || c.kind != confirming) {
		ctx = context.WithValue(ctx, fateKey{}, fate(rng.IntN(int(fates))))
		if rng.IntN(4) == 0 {
			cut, cancel := context.WithTimeout(ctx, time.Duration(rng.IntN(500))*time.Microsecond)
			defer cancel()
			ctx = cut
		}
	}
	claim, replayed, taken, err := l.send(ctx, c)
	reason := surprise.ReasonOf(err)
	if reason == surprise.StoreUnavailable || reason == surprise.StoreConflict {
		return answer{unknown: true}
	}
	return answer{reason: reason, state: claim.GetState(), replayed: replayed, over: claim.GetOverLimit(), taken: taken, number: int8(claim.GetSerial())} //nolint:gosec // there are two
}

func (l *linear) send(ctx context.Context, c call) (claim *surprisev1.Claim, replayed bool, taken int64, err error) {
	g := &l.groups[c.group]
	token, id := g.offers[c.slot].Token, string(g.offers[c.slot].ClaimID)
	switch c.kind {
	case claiming:
		claim, replayed, err = l.shop.Claim(ctx, &surprisev1.ClaimRequest{OfferToken: token})
	case confirming:
		claim, replayed, err = l.shop.Confirm(ctx, &surprisev1.ConfirmRequest{ClaimId: id})
	case cancelling:
		claim, replayed, err = l.shop.Cancel(ctx, &surprisev1.CancelRequest{ClaimId: id})
	case revoking:
		claim, replayed, err = l.shop.Cancel(ctx, &surprisev1.CancelRequest{OfferToken: token})
	case counting:
		var stock *surprisev1.LimitView
		stock, err = l.shop.Stock(ctx, "cakes", g.name)
		taken = stock.GetTaken()
	default:
		claim, err = l.shop.Get(ctx, &surprisev1.GetClaimRequest{ClaimId: id})
	}
	if err != nil {
		claim, replayed, taken = nil, false, 0
	}
	return claim, replayed, taken, err
}

func countUnknown(history []porcupine.Operation) (n int) {
	for _, op := range history {
		if op.Output.(answer).unknown {
			n++
		}
	}
	return n
}

// explain lists the calls of the first group that has no order.
func (l *linear) explain(history []porcupine.Operation) string {
	for _, part := range byGroup(history) {
		if l.check(part) == porcupine.Ok {
			continue
		}
		slices.SortFunc(part, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
		var out strings.Builder
		for _, op := range part {
			fmt.Fprintf(&out, "%d to %d us: %s\n", op.Call/1000, op.Return/1000, describe(op.Input.(call), op.Output.(answer)))
		}
		return out.String()
	}
	return "each group by itself has an order"
}

// TestSlowHistoryIsVoid keeps the bound in force.
func TestSlowHistoryIsVoid(t *testing.T) {
	probe := &recorder{TB: t}
	l := newLinear(t, memstore.New(), 1, groupCalls)
	l.lossy.pace = 120 * time.Millisecond
	probe.run(func() { l.record(probe, 0, groupCalls) })
	if !probe.failed {
		t.Error("a history of some 70 calls a second was not void")
	}
}
