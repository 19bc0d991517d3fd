package ledger_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func asError(err error, e **surprise.Error) bool { return errors.As(err, e) }

// One wins, however many try at once: the same offer is one claim, and of different offers for the same template one is taken.
func TestConcurrentClaims(t *testing.T) {
	for name, distinct := range map[string]bool{"the same offer": false, "different offers": true} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			tokens := make([]string, 50)
			for i := range tokens {
				if tokens[i] = tokens[0]; i == 0 || distinct {
					tokens[i] = s.offer("mei", "cake", "v1")
				}
			}
			var won, refused, replays atomic.Int32
			var wg sync.WaitGroup
			for _, token := range tokens {
				wg.Go(func() {
					switch _, replayed, err := s.claim("mei", token); {
					case err != nil && surprise.ReasonOf(err) == surprise.Cooldown:
						refused.Add(1)
					case err != nil:
						t.Error(err)
					case replayed:
						replays.Add(1)
					default:
						won.Add(1)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 || won.Load()+refused.Load()+replays.Load() != 50 || distinct != (replays.Load() == 0) {
				t.Errorf("%d won, %d refused, %d replayed", won.Load(), refused.Load(), replays.Load())
			}
			if cakes, budget := s.used(); cakes != 1 || budget != 300 {
				t.Errorf("%d cakes and %d are taken", cakes, budget)
			}
		})
	}
}

// model drives a ledger with random commands and checks its promises after each.
type model struct {
	*shop
	tokens map[string]string // token -> customer
	claims map[string]*surprisev1.Claim
}

// TestPromises holds the ledger to its invariants over random histories of a few customers.
func TestPromises(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{shop: newShop(t), tokens: map[string]string{}, claims: map[string]*surprisev1.Claim{}}
		rt.Repeat(map[string]func(*rapid.T){
			"offer":   m.drawOffer,
			"claim":   m.drawClaim,
			"confirm": m.drawConfirm,
			"cancel":  m.drawCancel,
			"deliver": m.drawDelivery,
			"reap":    func(*rapid.T) { m.reap() },
			"wait": func(t *rapid.T) {
				m.pass(time.Duration(rapid.IntRange(1, 40*24*60).Draw(t, "minutes")) * time.Minute)
			},
			"": m.check,
		})
	})
}

func customer() *rapid.Generator[string] { return rapid.SampledFrom([]string{"a", "b", "c"}) }

func (m *model) drawOffer(t *rapid.T) {
	who := customer().Draw(t, "customer")
	template := rapid.SampledFrom([]string{"cake", "tart", "note", "sorry"}).Draw(t, "template")
	m.tokens[m.offer(who, template, rapid.SampledFrom([]string{"v1", "v2", "v3"}).Draw(t, "visit"))] = who
}

func (m *model) drawClaim(t *rapid.T) {
	if len(m.tokens) == 0 {
		t.Skip("no offers")
	}
	token := rapid.SampledFrom(sortedKeys(m.tokens)).Draw(t, "token")
	c, _, err := m.claim(m.tokens[token], token)
	m.saw(t, c, err)
}

func (m *model) drawConfirm(t *rapid.T) {
	c, _, err := m.confirm(m.anyClaim(t))
	m.saw(t, c, err)
}

func (m *model) drawCancel(t *rapid.T) {
	reason := rapid.SampledFrom([]surprisev1.CancelReason{surprisev1.CancelReason_NOT_DELIVERED, surprisev1.CancelReason_CUSTOMER_REFUSED}).Draw(t, "reason")
	c, _, err := m.cancel(m.anyClaim(t), reason)
	m.saw(t, c, err)
}

func (m *model) drawDelivery(t *rapid.T) {
	c, _, err := m.ledger.RecordDelivery(m.t.Context(), &surprisev1.RecordDeliveryRequest{
		DeliveryId: fmt.Sprint(rapid.IntRange(1, 5).Draw(t, "id")), CustomerId: customer().Draw(t, "customer"), Template: "cake", Channel: surprisev1.Channel_POS})
	m.saw(t, c, err)
}

func (m *model) anyClaim(t *rapid.T) string {
	if len(m.claims) == 0 {
		t.Skip("no claims")
	}
	return rapid.SampledFrom(sortedKeys(m.claims)).Draw(t, "claim")
}

// saw checks an answer against what was seen before: final states stay.
func (m *model) saw(t *rapid.T, c *surprisev1.Claim, err error) {
	if surprise.ReasonOf(err) == surprise.Internal {
		t.Fatal(err)
	}
	if err != nil {
		return
	}
	if before := m.claims[c.GetClaimId()]; before != nil && before.GetState() != surprisev1.ClaimState_HELD && before.GetState() != c.GetState() {
		t.Fatalf("claim %s went from %v to %v", c.GetClaimId(), before.GetState(), c.GetState())
	}
	m.claims[c.GetClaimId()] = c
}

// check reads everything back: confirmed claims are there, limits hold exactly what live claims take, and nobody has too much.
func (m *model) check(t *rapid.T) {
	var budget int64
	cakesByDay := map[string]int64{}
	for _, who := range []string{"a", "b", "c"} {
		claims, _, err := m.ledger.List(m.t.Context(), &surprisev1.ListClaimsRequest{CustomerId: who, PageSize: 200})
		if err != nil {
			t.Fatal(err)
		}
		listed := map[string]*surprisev1.Claim{}
		for _, c := range claims {
			listed[c.GetClaimId()] = c
			live := c.GetState() == surprisev1.ClaimState_HELD || c.GetState() == surprisev1.ClaimState_CONFIRMED
			if live && c.GetTemplate() == "cake" && !c.GetOverLimit() {
				budget += c.GetCostMinor()
				cakesByDay[c.GetCreated().AsTime().Format(time.DateOnly)]++
			}
		}
		m.checkKept(t, listed)
		m.checkCooldown(t, claims)
	}
	if budget > 1000 {
		t.Fatalf("the budget of 1000 has given %d", budget)
	}
	for day, n := range cakesByDay {
		if n > 2 {
			t.Fatalf("%d cakes of 2 were given on %s", n, day)
		}
	}
}

func (m *model) checkKept(t *rapid.T, listed map[string]*surprisev1.Claim) {
	for id, c := range m.claims {
		recent := m.now.Sub(c.GetEnded().AsTime()) < 300*24*time.Hour
		if now := listed[id]; now != nil && c.GetState() == surprisev1.ClaimState_CONFIRMED && recent && now.GetState() != surprisev1.ClaimState_CONFIRMED {
			t.Fatalf("confirmed claim %s is %v", id, now.GetState())
		}
	}
}

// checkCooldown looks for two cakes of one customer, both by offer and on hold, within the cooldown.
func (m *model) checkCooldown(t *rapid.T, claims []*surprisev1.Claim) {
	var last time.Time
	for i := len(claims) - 1; i >= 0; i-- {
		c := claims[i]
		if c.GetTemplate() != "cake" || c.GetWithoutHold() || c.GetState() != surprisev1.ClaimState_CONFIRMED {
			continue
		}
		at := c.GetCreated().AsTime()
		if !last.IsZero() && at.Sub(last) < 30*24*time.Hour {
			t.Fatalf("cakes at %v and %v are within 30 days", last, at)
		}
		last = c.GetDelivered().AsTime()
	}
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}
