package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func (s *shop) withCards(codes ...string) {
	s.t.Helper()
	if _, err := s.ledger.ImportCodes(s.t.Context(), &surprisev1.ImportCodesRequest{Limit: "cards", Codes: codes}); err != nil {
		s.t.Fatal(err)
	}
}

// withHours adds n slots of an hour each, from tomorrow on.
func (s *shop) withHours(n int, places int32) {
	s.t.Helper()
	var slots []*surprisev1.Slot
	for i := range n {
		starts := s.clock().Add(24*time.Hour + time.Duration(i)*time.Hour)
		slots = append(slots, &surprisev1.Slot{Id: fmt.Sprint("s", i), Starts: timestamppb.New(starts), Ends: timestamppb.New(starts.Add(time.Hour)), Places: places, Adviser: "Lin"})
	}
	if _, err := s.ledger.ImportSlots(s.t.Context(), &surprisev1.ImportSlotsRequest{Limit: "times", Slots: slots}); err != nil {
		s.t.Fatal(err)
	}
}

func TestSerials(t *testing.T) {
	s := newServices(t)
	var claims []*surprisev1.Claim
	seen := map[int64]bool{}
	for i := range 5 {
		c := s.take(fmt.Sprint("c", i), "piece")
		if n := c.GetSerial(); n < 1 || n > 5 || seen[n] || c.GetSerialOf() != 5 {
			t.Errorf("got number %d of %d", n, c.GetSerialOf())
		}
		seen[c.GetSerial()] = true
		claims = append(claims, c)
	}
	_, _, err := s.claim("late", s.sign("late", "piece"))
	wantReason(t, "a sixth of five", err, surprise.LimitExhausted)
	if got := s.mustConfirm(claims[1].GetClaimId()); got.GetSerial() != claims[1].GetSerial() {
		t.Errorf("confirmed as number %d, held as %d", got.GetSerial(), claims[1].GetSerial())
	}
	got, err := s.ledger.Get(t.Context(), &surprisev1.GetClaimRequest{ClaimId: claims[1].GetClaimId()})
	if err != nil || got.GetSerial() != claims[1].GetSerial() || got.GetSerialOf() != 5 {
		t.Errorf("got %v, %v", got, err)
	}
	list, _, err := s.ledger.List(t.Context(), &surprisev1.ListClaimsRequest{CustomerId: "c1"})
	if err != nil || len(list) != 1 || list[0].GetSerial() != claims[1].GetSerial() {
		t.Errorf("got %v, %v", list, err)
	}
	gone, _, err := s.cancel(claims[2].GetClaimId(), surprisev1.CancelReason_MISTAKE)
	if err != nil || gone.GetSerial() != 0 {
		t.Errorf("cancelled: got number %d, %v", gone.GetSerial(), err)
	}
	if c := s.take("next", "piece"); c.GetSerial() != claims[2].GetSerial() {
		t.Errorf("got number %d, want the freed %d", c.GetSerial(), claims[2].GetSerial())
	}
}

func TestSerialsUnderRace(t *testing.T) {
	s := newServices(t)
	numbers := make([]int64, 50)
	var wg sync.WaitGroup
	for i := range numbers {
		who := fmt.Sprint("c", i)
		token := s.sign(who, "piece")
		wg.Go(func() {
			c, _, err := s.claim(who, token)
			if r := surprise.ReasonOf(err); r != "" && r != surprise.LimitExhausted {
				t.Error(err)
			}
			numbers[i] = c.GetSerial()
		})
	}
	wg.Wait()
	seen := map[int64]int{}
	for _, n := range numbers {
		seen[n]++
	}
	if len(seen) != 6 || seen[0] != 45 {
		t.Errorf("got numbers %v, want 1 to 5 once each", seen)
	}
}

func TestCodes(t *testing.T) {
	s := newServices(t)
	_, _, err := s.claim("mei", s.sign("mei", "card"))
	wantReason(t, "before any import", err, surprise.LimitExhausted)
	s.withCards("SECRET-1", "SECRET-2")
	held := s.take("mei", "card")
	if held.GetCode() != "" {
		t.Errorf("the code is shown while it is held")
	}
	done := s.mustConfirm(held.GetClaimId())
	if done.GetCode() == "" {
		t.Error("no code is shown by Confirm")
	}
	got, err := s.ledger.Get(t.Context(), &surprisev1.GetClaimRequest{ClaimId: held.GetClaimId()})
	if err != nil || got.GetCode() != done.GetCode() {
		t.Errorf("got %q, %v; want %q", got.GetCode(), err, done.GetCode())
	}
	second := s.take("an", "card")
	_, _, err = s.claim("bo", s.sign("bo", "card"))
	wantReason(t, "a third card of two", err, surprise.LimitExhausted)
	if _, _, err := s.cancel(second.GetClaimId(), surprisev1.CancelReason_NOT_DELIVERED); err != nil {
		t.Fatal(err)
	}
	if c := s.mustConfirm(s.take("bo", "card").GetClaimId()); c.GetCode() == done.GetCode() || c.GetCode() == "" {
		t.Errorf("got %q after %q", c.GetCode(), done.GetCode())
	}
	given, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "li", Template: "card", Channel: surprisev1.Channel_POS})
	if err != nil || !given.GetOverLimit() || given.GetCode() != "" {
		t.Errorf("a delivery with no code left: got %v, %v", given, err)
	}
	s.happened() // no code is in it
}

func TestSlots(t *testing.T) {
	s := newServices(t)
	_, _, err := s.ask("mei", s.sign("mei", "corner"), bookSlot("s0"))
	wantReason(t, "a slot where there are none", err, surprise.InvalidRequest)
	s.withHours(3, 1)
	token := s.sign("mei", "hour")
	c, _, err := s.ask("mei", token, bookSlot("s1"))
	if err != nil || c.GetSlot().GetId() != "s1" || c.GetSlot().GetAdviser() != "Lin" {
		t.Fatalf("got %v, %v", c, err)
	}
	if !c.GetHoldUntil().AsTime().After(c.GetSlot().GetEnds().AsTime()) {
		t.Errorf("the booking runs out at %v, before its time is over", c.GetHoldUntil().AsTime())
	}
	_, _, err = s.ask("mei", token, bookSlot("s2"))
	wantReason(t, "the same token for another slot", err, surprise.IdempotencyMismatch)
	if again, replayed, err := s.ask("mei", token, bookSlot("s1")); err != nil || !replayed || again.GetSlot().GetId() != "s1" {
		t.Errorf("the same again: got %v, %v, %v", again, replayed, err)
	}
	_, _, err = s.ask("an", s.sign("an", "hour"), bookSlot("s1"))
	wantReason(t, "a slot that is taken", err, surprise.SlotTaken)
	_, _, err = s.ask("an", s.sign("an", "hour"), bookSlot("nine"))
	wantReason(t, "a slot that is none", err, surprise.SlotNotFound)
	for _, want := range []string{"s0", "s2"} {
		if c := s.take("any"+want, "hour"); c.GetSlot().GetId() != want {
			t.Errorf("got slot %s, want %s, the first that is free", c.GetSlot().GetId(), want)
		}
	}
	_, _, err = s.ask("an", s.sign("an", "hour"))
	wantReason(t, "nothing free", err, surprise.SlotTaken)
	if _, _, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_CUSTOMER_REFUSED); err != nil {
		t.Fatal(err)
	}
	if c := s.take("bo", "hour"); c.GetSlot().GetId() != "s1" {
		t.Errorf("got slot %s, want the one that came back", c.GetSlot().GetId())
	}
}

// A replay keeps its slot even when all are taken by then.
func TestReplayKeepsItsSlot(t *testing.T) {
	s := newServices(t)
	s.withHours(1, 1)
	token := s.sign("mei", "hour")
	first, _, err := s.ask("mei", token)
	if err != nil {
		t.Fatal(err)
	}
	again, replayed, err := s.ask("mei", token)
	if err != nil || !replayed || again.GetSlot().GetId() != first.GetSlot().GetId() {
		t.Errorf("got %v, %v, %v", again, replayed, err)
	}
}

// Of fifty who want any slot, as many get one as there are places; none is booked too often, and none stays free.
func TestSlotsUnderRace(t *testing.T) {
	s := newServices(t)
	s.withHours(10, 2)
	got := make([]string, 50)
	var wg sync.WaitGroup
	for i := range got {
		who := fmt.Sprint("c", i)
		token := s.sign(who, "hour")
		wg.Go(func() {
			c, _, err := s.ask(who, token)
			if r := surprise.ReasonOf(err); r != "" && r != surprise.SlotTaken {
				t.Error(err)
			}
			got[i] = c.GetSlot().GetId()
		})
	}
	wg.Wait()
	booked := map[string]int{}
	for _, id := range got {
		booked[id]++
	}
	for id, n := range booked {
		if id != "" && n != 2 {
			t.Errorf("slot %s is booked %d times", id, n)
		}
	}
	if len(booked) != 11 || booked[""] != 30 {
		t.Errorf("got %v", booked)
	}
}

// While somebody waits in line, what comes back is not for whoever claims next.
func TestNobodyJumpsTheLine(t *testing.T) {
	s := newServices(t)
	var last *surprisev1.Claim
	for i := range 5 {
		last = s.take(fmt.Sprint("c", i), "piece")
	}
	if _, _, err := s.ledger.JoinWaitlist(t.Context(), &surprisev1.JoinWaitlistRequest{CustomerId: "patient", Template: "piece"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.cancel(last.GetClaimId(), surprisev1.CancelReason_MISTAKE); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.claim("pushy", s.sign("pushy", "piece"))
	wantReason(t, "past the line", err, surprise.LimitExhausted)
}

// rival is a store in which somebody else is faster: before a change is applied, it lets them go first, as often as there are any.
type rival struct {
	ledger.Store
	first []func()
}

func (r *rival) Apply(ctx context.Context, c ledger.Change) error {
	if len(r.first) > 0 {
		next := r.first[0]
		r.first = r.first[1:]
		next()
	}
	return r.Store.Apply(ctx, c)
}

// Who wants any slot gets the next one when the first is taken meanwhile; who wants that one is told.
func TestSlotTakenMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		wants, gets string
		reason      surprise.Reason
	}{
		"any":      {"", "s2", ""},
		"this one": {"s0", "", surprise.SlotTaken},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServices(t)
			s.withHours(3, 1)
			r := &rival{Store: s.store}
			slow := s.over(r)
			for _, id := range []string{"s0", "s1"} {
				r.first = append(r.first, func() { s.take("fast"+id, "hour", bookSlot(id)) })
			}
			got, _, err := slow.Claim(t.Context(), &surprisev1.ClaimRequest{CustomerId: "mei", OfferToken: s.sign("mei", "hour"), SlotId: c.wants})
			wantReason(t, "claim", err, c.reason)
			if got.GetSlot().GetId() != c.gets {
				t.Errorf("got slot %q, want %q", got.GetSlot().GetId(), c.gets)
			}
		})
	}
}
