package history

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// longest is how long one history lasts at most: the ledger forgets what ended more than 400 days ago, and the specification does not.
const longest = 390 * day

// machine gives the same commands to a ledger and to the specification.
type machine struct {
	*shop
	spec   *spec
	ground *ground
	offers []made
	sent   []*surprisev1.RecordDeliveryRequest
	ids    []string // of claims, in the order in which they were seen
	steps  int
}

// TestStateMachine compares a ledger with the specification after each of some 100 commands, in 1,000 histories.
func TestStateMachine(t *testing.T) {
	setRapid(t, "rapid.checks", soak(1000, 20_000))
	setRapid(t, "rapid.steps", 100)
	cat, signer, steps, seen := loadCatalog(t, specCatalog), newSigner(t), 0, map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		m := &machine{shop: newShop(memstore.New(), signer, cat), spec: newSpec(opening())}
		m.ground = newGround(m.shop, seen)
		rt.Repeat(map[string]func(*rapid.T){
			"offer and claim": m.drawOffer,
			"offer, claim":    m.drawOffer, // twice as often
			"claim":           m.drawClaim,
			"confirm":         m.drawConfirm,
			"cancel":          m.drawCancel,
			"cancel offer":    m.drawCancelOffer,
			"deliver":         m.drawDelivery,
			"deliver again":   m.drawDeliveryAgain,
			"reap":            m.reap,
			"wish":            m.drawWish,
			"withdraw":        m.drawWithdraw,
			"join":            m.drawJoin,
			"leave":           m.drawLeave,
			"serve":           m.serve,
			"wait":            m.drawWait,
			"wait for it":     m.drawEdge,
			"":                func(t *rapid.T) { m.steps++; m.ground.check(t, m.spec) },
		})
		m.ground.checkPosted(rt)
		steps += m.steps
	})
	t.Logf("figure state machine: %d commands, with %d kinds of events", steps, len(seen))
	for _, kind := range reached() {
		if seen[kind] == 0 && steps > 10_000 {
			t.Errorf("of %d commands none led to %s", steps, kind)
		}
	}
}

// reached are the events that random commands have to lead to, or the comparison is of little worth.
func reached() []string {
	return []string{event.ClaimHeld, event.ClaimConfirmed, event.ClaimCancelled, event.ClaimExpired, event.ClaimReturned, event.DeliveryRecorded, event.WishPosted,
		event.WishWithdrawn, event.WishGranted, event.WishLapsed, event.WaitlistJoined, event.WaitlistLeft, event.WaitlistTurn, event.WaitlistMissed,
		event.WaitlistServed, overLimit}
}

// setRapid sets a flag of rapid, unless the command line did.
func setRapid(t *testing.T, name string, n int) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if given {
		return
	}
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, fmt.Sprint(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) })
}

func customers() []string { return []string{"a", "b", "c"} }

func drawCustomer(t *rapid.T) string { return rapid.SampledFrom(customers()).Draw(t, "customer") }

// oneOf draws a key of a map.
func oneOf[V any](t *rapid.T, what string, of map[string]V) string {
	if len(of) == 0 {
		t.Skip("there is none")
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(of))).Draw(t, what)
}

func (m *machine) drawWait(t *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{time.Minute, 16 * time.Minute, 31 * time.Minute, 2 * time.Hour, 9 * time.Hour, day, 3 * day, 7 * day}).Draw(t, "time")
	m.wait(t, d)
}

func (m *machine) wait(t *rapid.T, d time.Duration) {
	if m.clock().Add(d).Sub(opening()) > longest {
		t.Skip("the history is long enough")
	}
	m.pass(d)
	m.spec.now = m.clock()
}

// drawEdge waits until something ends, to the moment or to just before: that is where a rule and its program differ first.
func (m *machine) drawEdge(t *rapid.T) {
	edges := m.spec.edges()
	if len(edges) == 0 {
		t.Skip("nothing ends")
	}
	d := rapid.SampledFrom(edges).Draw(t, "edge").Sub(m.clock())
	if d > time.Microsecond && rapid.Bool().Draw(t, "before") {
		d -= time.Microsecond
	}
	m.wait(t, d)
}

// drawOffer makes an offer, and claims it most of the time.
func (m *machine) drawOffer(t *rapid.T) {
	o := made{customer: drawCustomer(t), template: rapid.SampledFrom([]string{"cake", "cake", "tart", "tart", "piece", "piece", "ride", "grant", "sorry"}).Draw(t, "template"),
		visit: rapid.SampledFrom([]string{"v1", "v2", "v3", "v4", "v5", "v6"}).Draw(t, "visit"), expires: m.clock().Add(offerLife)}
	if m.spec.rules[o.template].cost > 0 {
		o.cost = rapid.SampledFrom([]int64{0, 1, 97, 301, 699}).Draw(t, "cost")
	}
	if o.template == "grant" {
		o.wish = m.anyWish(t)
		if rapid.IntRange(0, 3).Draw(t, "whose") > 0 {
			o.customer = m.spec.wishes[o.wish].customer
		}
	}
	if o.template == "piece" && len(m.spec.tickets) > 0 && rapid.Bool().Draw(t, "by ticket") {
		o.ticket = oneOf(t, "ticket", m.spec.tickets)
		if rapid.IntRange(0, 3).Draw(t, "whose") > 0 {
			o.customer = m.spec.tickets[o.ticket].customer
		}
	}
	signed, err := m.sign(o.customer, &storev1.OfferClaims{Template: o.template, VisitId: o.visit, CostMinor: o.cost, WishId: o.wish, TicketId: o.ticket})
	if err != nil {
		t.Fatal(err)
	}
	o.token, o.id = signed.Token, string(signed.ClaimID)
	m.offers = append(m.offers, o)
	m.ids = append(m.ids, o.id)
	if rapid.IntRange(0, 5).Draw(t, "claim") > 0 {
		m.claim(t, o)
	}
}

// anyWish draws a wish, one that can be granted more often than others.
func (m *machine) anyWish(t *rapid.T) string {
	ripe := maps.Clone(m.spec.wishes)
	maps.DeleteFunc(ripe, func(_ string, w wish) bool { return w.state != surprisev1.WishState_OPEN || w.from.After(m.clock()) })
	if len(ripe) > 0 && rapid.IntRange(0, 3).Draw(t, "ripe") > 0 {
		return oneOf(t, "wish", ripe)
	}
	return oneOf(t, "wish", m.spec.wishes)
}

func (m *machine) anyOffer(t *rapid.T) made {
	if len(m.offers) == 0 {
		t.Skip("no offers")
	}
	return rapid.SampledFrom(m.offers).Draw(t, "offer")
}

func (m *machine) drawClaim(t *rapid.T) { m.claim(t, m.anyOffer(t)) }

func (m *machine) claim(t *rapid.T, o made) {
	order := ""
	if m.spec.rules[o.template].perOrder {
		order = rapid.SampledFrom([]string{"o1", "o2", "o3", ""}).Draw(t, "order")
	}
	replay, refusal := m.spec.claim(o, order)
	m.answered(t, "claim", o.id, replay, refusal, func() (*surprisev1.Claim, bool, error) {
		return m.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: o.token, CustomerId: o.customer, OrderId: order})
	})
}

// answered compares the answer of a call with what the specification said, twice: a repeated call changes nothing.
func (m *machine) answered(t *rapid.T, what, id string, replay bool, refusal []surprise.Reason, call func() (*surprisev1.Claim, bool, error)) {
	t.Helper()
	got, replayed, err := call()
	if len(refusal) > 0 || err != nil {
		if !slices.Contains(refusal, surprise.ReasonOf(err)) {
			t.Fatalf("%s: got %v, want one of %v", what, err, refusal)
		}
		return
	}
	if replayed != replay {
		t.Fatalf("%s: replayed %v, want %v: %v", what, replayed, replay, got)
	}
	m.spec.wantClaim(t, id, got)
	again, replayed, err := call()
	if err != nil || !replayed || !proto.Equal(again, got) {
		t.Fatalf("%s again: got %v, replayed %v, error %v, want %v", what, again, replayed, err, got)
	}
}

// anyID draws a claim, one on hold more often than others.
func (m *machine) anyID(t *rapid.T) string {
	if len(m.ids) == 0 {
		t.Skip("no claims")
	}
	held := slices.DeleteFunc(slices.Clone(m.ids), func(id string) bool { return !m.spec.facts[id].holds() })
	if len(held) > 0 && rapid.Bool().Draw(t, "on hold") {
		return rapid.SampledFrom(held).Draw(t, "claim")
	}
	return rapid.SampledFrom(m.ids).Draw(t, "claim")
}

// ago draws a time in the past, or none.
func (m *machine) ago(t *rapid.T) (at time.Time, stamp *timestamppb.Timestamp) {
	d := rapid.SampledFrom([]time.Duration{-1, -1, 0, 20 * time.Minute, 3 * time.Hour, 2 * day}).Draw(t, "ago")
	if d < 0 {
		return at, nil
	}
	at = m.clock().Add(-d)
	return at, timestamppb.New(at)
}

func (m *machine) drawConfirm(t *rapid.T) {
	id := m.anyID(t)
	delivered, stamp := m.ago(t)
	if rapid.IntRange(0, 30).Draw(t, "future") == 0 {
		delivered = m.clock().Add(time.Hour)
		stamp = timestamppb.New(delivered)
	}
	call := func() (*surprisev1.Claim, bool, error) {
		return m.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: id, Delivered: stamp})
	}
	confirmed, replay, unnamed, refusal := m.spec.confirm(id, delivered)
	switch {
	case refusal != "":
		m.answered(t, "confirm", "", false, []surprise.Reason{refusal}, call)
	case unnamed:
		m.enterNew(t, "late confirm", call, func(own string) { m.spec.confirmLate(id, own, delivered) })
	default:
		m.answered(t, "confirm", confirmed, replay, nil, call)
	}
}

// enterNew is answered for a call that enters a claim whose id the specification does not know yet.
func (m *machine) enterNew(t *rapid.T, what string, call func() (*surprisev1.Claim, bool, error), enter func(id string)) {
	t.Helper()
	got, replayed, err := call()
	if _, known := m.spec.facts[got.GetClaimId()]; err != nil || replayed || known {
		t.Fatalf("%s: got %v, replayed %v, error %v, want a new claim", what, got, replayed, err)
	}
	enter(got.GetClaimId())
	m.ids = append(m.ids, got.GetClaimId())
	m.spec.wantClaim(t, got.GetClaimId(), got)
	m.answered(t, what+" repeated", got.GetClaimId(), true, nil, call)
}

func drawReason(t *rapid.T) surprisev1.CancelReason {
	return rapid.SampledFrom([]surprisev1.CancelReason{surprisev1.CancelReason_NOT_DELIVERED, surprisev1.CancelReason_CUSTOMER_REFUSED, surprisev1.CancelReason_MISTAKE,
		surprisev1.CancelReason_ORDER_CANCELLED}).Draw(t, "reason")
}

func (m *machine) drawCancel(t *rapid.T) {
	m.cancel(t, m.anyID(t), nil, &surprisev1.CancelRequest{Reason: drawReason(t)})
}

func (m *machine) drawCancelOffer(t *rapid.T) {
	o := m.anyOffer(t)
	m.cancel(t, o.id, &o, &surprisev1.CancelRequest{OfferToken: o.token, Reason: drawReason(t)})
}

func (m *machine) cancel(t *rapid.T, id string, o *made, req *surprisev1.CancelRequest) {
	if o == nil {
		req.ClaimId = id
	}
	shown, replay, refusal := m.spec.cancel(id, o, req.GetReason())
	var refusals []surprise.Reason
	if refusal != "" {
		refusals = append(refusals, refusal)
	}
	m.answered(t, "cancel", shown, replay, refusals, func() (*surprisev1.Claim, bool, error) { return m.Cancel(t.Context(), req) })
}
