package ledger_test

import (
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A refusal that could not be written down is none: the same token may still get its claim, and must not be told before that it was refused.
func TestRefusalThatIsNotWritten(t *testing.T) {
	s, store := newStaged(t)
	held := s.take("b", "one")
	token := s.sign("c", "one")
	store.crashAt("record", 1)
	_, _, err := s.ask("c", token)
	s.wantReason(err, surprise.StoreUnavailable)
	if _, _, err := s.cancel(held.GetClaimId(), surprisev1.CancelReason_NOT_DELIVERED); err != nil {
		t.Fatal(err)
	}
	if c, _, err := s.ask("c", token); err != nil || c.GetState() != surprisev1.ClaimState_HELD {
		t.Errorf("the same token, when there is room: %v, %v", c, err)
	}
}

// A delivery that is written down is told so, whatever becomes of what earlier attempts reserved.
func TestLeftoversDoNotFailADelivery(t *testing.T) {
	last := 0
	for range 2 { // first to count the steps, then to fail at the last, which gives the leftovers back
		s, store := newStaged(t)
		crashed := false
		yesterday, settled, conflict := "@wallet|shift|an|"+s.clock().Format("2006-01-02")+"T00:00", 0, true
		store.step = func(stage string) error {
			switch {
			case stage == "record" && conflict:
				conflict = false
				s.take("c", "one")
				s.pass(24 * time.Hour)
				settled = 0
			case stage == "settle":
				if settled++; settled == last {
					crashed = true
					return errCrash
				}
			}
			return nil
		}
		c, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "c", Template: "gift", Channel: surprisev1.Channel_POS,
			StaffId: "an", WalletReason: "kindness"})
		if err != nil || c.GetState() != surprisev1.ClaimState_CONFIRMED {
			t.Fatalf("with a crash at step %d of %d: %v, %v", last, settled, c, err)
		}
		if last > 0 {
			if !crashed {
				t.Fatal("nothing crashed")
			}
			s.pass(2 * time.Minute)
			if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		s.wantUsage(yesterday, 0)
		last = settled
	}
}

// What ReapLimits gives back is counted, for those who watch.
func TestReapLimitsCounts(t *testing.T) {
	s, store := newStaged(t)
	store.crashAt("record", 1)
	_, _, err := s.ask("c", s.sign("c", "gift"))
	s.wantReason(err, surprise.StoreUnavailable)
	s.pass(2 * time.Minute)
	if _, err := s.ledger.ReapLimits(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.ledger.Reaped(); got.Released != 2 {
		t.Errorf("counted %+v, want 2 reservations given back", got)
	}
}
