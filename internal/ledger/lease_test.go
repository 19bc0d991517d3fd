package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func (s *shop) lease(id, staff string) (*surprisev1.Claim, error) {
	return s.ledger.LeaseCard(s.t.Context(), &surprisev1.LeaseCardRequest{ClaimId: id, StaffId: staff})
}

func (s *shop) giveBackCard(id, staff string) (*surprisev1.Claim, error) {
	return s.ledger.ReturnCard(s.t.Context(), &surprisev1.ReturnCardRequest{ClaimId: id, StaffId: staff})
}

func (s *shop) cards(store, staff string) []string {
	s.t.Helper()
	var ids []string
	token := ""
	for page := 0; page == 0 || token != ""; page++ {
		claims, next, err := s.ledger.ListCards(s.t.Context(), &surprisev1.ListCardsRequest{Store: store, StaffId: staff, PageSize: 2, PageToken: token})
		if err != nil || page > 20 || len(claims) > 2 {
			s.t.Fatalf("page %d of %d: %v", page, len(claims), err)
		}
		for _, c := range claims {
			ids = append(ids, c.GetClaimId())
		}
		token = next
	}
	return ids
}

func wantIDs(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestLeaseHandover(t *testing.T) {
	s := newServices(t)
	id := s.take("mei", "tea").GetClaimId()
	c, err := s.lease(id, "an")
	if err != nil || c.GetLease().GetStaffId() != "an" || c.GetLease().GetUntil().AsTime().Sub(s.now) != 10*time.Minute {
		t.Fatalf("got %v, %v", c.GetLease(), err)
	}
	_, err = s.lease(id, "bo")
	wantReason(t, "another clerk", err, surprise.CardLeased)
	var e *surprise.Error
	if !asError(err, &e) || !e.Until.Equal(c.GetLease().GetUntil().AsTime()) {
		t.Errorf("got until %v", e.Until)
	}
	_, err = s.giveBackCard(id, "bo")
	wantReason(t, "giving back another's", err, surprise.CardLeased)
	s.pass(5 * time.Minute)
	if c, err = s.lease(id, "an"); err != nil || c.GetLease().GetUntil().AsTime().Sub(s.now) != 10*time.Minute {
		t.Errorf("renewed: got %v, %v", c.GetLease(), err)
	}
	s.pass(10 * time.Minute)
	s.reap()
	if c, err = s.lease(id, "bo"); err != nil || c.GetLease().GetStaffId() != "bo" {
		t.Errorf("after its time: got %v, %v", c.GetLease(), err)
	}
	for range 2 {
		if c, err = s.giveBackCard(id, "bo"); err != nil || c.GetLease() != nil {
			t.Errorf("given back: got %v, %v", c.GetLease(), err)
		}
	}
	s.wantEvents("handover", event.ClaimHeld, event.CardLeased, event.CardLeased, event.CardReturned, event.CardLeased, event.CardReturned)
}

// A lease ends with the shift, and with the hold.
func TestLeaseEnds(t *testing.T) {
	s := newServices(t)
	s.pass(3*time.Hour + 55*time.Minute) // 13:55
	c, _, err := s.ask("mei", s.sign("mei", "tea"), byStaff("an"))
	if err != nil || c.GetLease().GetUntil().AsTime().Sub(s.now) != 5*time.Minute {
		t.Fatalf("before the end of the shift: got %v, %v", c.GetLease(), err)
	}
	s.pass(25 * time.Minute)
	if c, err = s.lease(c.GetClaimId(), "bo"); err != nil || !c.GetLease().GetUntil().AsTime().Equal(c.GetHoldUntil().AsTime()) {
		t.Errorf("before the end of the hold: got %v, %v", c.GetLease(), err)
	}
	s.pass(6 * time.Minute)
	_, err = s.lease(c.GetClaimId(), "bo")
	wantReason(t, "after the hold", err, surprise.ClaimExpired)
	s.reap()
	s.wantEvents("events", event.ClaimHeld, event.CardLeased, event.CardReturned, event.CardLeased, event.ClaimExpired)
}

// Whoever gave it is who gave it, and else the clerk who had the card.
func TestWhoGaveIt(t *testing.T) {
	for name, c := range map[string]struct {
		confirmedBy, want string
	}{
		"the lessee":    {"", "bo"},
		"another clerk": {"li", "li"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServices(t)
			id := s.take("mei", "tea", byStaff("an")).GetClaimId()
			if _, err := s.giveBackCard(id, "an"); err != nil {
				t.Fatal(err)
			}
			if _, err := s.lease(id, "bo"); err != nil {
				t.Fatal(err)
			}
			got, _, err := s.ledger.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: id, StaffId: c.confirmedBy})
			if err != nil || got.GetStaffId() != c.want || got.GetLease() != nil {
				t.Errorf("got %q, %v, %v", got.GetStaffId(), got.GetLease(), err)
			}
			_, err = s.lease(id, "an")
			wantReason(t, "a card that is done", err, surprise.ClaimConfirmed)
		})
	}
}

func TestListCards(t *testing.T) {
	s := newServices(t)
	var ids []string
	for i := range 7 {
		who := fmt.Sprint("c", i)
		c, _, err := s.ask(who, s.sign(who, "tea", inStore([]string{"north", "south"}[i%2])))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.GetClaimId())
		s.pass(time.Minute)
	}
	wantIDs(t, "all", s.cards("", ""), ids...)
	wantIDs(t, "a store", s.cards("north", ""), ids[0], ids[2], ids[4], ids[6])
	wantIDs(t, "no such store", s.cards("west", ""))
	if _, err := s.lease(ids[4], "an"); err != nil {
		t.Fatal(err)
	}
	wantIDs(t, "a clerk's", s.cards("north", "an"), ids[4])
	s.mustConfirm(ids[0])
	if _, _, err := s.cancel(ids[2], surprisev1.CancelReason_MISTAKE); err != nil {
		t.Fatal(err)
	}
	wantIDs(t, "what is left", s.cards("north", ""), ids[4], ids[6])
	s.pass(27*time.Minute + 30*time.Second) // all but the last two ran out
	wantIDs(t, "before the reaper", s.cards("", ""), ids[5:]...)
	s.reap()
	left, err := s.listed()
	if err != nil || len(left) != 2 {
		t.Errorf("%d are left in the index, %v", len(left), err)
	}
	_, _, err = s.ledger.ListCards(t.Context(), &surprisev1.ListCardsRequest{PageToken: "nonsense"})
	wantReason(t, "a token that is none", err, surprise.InvalidRequest)
}

func TestCardData(t *testing.T) {
	s := newServices(t)
	for i := range 7 {
		req := &surprisev1.RecordDeliveryRequest{DeliveryId: fmt.Sprint(i), CustomerId: "mei", Kind: surprisev1.Kind_NOTE, Channel: surprisev1.Channel_POS,
			Delivered: timestamppb.New(s.clock().Add(-time.Duration(i+1) * time.Hour))}
		if i != 1 {
			req.MemoryTag = fmt.Sprint("tag", i)
		}
		if _, _, err := s.ledger.RecordDelivery(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	wish, _, err := s.ledger.PostWish(t.Context(), &surprisev1.PostWishRequest{RequestId: "1", CustomerId: "mei", Text: "a piece"}, func(string) []string { return nil })
	if err != nil {
		t.Fatal(err)
	}
	s.pass(48 * time.Hour)
	held, _, err := s.claim("mei", s.sign("mei", "piece", func(o *storev1.OfferClaims) { o.WishId = wish.GetWishId() }))
	if err != nil {
		t.Fatal(err)
	}
	claim, memories, text, err := s.ledger.CardData(t.Context(), held.GetClaimId(), "mei")
	if err != nil || claim.GetSerial() == 0 || claim.GetWishId() != wish.GetWishId() || text != "a piece" {
		t.Errorf("got %v, %q, %v", claim, text, err)
	}
	var tags []string
	for _, m := range memories {
		tags = append(tags, m.GetTag())
	}
	wantIDs(t, "memories", tags, "tag0", "tag2", "tag3", "tag4", "tag5")
	_, _, _, err = s.ledger.CardData(t.Context(), held.GetClaimId(), "an")
	wantReason(t, "another customer", err, surprise.ClaimNotFound)
	if _, _, err := s.ledger.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: held.GetClaimId(), MemoryTag: "the piece"}); err != nil {
		t.Fatal(err)
	}
	_, memories, _, err = s.ledger.CardData(t.Context(), held.GetClaimId(), "")
	if err != nil || len(memories) != 5 || memories[0].GetTag() != "tag0" {
		t.Errorf("got %v, %v; want all but its own", memories, err)
	}
	loaded, err := s.store.Load(t.Context(), hash("mei"))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := ledger.DecodeRecord(loaded[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	if got := ledger.Memories(rec, 2); len(got) != 2 || got[0].GetTag() != "the piece" {
		t.Errorf("got %v", got)
	}
}
