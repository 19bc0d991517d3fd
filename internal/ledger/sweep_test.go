package ledger_test

import (
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
)

// Limits of days long past go, and with them their entries; what has no period stays, and so does today.
func TestSweepDropsOldPeriods(t *testing.T) {
	s := newShop(t)
	s.mustConfirm(s.mustClaim("a", "cake", "v1").GetClaimId())
	if n, err := s.ledger.SweepLimits(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d were dropped at once (%v)", n, err)
	}
	old := "cakes|" + s.clock().Format(time.DateOnly) + "|"
	s.pass(s.cat.Policies.Retention + 10*24*time.Hour)
	s.mustConfirm(s.mustClaim("a", "cake", "v2").GetClaimId())
	today := "cakes|" + s.clock().Format(time.DateOnly) + "|"
	if n, err := s.ledger.SweepLimits(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d were dropped (%v), want that of one day", n, err)
	}
	s.wantUsage(old, 0)
	s.wantUsage(today, 1)
	s.wantUsage("budget||", 600)
	if n, err := s.ledger.SweepLimits(t.Context()); n != 0 || err != nil {
		t.Errorf("%d were dropped again (%v)", n, err)
	}
}

// Verify does not miss what a sweep dropped.
func TestVerifyAfterASweep(t *testing.T) {
	s := newServices(t)
	c := s.take("a", "film") // a trial keeps its claim for as long as it runs
	s.mustConfirm(c.GetClaimId())
	s.mustConfirm(s.take("a", "corner").GetClaimId())
	s.pass(s.cat.Policies.Retention + 10*24*time.Hour)
	if _, err := s.ledger.SweepLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := ledger.Verify(t.Context(), s.store, ledger.VerifyOptions{Now: s.clock(), Hash: hash, Retention: 400 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Kind == ledger.FoundMissing {
			t.Errorf("%+v", f)
		}
	}
}
