package ledger_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func (s *shop) gaveTo(staff, customer, store string) {
	s.t.Helper()
	s.mu.Lock()
	s.offers++
	id := fmt.Sprint("given", s.offers)
	s.mu.Unlock()
	_, _, err := s.ledger.RecordDelivery(s.t.Context(), &surprisev1.RecordDeliveryRequest{
		DeliveryId: id, CustomerId: customer, Kind: surprisev1.Kind_NOTE, Channel: surprisev1.Channel_POS, Store: store, StaffId: staff,
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) givers(req *surprisev1.GetGiversRequest) *surprisev1.GetGiversResponse {
	s.t.Helper()
	got, err := s.ledger.Givers(s.t.Context(), req)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func TestGivers(t *testing.T) {
	s := newServices(t)
	if got := s.givers(&surprisev1.GetGiversRequest{}); len(got.GetGivers()) > 0 || got.GetSince() != nil {
		t.Errorf("of an empty log: %v", got)
	}
	start := s.clock()
	for range 3 {
		s.gaveTo("friend", "ann", "north")
	}
	s.gaveTo("friend", "bob", "north")
	for i := range 250 { // more than a page of the log
		s.gaveTo("even", fmt.Sprint("c", i%25), "south")
	}
	_, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{
		DeliveryId: "own", CustomerId: "c1", Kind: surprisev1.Kind_NOTE, Channel: surprisev1.Channel_POS, Store: "south", StaffId: "even", WalletReason: "kindness", CostMinor: 70,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.gaveTo("", "ann", "north") // nobody's
	got := s.givers(&surprisev1.GetGiversRequest{})
	if len(got.GetGivers()) != 2 || !got.GetSince().AsTime().Equal(start) {
		t.Fatalf("got %v, want two givers since %v", got, start)
	}
	friend, even := got.GetGivers()[0], got.GetGivers()[1]
	if friend.GetStaffId() != "friend" || friend.GetDeliveries() != 4 || friend.GetRecipients() != 2 || friend.GetTopShare() != 0.75 ||
		friend.GetTopCustomerKey() != hash("ann").String() || friend.GetConcentration() != 0.625 {
		t.Errorf("the first is %v, want 4 deliveries, 3 of them to one, concentration 10/16", friend)
	}
	if want := float64(24*100+121) / (251 * 251); even.GetDeliveries() != 251 || even.GetRecipients() != 25 || even.GetOwnIdeas() != 1 || even.GetOwnCostMinor() != 70 ||
		math.Abs(even.GetConcentration()-want) > 1e-12 {
		t.Errorf("the second is %v, want 251 deliveries to 25, concentration %v", even, want)
	}
	if got := s.givers(&surprisev1.GetGiversRequest{Store: "north"}); len(got.GetGivers()) != 1 || got.GetGivers()[0].GetStaffId() != "friend" {
		t.Errorf("in the north: %v", got)
	}
}

func TestGiversWithinATime(t *testing.T) {
	s := newServices(t)
	s.gaveTo("friend", "ann", "")
	ride := s.take("bob", "ride", forOrder("o1"), byStaff("driver"))
	s.mustConfirm(ride.GetClaimId())
	if got := s.givers(&surprisev1.GetGiversRequest{}); len(got.GetGivers()) != 2 {
		t.Errorf("before the order came back: %v", got)
	}
	s.pass(time.Hour)
	later := s.clock()
	if _, _, err := s.cancel(ride.GetClaimId(), surprisev1.CancelReason_ORDER_CANCELLED); err != nil {
		t.Fatal(err)
	}
	s.gaveTo("friend", "cat", "")
	if got := s.givers(&surprisev1.GetGiversRequest{}); len(got.GetGivers()) != 1 || got.GetGivers()[0].GetDeliveries() != 2 {
		t.Errorf("with the returned ride: %v, want the friend's two only", got)
	}
	for _, req := range []*surprisev1.GetGiversRequest{{From: timestamppb.New(later)}, {Until: timestamppb.New(later.Add(-time.Minute))}} {
		if got := s.givers(req); len(got.GetGivers()) != 1 || got.GetGivers()[0].GetDeliveries() != 1 || got.GetGivers()[0].GetConcentration() != 1 {
			t.Errorf("%v: %v, want one delivery of the friend", req, got)
		}
	}
	_, err := s.ledger.Givers(t.Context(), &surprisev1.GetGiversRequest{From: timestamppb.New(later), Until: timestamppb.New(later.Add(-1))})
	refusedAs(t, err, surprise.InvalidRequest)
}

func TestGiversOfATrimmedLog(t *testing.T) {
	s := newServices(t)
	ride := s.take("bob", "ride", forOrder("o1"), byStaff("driver"))
	s.mustConfirm(ride.GetClaimId())
	s.pass(time.Hour)
	if _, err := s.ledger.TrimLog(t.Context(), s.clock()); err != nil {
		t.Fatal(err)
	}
	s.gaveTo("driver", "bob", "")
	if _, _, err := s.cancel(ride.GetClaimId(), surprisev1.CancelReason_ORDER_CANCELLED); err != nil {
		t.Fatal(err)
	}
	// The ride is not in the log any more, so that its return takes nothing away.
	if got := s.givers(&surprisev1.GetGiversRequest{}); len(got.GetGivers()) != 1 || got.GetGivers()[0].GetDeliveries() != 1 {
		t.Errorf("got %v, want one delivery of the driver", got)
	}
}
