package ledger

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

func TestGivingIsBounded(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	g := &giving{until: now, by: map[string]*giver{}, room: 3}
	give := func(kind string, customer int) error {
		return g.read(&surprisev1.Event{Type: kind, Time: timestamppb.New(now), CustomerKey: fmt.Sprint("k", customer),
			Claim: &surprisev1.Claim{StaffId: "mei", Ended: timestamppb.New(now)}})
	}
	for _, customer := range []int{1, 2, 3, 1} {
		if err := give(event.DeliveryRecorded, customer); err != nil {
			t.Fatal(err)
		}
	}
	if err := give(event.DeliveryRecorded, 4); surprise.ReasonOf(err) != surprise.TooMany {
		t.Errorf("a fourth recipient: %v, want %s", err, surprise.TooMany)
	}
	for _, customer := range []int{2, 2} { // the second return is of nothing
		if err := give(event.ClaimReturned, customer); err != nil {
			t.Fatal(err)
		}
	}
	if err := give(event.DeliveryRecorded, 4); err != nil {
		t.Errorf("with one gone: %v", err)
	}
	if got := g.report().GetGivers()[0]; got.GetDeliveries() != 4 || got.GetRecipients() != 3 {
		t.Errorf("got %v, want 4 deliveries to 3", got)
	}
}
