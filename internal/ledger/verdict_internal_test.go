package ledger

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func TestVerdictOnEntries(t *testing.T) {
	held, over := timestamppb.New(time.Unix(100, 0)), timestamppb.New(time.Unix(50, 0))
	takes := []*storev1.LimitTake{{Limit: "stock", Amount: 1}, {Limit: "codes", Amount: 1, Unit: surprisev1.LimitUnit_CODES}}
	for name, tc := range map[string]struct {
		entry *storev1.Entry
		limit string
		want  verdict
	}{
		"held":                 {&storev1.Entry{State: surprisev1.ClaimState_HELD, HoldUntil: held}, "stock", verdict{keep: held.AsTime()}},
		"held, another":        {&storev1.Entry{State: surprisev1.ClaimState_HELD, HoldUntil: held}, "other", verdict{action: Release}},
		"confirmed":            {&storev1.Entry{State: surprisev1.ClaimState_CONFIRMED}, "stock", verdict{action: Post}},
		"confirmed, another":   {&storev1.Entry{State: surprisev1.ClaimState_CONFIRMED}, "other", verdict{action: Release}},
		"returned":             {&storev1.Entry{State: surprisev1.ClaimState_CONFIRMED, Returned: over}, "stock", verdict{action: Refund}},
		"a code that was seen": {&storev1.Entry{State: surprisev1.ClaimState_CONFIRMED, Returned: over}, "codes", verdict{action: Post}},
		"cancelled":            {&storev1.Entry{State: surprisev1.ClaimState_CANCELLED}, "stock", verdict{action: Release}},
		"expired":              {&storev1.Entry{State: surprisev1.ClaimState_EXPIRED}, "stock", verdict{action: Release}},
		"denied":               {&storev1.Entry{State: surprisev1.ClaimState_DENIED}, "stock", verdict{action: Release}},
	} {
		tc.entry.Takes = takes
		if got := entryVerdict(tc.entry, tc.limit); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestVerdictOnTickets(t *testing.T) {
	key, until := surprise.CustomerKey{1}, time.Unix(100, 0).UTC()
	id := surprise.NewClaimID(key, "ticket", nil)
	takes := []*storev1.LimitTake{{Limit: "stock", Amount: 1}}
	for name, tc := range map[string]struct {
		state surprisev1.TicketState
		limit string
		want  verdict
	}{
		"waits":         {surprisev1.TicketState_WAITING, "stock", verdict{unknown: true}},
		"turn":          {surprisev1.TicketState_TURN, "stock", verdict{keep: until}},
		"turn, another": {surprisev1.TicketState_TURN, "other", verdict{action: Release}},
		"served":        {surprisev1.TicketState_SERVED, "stock", verdict{action: Release}},
		"left":          {surprisev1.TicketState_LEFT, "stock", verdict{action: Release}},
	} {
		ticket := &storev1.Ticket{TicketId: string(id), State: tc.state, TurnUntil: timestamppb.New(until), Takes: takes}
		m := &machine{rec: &storev1.Record{Tickets: []*storev1.Ticket{ticket}}}
		if got := m.verdict(LimitRef{Limit: tc.limit, ClaimID: id}); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
		}
	}
	if got := (&machine{rec: &storev1.Record{}}).verdict(LimitRef{Limit: "stock", ClaimID: id}); !got.unknown {
		t.Errorf("of nobody: got %+v", got)
	}
}

// The ids that a ticket gave up are remembered for as long as it is open, however long that is.
func TestTombstonesOfTicketsOutliveTheRetention(t *testing.T) {
	key := surprise.HashCustomer([]byte("s"), "t", "c")
	ticket := &storev1.Ticket{TicketId: string(surprise.NewClaimID(key, "ticket", nil)), State: surprisev1.TicketState_WAITING}
	m := &machine{rec: &storev1.Record{Tickets: []*storev1.Ticket{ticket}}, now: time.Unix(1000, 0), retain: time.Hour}
	first := m.turnID(ticket)
	m.bury(first)
	second := m.turnID(ticket)
	m.bury(second)
	third := m.turnID(ticket)
	if first != surprise.ClaimID(ticket.GetTicketId()) || first == second || second == third || third == first {
		t.Fatalf("the row of ids is %s, %s, %s", first, second, third)
	}
	m.now = m.now.Add(1000 * time.Hour)
	m.prune()
	if got := m.turnID(ticket); got != third {
		t.Errorf("the next id is %s, want %s", got, third)
	}
	ticket.State = surprisev1.TicketState_LEFT
	m.prune()
	if n := len(m.rec.GetEntries()); n != 0 {
		t.Errorf("%d tombstones of a ticket that is over are left", n)
	}
}
