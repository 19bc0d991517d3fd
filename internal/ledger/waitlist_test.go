package ledger_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func (s *shop) joinLine(customer, template, store, household string) *surprisev1.Ticket {
	s.t.Helper()
	s.pass(time.Millisecond) // who joins within the same microsecond has no order
	t, _, err := s.ledger.JoinWaitlist(s.t.Context(), &surprisev1.JoinWaitlistRequest{CustomerId: customer, Template: template, Store: store, HouseholdId: household})
	if err != nil {
		s.t.Fatalf("%s joins the line for %s: %v", customer, template, err)
	}
	return t
}

func (s *shop) serveLines() {
	s.t.Helper()
	if err := s.ledger.ServeWaiting(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) wantTicket(id string, state surprisev1.TicketState, position int32) {
	s.t.Helper()
	got, err := s.ledger.Ticket(s.t.Context(), id)
	if err != nil || got.GetState() != state || got.GetPosition() != position {
		s.t.Errorf("the ticket is %s at %d (%v), want %s at %d", got.GetState(), got.GetPosition(), err, state, position)
	}
}

func (s *shop) takeTurn(customer, ticket string) (*surprisev1.Claim, error) {
	s.t.Helper()
	c, _, err := s.claim(customer, s.signOffer(customer, &storev1.OfferClaims{Template: "print", TicketId: ticket}))
	return c, err
}

// sellOut claims all three pieces, and returns the claims.
func (s *shop) sellOut() []*surprisev1.Claim {
	s.t.Helper()
	var out []*surprisev1.Claim
	for i := range 3 {
		customer := fmt.Sprint("early", i)
		c, _, err := s.claim(customer, s.signOffer(customer, &storev1.OfferClaims{Template: "print"}))
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func TestTheNextInLineGetsWhatComesBack(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	sold := s.sellOut()
	ann, bob := s.joinLine("ann", "print", "", ""), s.joinLine("bob", "print", "", "")
	s.wantTicket(ann.GetTicketId(), surprisev1.TicketState_WAITING, 1)
	s.wantTicket(bob.GetTicketId(), surprisev1.TicketState_WAITING, 2)
	again, replayed, err := s.ledger.JoinWaitlist(t.Context(), &surprisev1.JoinWaitlistRequest{CustomerId: "bob", Template: "print", Store: "north"})
	if err != nil || !replayed || again.GetTicketId() != bob.GetTicketId() {
		t.Errorf("joined twice: %v, replayed %v, %v", again, replayed, err)
	}
	_, err = s.takeTurn("ann", ann.GetTicketId())
	refusedAs(t, err, surprise.NotYourTurn)
	if _, _, err := s.cancel(sold[1].GetClaimId(), surprisev1.CancelReason_NOT_DELIVERED); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.claim("eve", s.signOffer("eve", &storev1.OfferClaims{Template: "print"}))
	refusedAs(t, err, surprise.LimitExhausted) // others wait
	s.serveLines()
	s.wantTicket(ann.GetTicketId(), surprisev1.TicketState_TURN, 0)
	s.wantTicket(bob.GetTicketId(), surprisev1.TicketState_WAITING, 1)
	if ticket, key, err := s.ledger.Turn(t.Context(), ann.GetTicketId()); err != nil || key != hash("ann") || ticket.GetTemplate() != "print" {
		t.Errorf("turn: %v of %v (%v)", ticket, key, err)
	}
	_, _, err = s.ledger.Turn(t.Context(), bob.GetTicketId())
	refusedAs(t, err, surprise.NotYourTurn)
	c, err := s.takeTurn("ann", ann.GetTicketId())
	if err != nil {
		t.Fatal(err)
	}
	if c.GetSerial() != sold[1].GetSerial() {
		t.Errorf("the piece has the number %d, want %d, which came back", c.GetSerial(), sold[1].GetSerial())
	}
	s.wantTicket(ann.GetTicketId(), surprisev1.TicketState_SERVED, 0)
	_, err = s.takeTurn("ann", ann.GetTicketId())
	if err == nil {
		t.Error("a turn was taken twice")
	}
	want := []string{event.WaitlistJoined, event.WaitlistJoined, event.WaitlistTurn, event.WaitlistServed}
	got := slices.DeleteFunc(s.story(), func(kind string) bool { return kind[:5] == "claim" })
	if !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
}

func TestAMissedTurnGoesToTheNext(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	sold := s.sellOut()
	for _, c := range sold {
		s.mustConfirm(c.GetClaimId())
	}
	ann, bob := s.joinLine("ann", "print", "", ""), s.joinLine("bob", "print", "", "")
	s.freeOne()
	s.serveLines()
	s.wantTicket(ann.GetTicketId(), surprisev1.TicketState_TURN, 0)
	s.pass(2 * time.Hour)
	s.wantTicket(ann.GetTicketId(), surprisev1.TicketState_MISSED, 0)
	_, err := s.takeTurn("ann", ann.GetTicketId())
	refusedAs(t, err, surprise.NotYourTurn)
	s.reap()
	s.serveLines()
	s.wantTicket(bob.GetTicketId(), surprisev1.TicketState_TURN, 0)
	if left, err := s.ledger.LeaveWaitlist(t.Context(), &surprisev1.LeaveWaitlistRequest{TicketId: bob.GetTicketId()}); err != nil || left.GetState() != surprisev1.TicketState_LEFT {
		t.Errorf("left as %v (%v)", left, err)
	}
	if got := s.usage("pieces||"); got != 3 {
		t.Errorf("%d pieces are taken, want 3 of 4", got)
	}
	// Who missed a turn joins at the end, and here that is the head.
	again := s.joinLine("ann", "print", "", "")
	if again.GetTicketId() == ann.GetTicketId() || again.GetState() != surprisev1.TicketState_TURN {
		t.Errorf("joined again: %v", again)
	}
	s.serveLines()
	if lines, err := s.store.Range(t.Context(), "waitlists", nil, 10, false); err != nil || len(lines) > 0 {
		t.Errorf("the empty line is still listed: %v (%v)", lines, err)
	}
}

// freeOne makes the edition one piece larger.
func (s *shop) freeOne() { s.cat.Limit("pieces").Capacity++ }

func TestAHouseholdInLineGetsOne(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	s.sellOut()
	ann, ben := s.joinLine("ann", "print", "", "family"), s.joinLine("ben", "print", "", "family")
	cat := s.joinLine("cat", "print", "", "others")
	s.freeOne()
	s.freeOne()
	s.serveLines()
	s.wantTicket(ann.GetTicketId(), surprisev1.TicketState_TURN, 0)
	s.wantTicket(ben.GetTicketId(), surprisev1.TicketState_MISSED, 0)
	s.wantTicket(cat.GetTicketId(), surprisev1.TicketState_TURN, 0)
}

func TestEachStoreHasItsLine(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	if got := s.joinLine("ann", "vase", "north", ""); got.GetState() != surprisev1.TicketState_TURN || got.GetTurnUntil().AsTime().Sub(s.clock()) != 24*time.Hour {
		t.Errorf("the first in line, with stock, has %v", got)
	}
	bob := s.joinLine("bob", "vase", "north", "")
	if got := s.joinLine("bob", "vase", "south", ""); got.GetState() != surprisev1.TicketState_TURN {
		t.Errorf("in the south: %v", got)
	}
	s.wantTicket(bob.GetTicketId(), surprisev1.TicketState_WAITING, 1)
	for i := range 3 {
		left, err := s.ledger.LeaveWaitlist(t.Context(), &surprisev1.LeaveWaitlistRequest{TicketId: bob.GetTicketId()})
		if err != nil || left.GetState() != surprisev1.TicketState_LEFT {
			t.Errorf("left %d times: %v (%v)", i+1, left, err)
		}
	}
	if line, err := s.store.Range(t.Context(), "wait|vase|north", nil, 10, false); err != nil || len(line) > 0 {
		t.Errorf("the line still has %v (%v)", line, err)
	}
	for _, c := range []struct {
		template, store string
		want            surprise.Reason
	}{{"none", "", surprise.UnknownTemplate}, {"grant", "", surprise.InvalidRequest}, {"vase", "", surprise.InvalidRequest}, {"vase", "west", surprise.InvalidRequest}} {
		_, _, err := s.ledger.JoinWaitlist(t.Context(), &surprisev1.JoinWaitlistRequest{CustomerId: "eve", Template: c.template, Store: c.store})
		refusedAs(t, err, c.want)
	}
	for _, id := range []string{"x", string(surprise.NewClaimID(hash("eve"), "ticket", nil))} {
		_, err := s.ledger.Ticket(t.Context(), id)
		refusedAs(t, err, surprise.TicketNotFound)
		_, err = s.ledger.LeaveWaitlist(t.Context(), &surprisev1.LeaveWaitlistRequest{TicketId: id})
		refusedAs(t, err, surprise.TicketNotFound)
	}
}

func TestAHouseholdsTurnLeavesRoomForItsClaim(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	ann := s.joinLine("ann", "print", "", "family")
	token := s.signOffer("ann", &storev1.OfferClaims{Template: "print", TicketId: ann.GetTicketId(), Household: ledger.HouseholdKey(hash, "family")})
	if _, _, err := s.claim("ann", token); err != nil {
		t.Fatal(err)
	}
	other := s.signOffer("ben", &storev1.OfferClaims{Template: "print", Household: ledger.HouseholdKey(hash, "family")})
	_, _, err := s.claim("ben", other)
	refusedAs(t, err, surprise.CapReached)
	if got := s.usage("pieces||"); got != 1 {
		t.Errorf("%d pieces are taken, want 1", got)
	}
}

func TestATurnIsForItsTemplateAndCustomer(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	ann := s.joinLine("ann", "print", "", "")
	_, _, err := s.claim("ann", s.signOffer("ann", &storev1.OfferClaims{Template: "vase", Store: "north", TicketId: ann.GetTicketId()}))
	refusedAs(t, err, surprise.NotYourTurn)
	_, _, err = s.claim("bob", s.signOffer("bob", &storev1.OfferClaims{Template: "print", TicketId: ann.GetTicketId()}))
	refusedAs(t, err, surprise.TicketNotFound)
	s.wantTicket(ann.GetTicketId(), surprisev1.TicketState_TURN, 0)
}

// A head that nobody knows any more, for example of a store that was restored from an older copy, does not stop the line.
func TestALineGoesOnPastAnUnknownTicket(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	sold := s.sellOut()
	bob := s.joinLine("bob", "print", "", "")
	ghost := ledger.IndexOp{Index: "wait|print|", IndexEntry: ledger.IndexEntry{IndexPlace: ledger.IndexPlace{Score: 1, Member: string(surprise.NewClaimID(hash("ghost"), "ticket", nil))}}}
	if err := s.store.Apply(t.Context(), ledger.Change{Key: hash("ghost"), Index: []ledger.IndexOp{ghost}}); err != nil {
		t.Fatal(err)
	}
	s.wantTicket(bob.GetTicketId(), surprisev1.TicketState_WAITING, 2)
	if _, _, err := s.cancel(sold[0].GetClaimId(), surprisev1.CancelReason_MISTAKE); err != nil {
		t.Fatal(err)
	}
	s.serveLines()
	s.wantTicket(bob.GetTicketId(), surprisev1.TicketState_TURN, 0)
}

func TestServingIsBounded(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	s.sellOut()
	tickets := make([]string, 50)
	for i := range tickets {
		tickets[i] = s.joinLine(fmt.Sprint("w", i), "print", "", "").GetTicketId()
	}
	s.cat.Limit("pieces").Capacity = 100
	for _, want := range []int64{20, 40, 50, 50} {
		s.serveLines()
		if got := s.usage("pieces||") - 3; got != want {
			t.Errorf("%d turns were given so far, want %d", got, want)
		}
	}
	s.wantTicket(tickets[49], surprisev1.TicketState_TURN, 0)
}

// Many claim while a line is served: nobody but those in line gets what comes back, and they get it in their order.
func TestTheLineIsFairUnderLoad(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	sold := s.sellOut()
	const waiting = 30
	tickets := make([]string, waiting)
	for i := range tickets {
		tickets[i] = s.joinLine(fmt.Sprint("w", i), "print", "", "").GetTicketId()
	}
	var jumped atomic.Int32
	var stop atomic.Bool
	var crowd sync.WaitGroup
	for g := range 4 {
		crowd.Go(func() {
			for i := 0; !stop.Load(); i++ {
				customer := fmt.Sprintf("eve%d-%d", g, i%50)
				if _, _, err := s.claim(customer, s.signOffer(customer, &storev1.OfferClaims{Template: "print"})); err == nil {
					jumped.Add(1)
				}
			}
		})
		crowd.Go(func() {
			for !stop.Load() {
				s.serveLines()
			}
		})
	}
	var order []int
	held := []string{sold[0].GetClaimId(), sold[1].GetClaimId(), sold[2].GetClaimId()}
	for len(order) < waiting-1 {
		if _, _, err := s.cancel(held[0], surprisev1.CancelReason_NOT_DELIVERED); err != nil {
			t.Fatal(err)
		}
		held = held[1:]
		i := s.nextTurn(tickets)
		order = append(order, i)
		c, err := s.takeTurn(fmt.Sprint("w", i), tickets[i])
		if err != nil {
			t.Fatalf("the turn of %d: %v", i, err)
		}
		held = append(held, c.GetClaimId())
	}
	stop.Store(true)
	crowd.Wait()
	if !slices.IsSorted(order) || jumped.Load() > 0 {
		t.Errorf("turns in the order %v, and %d jumped the line", order, jumped.Load())
	}
	if got := s.usage("pieces||"); got != 3 {
		t.Errorf("%d pieces are taken, want 3", got)
	}
}

// nextTurn waits for a ticket in its turn.
func (s *shop) nextTurn(tickets []string) int {
	s.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		for i, id := range tickets {
			if _, _, err := s.ledger.Turn(s.t.Context(), id); err == nil {
				return i
			}
		}
		select {
		case <-deadline:
			s.t.Fatal("nobody's turn came")
		default:
		}
	}
}
