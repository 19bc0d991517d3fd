package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
)

// TestVerifyAfterRandomHistories holds Verify to finding nothing where nothing is wrong, whatever happened.
func TestVerifyAfterRandomHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		deliveries := 0
		m := &servicesModel{shop: newServices(t)}
		m.withCards("SECRET-1", "SECRET-2", "SECRET-3")
		m.withHours(3, 1)
		rt.Repeat(map[string]func(*rapid.T){
			"claim":   m.drawClaim,
			"confirm": m.drawConfirm,
			"cancel":  m.drawCancel,
			"deliver": func(t *rapid.T) {
				deliveries++
				// An id that was used before the customer was erased, or so long ago that it is forgotten, would find what it took then.
				_, _, err := m.ledger.RecordDelivery(m.t.Context(), &surprisev1.RecordDeliveryRequest{
					DeliveryId: fmt.Sprint(deliveries), CustomerId: customer().Draw(t, "customer"), Channel: surprisev1.Channel_POS, StaffId: "an", HouseholdId: "h", OrderId: "o1",
					Template: rapid.SampledFrom([]string{"piece", "card", "ride", "film", "tea"}).Draw(t, "template"), WalletReason: rapid.SampledFrom([]string{"", "kindness"}).Draw(t, "wallet")})
				m.saw(t, nil, err)
			},
			"card":    m.drawCard,
			"outcome": m.drawOutcome,
			"join":    func(t *rapid.T) { m.joinLine(customer().Draw(t, "customer"), "piece", "", "") },
			"serve":   func(*rapid.T) { m.serveLines() },
			"erase": func(t *rapid.T) {
				if _, err := m.ledger.Erase(m.t.Context(), customer().Draw(t, "customer")); err != nil {
					t.Fatal(err)
				}
			},
			"sweep": func(t *rapid.T) {
				if _, err := m.ledger.SweepLimits(m.t.Context()); err != nil {
					t.Fatal(err)
				}
			},
			"reap": func(*rapid.T) { m.reap() },
			"wait": func(t *rapid.T) {
				m.pass(time.Duration(rapid.SampledFrom([]int{1, 11, 31, 60 * 24, 60 * 24 * 15, 60 * 24 * 500}).Draw(t, "minutes")) * time.Minute)
			},
		})
		report, err := ledger.Verify(m.t.Context(), m.store, ledger.VerifyOptions{Now: m.clock(), Hash: hash, Retention: m.cat.Policies.Retention})
		if err != nil || len(report.Findings) > 0 {
			rt.Fatalf("%v: %+v", err, report.Findings)
		}
	})
}
