package faults

import (
	"errors"
	"strings"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/surprise"
)

// TestClocks has two servers whose clocks are an hour apart on one Redis. The one that is wrong claims nothing once it has looked at the clock of
// Redis; what it claimed before can be ended by the other.
func TestClocks(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"an hour ahead": time.Hour, "an hour behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			opts := app.EngineOptions{Store: ledgertest.Redis(t) + "/0"}
			wrong, right := engine(t, opts, ahead), engine(t, opts, 0)
			fast, slow := wrong, right
			if ahead < 0 {
				fast, slow = right, wrong
			}
			for _, customer := range []string{"confirms", "cancels"} {
				if _, err := take(t, fast, customer, "edition"); err != nil {
					t.Fatal(err)
				}
			}
			_, err := take(t, slow, "confirms", "gift")
			wantSkew(t, err, "this customer's record")
			first, second := only(t, slow, "confirms").GetClaimId(), only(t, slow, "cancels").GetClaimId()
			c, _, err := slow.Ledger.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: first})
			if err != nil || c.GetState() != surprisev1.ClaimState_CONFIRMED {
				t.Errorf("confirm: %v, %v", c, err)
			}
			c, _, err = slow.Ledger.Cancel(t.Context(), &surprisev1.CancelRequest{ClaimId: second})
			if err != nil || c.GetState() != surprisev1.ClaimState_CANCELLED {
				t.Errorf("cancel: %v, %v", c, err)
			}
			skew, err := wrong.Ledger.CheckClock(t.Context())
			if err != nil || (skew+ahead).Abs() > 2*time.Second {
				t.Errorf("the clock of Redis is %s ahead of one that is %s ahead, error %v", skew, ahead, err)
			}
			_, err = take(t, wrong, "another", "edition")
			wantSkew(t, err, "the store's clock")
			if _, err := right.Ledger.CheckClock(t.Context()); err != nil || right.Ledger.SkewTooLarge() {
				t.Errorf("the right clock: too large %t, error %v", right.Ledger.SkewTooLarge(), err)
			}
			if _, err := take(t, right, "another", "edition"); err != nil {
				t.Errorf("by the right clock: %v", err)
			}
		})
	}
}

// take claims an offer that is made for it at a stage.
func take(t *testing.T, e *app.Engine, customer, stage string) (*surprisev1.Claim, error) {
	t.Helper()
	req := request(customer, "shop")
	req.Moment.Stage = stage
	res, err := e.Recommender.Recommend(t.Context(), req)
	if err != nil || len(res.GetOffers()) != 1 {
		t.Fatalf("%s: %v, %v", customer, res, err)
	}
	c, _, err := e.Ledger.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: res.GetOffers()[0].GetToken(), CustomerId: customer})
	return c, err
}

func only(t *testing.T, e *app.Engine, customer string) *surprisev1.Claim {
	t.Helper()
	claims, _, err := e.Ledger.List(t.Context(), &surprisev1.ListClaimsRequest{CustomerId: customer, PageSize: 2})
	if err != nil || len(claims) != 1 {
		t.Fatalf("%s has %v, %v", customer, claims, err)
	}
	return claims[0]
}

// wantSkew wants a refusal that says which clocks differ, and that the call may be repeated.
func wantSkew(t *testing.T, err error, which string) {
	t.Helper()
	var e *surprise.Error
	if !errors.As(err, &e) || e.Reason != surprise.StoreUnavailable || !e.Retry || !strings.Contains(e.Message, "clock skew: "+which) {
		t.Errorf("want a refusal for %s, got %v", which, err)
	}
}
