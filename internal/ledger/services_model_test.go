package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// servicesModel drives the eight services with random commands.
type servicesModel struct {
	*shop
	ids []string
}

// TestPromisesOfServices holds the ledger to what it promises of them after every step: the log tells the last of every claim, stock is what live
// claims have, numbers are had once, and the task list is what is on hold.
func TestPromisesOfServices(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &servicesModel{shop: newServices(t)}
		m.withCards("SECRET-1", "SECRET-2", "SECRET-3")
		m.withHours(3, 1)
		rt.Repeat(map[string]func(*rapid.T){
			"claim":   m.drawClaim,
			"confirm": m.drawConfirm,
			"cancel":  m.drawCancel,
			"deliver": m.drawDelivery,
			"card":    m.drawCard,
			"outcome": m.drawOutcome,
			"reap":    func(*rapid.T) { m.reap() },
			"wait": func(t *rapid.T) {
				m.pass(time.Duration(rapid.SampledFrom([]int{1, 11, 31, 60 * 24, 60 * 24 * 15, 60 * 24 * 500}).Draw(t, "minutes")) * time.Minute)
			},
			"": m.check,
		})
	})
}

func (m *servicesModel) drawClaim(t *rapid.T) {
	who := customer().Draw(t, "customer")
	template := rapid.SampledFrom([]string{"corner", "piece", "card", "hour", "ride", "voucher", "film", "films_more", "tea"}).Draw(t, "template")
	token := m.sign(who, template, ofHousehold(rapid.SampledFrom([]string{"", "h"}).Draw(t, "household")), inStore(rapid.SampledFrom([]string{"", "north"}).Draw(t, "store")))
	order := rapid.SampledFrom([]string{"", "o1", "o2"}).Draw(t, "order")
	staff := rapid.SampledFrom([]string{"", "an"}).Draw(t, "staff")
	c, _, err := m.ask(who, token, forOrder(order), byStaff(staff))
	m.saw(t, c, err)
}

func (m *servicesModel) saw(t *rapid.T, c *surprisev1.Claim, err error) {
	if surprise.ReasonOf(err) == surprise.Internal {
		t.Fatal(err)
	}
	if c != nil {
		m.ids = append(m.ids, c.GetClaimId())
	}
}

func (m *servicesModel) anyID(t *rapid.T) string {
	if len(m.ids) == 0 {
		t.Skip("no claims")
	}
	return rapid.SampledFrom(m.ids).Draw(t, "claim")
}

func (m *servicesModel) drawConfirm(t *rapid.T) {
	c, _, err := m.confirm(m.anyID(t))
	m.saw(t, c, err)
}

func (m *servicesModel) drawCancel(t *rapid.T) {
	c, _, err := m.cancel(m.anyID(t), surprisev1.CancelReason(rapid.IntRange(1, 4).Draw(t, "reason")))
	m.saw(t, c, err)
}

func (m *servicesModel) drawDelivery(t *rapid.T) {
	c, _, err := m.ledger.RecordDelivery(m.t.Context(), &surprisev1.RecordDeliveryRequest{
		DeliveryId: fmt.Sprint(rapid.IntRange(1, 9).Draw(t, "id")), CustomerId: customer().Draw(t, "customer"), Channel: surprisev1.Channel_POS, StaffId: "an", HouseholdId: "h",
		Template: rapid.SampledFrom([]string{"piece", "card", "ride", "film", "tea"}).Draw(t, "template"), OrderId: "o1",
		WalletReason: rapid.SampledFrom([]string{"", "kindness"}).Draw(t, "wallet")})
	m.saw(t, c, err)
}

func (m *servicesModel) drawCard(t *rapid.T) {
	id, staff := m.anyID(t), rapid.SampledFrom([]string{"an", "bo"}).Draw(t, "staff")
	do := m.lease
	if rapid.Bool().Draw(t, "give back") {
		do = m.giveBackCard
	}
	c, err := do(id, staff)
	m.saw(t, c, err)
}

func (m *servicesModel) drawOutcome(t *rapid.T) {
	_, c, err := m.outcome(&surprisev1.RecordOutcomeRequest{OutcomeId: fmt.Sprint(rapid.IntRange(1, 9).Draw(t, "id")), CustomerId: customer().Draw(t, "customer"),
		Kind: surprisev1.OutcomeKind(rapid.IntRange(4, 6).Draw(t, "kind"))})
	m.saw(t, c, err)
}

func (m *servicesModel) check(t *rapid.T) {
	latest := map[string]*surprisev1.Claim{}
	for _, e := range m.happened() {
		if c := e.GetClaim(); c != nil {
			latest[c.GetClaimId()] = c
		}
	}
	live, held := map[string]int64{}, map[string]bool{}
	serials, codes := map[int64]bool{}, map[string]bool{}
	for _, who := range []string{"a", "b", "c"} {
		claims, _, err := m.ledger.List(m.t.Context(), &surprisev1.ListClaimsRequest{CustomerId: who, PageSize: 200})
		if err != nil {
			t.Fatal(err)
		}
		tried := map[string]bool{}
		for _, c := range claims {
			onHold := c.GetState() == surprisev1.ClaimState_HELD
			given := c.GetState() == surprisev1.ClaimState_CONFIRMED && c.GetReturned() == nil
			if onHold {
				held[c.GetClaimId()] = true
			}
			if (onHold || given) && !c.GetOverLimit() {
				live[c.GetTemplate()]++
			}
			if p := c.GetTrial().GetProduct(); given && !c.GetWithoutHold() && p != "" {
				if tried[p] {
					t.Fatalf("%s has two trials of %s", who, p)
				}
				tried[p] = true
			}
			if n := c.GetSerial(); n != 0 && serials[n] || c.GetCode() != "" && codes[c.GetCode()] {
				t.Fatalf("number %d or a code is had twice", n)
			}
			if (c.GetCode() != "") != (given && !c.GetOverLimit() && (c.GetTemplate() == "card" || c.GetTemplate() == "voucher")) {
				t.Fatalf("claim %v shows a code, or should", c)
			}
			serials[c.GetSerial()], codes[c.GetCode()] = true, true
			told := proto.CloneOf(latest[c.GetClaimId()])
			c.Serial, c.SerialOf, c.Code = 0, 0, ""
			if !proto.Equal(told, c) {
				t.Fatalf("the log tells %v, the ledger has %v", told, c)
			}
		}
	}
	m.checkTaken(t, live, held)
}

// checkTaken compares with what the store has, as far as nothing is forgotten: limits outlive claims.
func (m *servicesModel) checkTaken(t *rapid.T, live map[string]int64, held map[string]bool) {
	for limit, atLeast := range map[string]int64{"edition||": live["piece"], rides: live["ride"]} {
		if used := m.usage(limit); used < atLeast || used > m.capacity(limit) {
			t.Fatalf("%d are taken of %s, %d are out", used, limit, atLeast)
		}
	}
	tasks, err := m.listed()
	if err != nil || len(tasks) != len(held) {
		t.Fatalf("%d tasks are listed of %d on hold (%v)", len(tasks), len(held), err)
	}
	for _, task := range tasks {
		if !held[task.Member] {
			t.Fatalf("task %s is not on hold", task.Member)
		}
	}
}

func (m *servicesModel) capacity(limit string) int64 {
	if limit == rides {
		return 3
	}
	return 5
}

// listed returns the claims on hold of all stores, as the indexes have them.
func (s *shop) listed() ([]ledger.IndexEntry, error) {
	stores, err := s.store.Range(s.t.Context(), "taskstores", nil, 1000, false)
	if err != nil {
		return nil, err
	}
	var out []ledger.IndexEntry
	for _, store := range append(stores, ledger.IndexEntry{}) {
		found, err := s.store.Range(s.t.Context(), "tasks|"+store.Member, nil, 1000, false)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}
