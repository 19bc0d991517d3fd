package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

const stagedCatalog = `
default_locale: en
currency: TWD
journeys:
  - {id: visit, stages: [{id: till}]}
limits:
  - {id: shelf, unit: UNITS, capacity: 2}
  - {id: budget, unit: MONEY, capacity: 700}
  - {id: last, unit: UNITS, capacity: 1}
policies:
  hold: 30m
wallet: {reasons: [kindness], per_incident_minor: 500, per_shift_minor: 600, per_store_minor: 600}
templates:
  - {id: gift, kind: GIFT, levels: [{id: small, value: 10, cost_minor: 300}], limits: [budget, shelf], cooldowns: {template: 2h, household: 7d}, texts: {en: {title: t, message: m}}}
  - {id: pair, kind: GIFT, category: pair, per_order: true, levels: [{id: small, value: 10, cost_minor: 100}], limits: [shelf, budget], texts: {en: {title: t, message: m}}}
  - {id: one, kind: GIFT, category: one, levels: [{id: small, value: 10}], limits: [shelf, last], waitlist: {keep: 1h}, texts: {en: {title: t, message: m}}}
`

var errCrash = errors.New("crashed")

func newStaged(t *testing.T) (*shop, *stagedStore) {
	t.Helper()
	return staged(newShopOf(t, stagedCatalog))
}

// staged is a new shop with the catalogue of another one.
func staged(of *shop) (*shop, *stagedStore) {
	s := &shop{t: of.t, signer: of.signer, cat: of.cat, now: of.now}
	store := newStagedStore(s.clock)
	s.store, s.ledger = store, s.over(store)
	return s, store
}

// stagedModel drives a ledger over a staged store. In any stage of any command, it may crash or others may come in between.
type stagedModel struct {
	*shop
	staged  *stagedStore
	tokens  map[string]string // token -> customer
	ids     map[string]bool
	tickets map[string]bool
	ended   map[string]surprisev1.ClaimState
	depth   int
}

func TestPromisesOfStagedStores(t *testing.T) {
	once := newShopOf(t, stagedCatalog)
	rapid.Check(t, func(rt *rapid.T) {
		s, store := staged(once)
		m := &stagedModel{shop: s, staged: store, tokens: map[string]string{}, ids: map[string]bool{}, tickets: map[string]bool{},
			ended: map[string]surprisev1.ClaimState{}}
		store.step = func(stage string) error { return m.interrupt(rt, stage) }
		commands := m.commands()
		commands[""] = func(t *rapid.T) { m.checkRecords(t) }
		rt.Repeat(commands)
		m.checkAtRest(rt)
	})
}

func (m *stagedModel) commands() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"offer":   m.drawOffer,
		"claim":   m.drawClaim,
		"again":   m.drawClaim,
		"confirm": m.drawConfirm,
		"cancel":  m.drawCancel,
		"undo":    m.drawOvertake,
		"deliver": m.drawDelivery,
		"join":    m.drawJoin,
		"turn":    m.drawTurn,
		"serve":   func(*rapid.T) { _ = m.ledger.ServeWaiting(m.t.Context()) },
		"reap":    func(*rapid.T) { _, _ = m.ledger.Reap(m.t.Context()) },
		"limits":  func(*rapid.T) { _, _ = m.ledger.ReapLimits(m.t.Context()) },
		"wait": func(t *rapid.T) {
			m.pass(time.Duration(rapid.SampledFrom([]int{1, 2, 31, 61, 150}).Draw(t, "minutes")) * time.Minute)
		},
	}
}

// interrupt happens between two stages: mostly nothing, sometimes another command, sometimes the end.
func (m *stagedModel) interrupt(t *rapid.T, stage string) error {
	if m.depth > 1 {
		return nil
	}
	switch rapid.IntRange(0, 11).Draw(t, stage) {
	case 9, 10:
		m.depth++
		defer func() { m.depth-- }()
		name := rapid.SampledFrom([]string{"claim", "claim", "cancel", "confirm", "deliver", "undo", "turn", "serve", "limits", "limits", "reap", "late limits"}).Draw(t, "meanwhile")
		if name == "late limits" {
			m.pass(2 * time.Minute)
			name = "limits"
		}
		m.commands()[name](t)
	case 11:
		return errCrash
	}
	return nil
}

func (m *stagedModel) drawOffer(t *rapid.T) {
	who := customer().Draw(t, "customer")
	template := rapid.SampledFrom([]string{"gift", "gift", "pair", "one"}).Draw(t, "template")
	m.tokens[m.sign(who, template, ofHousehold(rapid.SampledFrom([]string{"", "", "h"}).Draw(t, "household")), func(o *storev1.OfferClaims) {
		o.Expires = timestamppb.New(m.clock().Add(100 * time.Hour))
	})] = who
}

func (m *stagedModel) drawToken(t *rapid.T) string {
	if len(m.tokens) == 0 {
		m.drawOffer(t)
	}
	return rapid.SampledFrom(sortedKeys(m.tokens)).Draw(t, "token")
}

func (m *stagedModel) drawClaim(t *rapid.T) {
	token := m.drawToken(t)
	c, _, err := m.ask(m.tokens[token], token, forOrder("o1"))
	m.saw(t, c, err)
}

func (m *stagedModel) drawOvertake(t *rapid.T) {
	c, _, err := m.ledger.Cancel(m.t.Context(), &surprisev1.CancelRequest{OfferToken: m.drawToken(t)})
	m.saw(t, c, err)
}

// anyID returns an empty id where there is none, which no ledger has.
func (m *stagedModel) anyID(t *rapid.T) string {
	if len(m.ids) == 0 {
		return ""
	}
	return rapid.SampledFrom(sortedKeys(m.ids)).Draw(t, "claim")
}

func (m *stagedModel) drawConfirm(t *rapid.T) {
	c, _, err := m.confirm(m.anyID(t))
	m.saw(t, c, err)
}

func (m *stagedModel) drawCancel(t *rapid.T) {
	reason := rapid.SampledFrom([]surprisev1.CancelReason{surprisev1.CancelReason_NOT_DELIVERED, surprisev1.CancelReason_ORDER_CANCELLED}).Draw(t, "reason")
	c, _, err := m.cancel(m.anyID(t), reason)
	m.saw(t, c, err)
}

func (m *stagedModel) drawDelivery(t *rapid.T) {
	wallet := rapid.Bool().Draw(t, "wallet")
	req := &surprisev1.RecordDeliveryRequest{DeliveryId: fmt.Sprint(rapid.IntRange(1, 6).Draw(t, "id")), CustomerId: customer().Draw(t, "customer"), Template: "gift",
		HouseholdId: "h", Channel: surprisev1.Channel_POS}
	if wallet {
		req.DeliveryId, req.WalletReason, req.StaffId = "w"+req.GetDeliveryId(), "kindness", "an"
	}
	c, _, err := m.ledger.RecordDelivery(m.t.Context(), req)
	m.saw(t, c, err)
	if r := surprise.ReasonOf(err); err != nil && r != surprise.StoreUnavailable && r != surprise.WalletExhausted {
		t.Fatalf("a delivery was refused: %v", err)
	}
}

func (m *stagedModel) drawJoin(t *rapid.T) {
	ticket, _, err := m.ledger.JoinWaitlist(m.t.Context(), &surprisev1.JoinWaitlistRequest{Template: "one", CustomerId: customer().Draw(t, "customer")})
	if err == nil {
		m.tickets[ticket.GetTicketId()] = true
	}
}

// drawTurn makes the offer that a turn is worth, as often as asked.
func (m *stagedModel) drawTurn(t *rapid.T) {
	if len(m.tickets) == 0 {
		return
	}
	id := rapid.SampledFrom(sortedKeys(m.tickets)).Draw(t, "ticket")
	_, key, err := m.ledger.Turn(m.t.Context(), id)
	if err != nil {
		return
	}
	for _, who := range []string{"a", "b", "c"} {
		if hash(who) == key {
			token := m.sign(who, "one", func(o *storev1.OfferClaims) {
				o.TicketId, o.Expires = id, timestamppb.New(m.clock().Add(100*time.Hour))
			})
			m.tokens[token] = who
			c, _, err := m.ask(who, token)
			m.saw(t, c, err)
		}
	}
}

func (m *stagedModel) saw(t *rapid.T, c *surprisev1.Claim, err error) {
	if surprise.ReasonOf(err) == surprise.Internal {
		t.Fatal(err)
	}
	if err != nil || c == nil {
		return
	}
	id := c.GetClaimId()
	m.ids[id] = true
	if c.GetState() != surprisev1.ClaimState_HELD {
		m.ended[id] = c.GetState()
	}
}

func (m *stagedModel) records(t *rapid.T) map[string]*storev1.Record {
	out := map[string]*storev1.Record{}
	for _, who := range []string{"a", "b", "c"} {
		loaded, err := m.staged.Store.Load(m.t.Context(), hash(who))
		if err != nil {
			t.Fatal(err)
		}
		if out[who], err = ledger.DecodeRecord(loaded[0].Data); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// checkRecords counts what records say was given or promised: never more than there is, and what was confirmed stays.
func (m *stagedModel) checkRecords(t *rapid.T) map[ledger.LimitRef]int64 {
	live := map[ledger.LimitRef]int64{}
	sums := map[string]int64{}
	states := map[string]surprisev1.ClaimState{}
	take := func(id string, takes []*storev1.LimitTake) {
		for _, take := range takes {
			live[ledger.LimitRef{Limit: take.GetLimit(), ClaimID: surprise.ClaimID(id)}] = take.GetAmount()
			sums[take.GetLimit()] += take.GetAmount()
			if sums[take.GetLimit()] > take.GetCapacity() {
				t.Fatalf("%d of %d were given of %s", sums[take.GetLimit()], take.GetCapacity(), take.GetLimit())
			}
		}
	}
	for _, rec := range m.records(t) {
		for _, e := range rec.GetEntries() {
			states[e.GetClaimId()] = e.GetState()
			if e.GetState() == surprisev1.ClaimState_HELD || ledger.Counts(e) {
				take(e.GetClaimId(), e.GetTakes())
			}
		}
		for _, ticket := range rec.GetTickets() {
			take("turn of "+ticket.GetTicketId(), ticket.GetTakes())
		}
	}
	for id, was := range m.ended {
		if states[id] != was {
			t.Fatalf("claim %s was %v and is %v", id, was, states[id])
		}
	}
	return live
}

// checkAtRest lets everything run out: then limits are exactly what records say.
func (m *stagedModel) checkAtRest(t *rapid.T) {
	m.staged.step = nil
	for range 3 {
		m.pass(30 * time.Hour) // marks of returns wait for a day
		m.settleAll(t)
	}
	live, kept := m.checkRecords(t), map[surprise.ClaimID]bool{}
	for ref := range live {
		kept[ref.ClaimID] = true
	}
	for limit, entries := range m.staged.limits {
		for id, e := range entries {
			ref := ledger.LimitRef{Limit: limit, ClaimID: id}
			if strings.HasPrefix(limit, "@returned|") {
				if kept[id] {
					continue // its order may yet be cancelled
				}
				t.Fatalf("the mark of %s is left", id)
			}
			if amount, ok := live[ref]; !ok || amount != e.Amount || !e.Posted {
				t.Fatalf("%s has %+v, and the records say %d (%v)", limit, e.LimitEntry, amount, ok)
			}
			delete(live, ref)
		}
	}
	if len(live) > 0 {
		t.Fatalf("limits lack %v", live)
	}
	report, err := ledger.Verify(m.t.Context(), m.staged, ledger.VerifyOptions{Now: m.clock(), Hash: hash})
	if err != nil || len(report.Findings) > 0 {
		t.Fatalf("%v: %+v", err, report.Findings)
	}
}

func (m *stagedModel) settleAll(t *rapid.T) {
	for _, reap := range []func() (int, error){
		func() (int, error) { return m.ledger.Reap(m.t.Context()) }, func() (int, error) { return m.ledger.ReapLimits(m.t.Context()) },
	} {
		for n, err := 1, error(nil); n > 0; {
			if n, err = reap(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
