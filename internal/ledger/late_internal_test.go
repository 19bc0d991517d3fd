package ledger

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// The reaper gives an id up for ever. A late confirmation whose id it gave up, because a crash left only its reservation, is entered under another one.
func TestLateConfirmOfAnIDThatWasGivenUp(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	key := surprise.CustomerKey{1}
	id := surprise.NewClaimID(key, "offer", []byte("x"))
	givenUp := string(surprise.NewClaimID(key, "late", []byte(id)))
	at := timestamppb.New(now.Add(-time.Hour))
	data, err := proto.Marshal(&storev1.Record{Entries: []*storev1.Entry{
		{ClaimId: string(id), State: surprisev1.ClaimState_EXPIRED, Template: "cake", Created: at, Ended: at},
		{ClaimId: givenUp, State: surprisev1.ClaimState_EXPIRED, Created: at, Ended: at},
	}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMachine(data, now, 365*day)
	if err != nil {
		t.Fatal(err)
	}
	late, err := m.confirm(id, confirmation{}, nil)
	if err != nil || late.GetState() != surprisev1.ClaimState_CONFIRMED || late.GetClaimId() == givenUp {
		t.Errorf("got %v, %v", late, err)
	}
	if again, err := m.confirm(id, confirmation{}, nil); err != nil || again.GetClaimId() != late.GetClaimId() {
		t.Errorf("again: %v, %v", again, err)
	}
	if e := m.find(surprise.ClaimID(givenUp)); e.GetState() != surprisev1.ClaimState_EXPIRED {
		t.Errorf("what was given up is %v", e)
	}
}
