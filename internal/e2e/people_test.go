package e2e

import (
	"fmt"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func (s *service) wish(id, text string) *surprisev1.Wish {
	s.Helper()
	res, err := s.wishes.PostWish(s.Context(), &surprisev1.PostWishRequest{RequestId: "r-" + id, CustomerId: id, Text: text, Store: "taipei-1", Privacy: surprisev1.WishPrivacy_ON_THE_WALL})
	if err != nil {
		s.Fatal(err)
	}
	return res.GetWish()
}

func (s *service) grant(author string, w *surprisev1.Wish) (*surprisev1.Offer, error) {
	res, err := s.wishes.GrantWish(s.Context(), &surprisev1.GrantWishRequest{WishId: w.GetWishId(), Channel: surprisev1.Channel_POS})
	s.own(author, res.GetOffer())
	return res.GetOffer(), err
}

func TestSurpriseWall(t *testing.T) {
	onStores(t, func(s *service) {
		for id, text := range map[string]string{"hant": "希望有一把雨傘", "hans": "想要一把雨伞", "en": "A big umbrella, please", "ja": "新しい傘がほしいです"} {
			res, err := s.wishes.MatchWish(s.Context(), &surprisev1.MatchWishRequest{WishId: s.wish(id, text).GetWishId()})
			if err != nil || len(res.GetMatches()) != 1 || res.GetMatches()[0].GetTemplate() != "umbrella_wish" {
				s.Errorf("%s: %v, %v", id, res, err)
			}
		}
		wall, err := s.wishes.ListWall(s.Context(), &surprisev1.ListWallRequest{Store: "taipei-1"})
		if err != nil || len(wall.GetNotes()) != 4 {
			s.Errorf("the wall has %v, %v", wall, err)
		}
		w, gone := s.wish("zoe", "an umbrella"), s.wish("yun", "an umbrella")
		_, err = s.grant("zoe", w)
		s.wantReason(err, surprisev1.Reason_WISH_TOO_YOUNG)
		var o *surprisev1.Offer
		s.eventually("the wish is old enough", func() bool { o, err = s.grant("zoe", w); return err == nil })
		s.confirm(s.claim(o))
		_, err = s.grant("zoe", w)
		s.wantReason(err, surprisev1.Reason_WISH_CLOSED)
		late, err := s.grant("yun", gone)
		if err != nil {
			s.Fatal(err)
		}
		if _, err := s.wishes.WithdrawWish(s.Context(), &surprisev1.WithdrawWishRequest{WishId: gone.GetWishId(), CustomerId: "yun"}); err != nil {
			s.Fatal(err)
		}
		_, err = s.tryClaim(late)
		s.wantReason(err, surprisev1.Reason_WISH_CLOSED)
	})
}

func TestLimitedEdition(t *testing.T) {
	onStores(t, func(s *service) {
		ask := func(id, household string) *surprisev1.Offer {
			req := request(id, "edition", surprisev1.Channel_APP)
			req.Customer.HouseholdId = household
			return s.offer(req, "numbered_cup")
		}
		same, late := ask("a2", "h1"), ask("d", "h4")
		first := s.claim(ask("a", "h1"))
		_, err := s.tryClaim(same)
		s.wantReason(err, surprisev1.Reason_CAP_REACHED)
		serials := map[int64]bool{first.GetSerial(): true, s.claim(ask("b", "h2")).GetSerial(): true, s.claim(ask("c", "h3")).GetSerial(): true}
		if !serials[1] || !serials[2] || !serials[3] {
			s.Errorf("serials %v", serials)
		}
		_, err = s.tryClaim(late)
		s.wantReason(err, surprisev1.Reason_LIMIT_EXHAUSTED)
		ticket := s.join("d", "h4")
		s.join("e", "h5")
		s.cancel(first, surprisev1.CancelReason_MISTAKE)
		s.eventually("it is d's turn", func() bool { return s.ticket(ticket).GetState() == surprisev1.TicketState_TURN })
		turn, err := s.stock.TakeTurn(s.Context(), &surprisev1.TakeTurnRequest{TicketId: ticket, Channel: surprisev1.Channel_APP})
		if err != nil {
			s.Fatal(err)
		}
		s.own("d", turn.GetOffer())
		if got := s.claim(turn.GetOffer()); got.GetSerial() != first.GetSerial() {
			s.Errorf("number %d came back, %d was given", first.GetSerial(), got.GetSerial())
		}
		if n := s.types()["surprise.v1.waitlist.turn"]; n != 1 {
			s.Errorf("%d events of turns", n)
		}
	})
}

func (s *service) join(id, household string) string {
	s.Helper()
	res, err := s.stock.JoinWaitlist(s.Context(), &surprisev1.JoinWaitlistRequest{CustomerId: id, HouseholdId: household, Template: "numbered_cup"})
	if err != nil {
		s.Fatal(err)
	}
	return res.GetTicket().GetTicketId()
}

func (s *service) ticket(id string) *surprisev1.Ticket {
	s.Helper()
	res, err := s.stock.GetTicket(s.Context(), &surprisev1.GetTicketRequest{TicketId: id})
	if err != nil {
		s.Fatal(err)
	}
	return res.GetTicket()
}

// TestStaffWallet has 60 clerks' ideas at once against an allowance for the shift that pays for five.
func TestStaffWallet(t *testing.T) {
	onStores(t, func(s *service) {
		var wait sync.WaitGroup
		var mu sync.Mutex
		got := map[codes.Code]int{}
		for i := range 60 {
			wait.Go(func() {
				_, err := s.claims.RecordDelivery(s.Context(), &surprisev1.RecordDeliveryRequest{
					DeliveryId: fmt.Sprint("i", i), CustomerId: fmt.Sprint("c", i%3), Kind: surprisev1.Kind_GIFT, Channel: surprisev1.Channel_POS,
					Store: "taipei-1", StaffId: "ann", WalletReason: "rain", CostMinor: 10000,
				})
				mu.Lock()
				defer mu.Unlock()
				got[status.Code(err)]++
			})
		}
		wait.Wait()
		if got[codes.OK] != 5 || got[codes.ResourceExhausted] != 55 {
			s.Errorf("of 60: %v", got)
		}
		report, err := s.reports.GetGivers(s.Context(), &surprisev1.GetGiversRequest{Store: "taipei-1"})
		if err != nil || len(report.GetGivers()) != 1 || report.GetGivers()[0].GetOwnIdeas() != 5 || report.GetGivers()[0].GetOwnCostMinor() != 50000 {
			s.Errorf("report %v, %v", report, err)
		}
	})
}

// TestHandOver has a card that nobody gets to, and a customer who wants to be forgotten.
func TestHandOver(t *testing.T) {
	onStores(t, func(s *service) {
		c := s.claim(s.offer(request("ida", "trial", surprisev1.Channel_POS), "tea_box_trial"))
		lease := func(staff string) error {
			_, err := s.cards.LeaseCard(s.Context(), &surprisev1.LeaseCardRequest{ClaimId: c.GetClaimId(), StaffId: staff})
			return err
		}
		if err := lease("ann"); err != nil {
			s.Fatal(err)
		}
		s.wantReason(lease("ben"), surprisev1.Reason_CARD_LEASED)
		if _, err := s.cards.ReturnCard(s.Context(), &surprisev1.ReturnCardRequest{ClaimId: c.GetClaimId(), StaffId: "ann"}); err != nil {
			s.Fatal(err)
		}
		if err := lease("ben"); err != nil {
			s.Error(err)
		}
		list, err := s.cards.ListCards(s.Context(), &surprisev1.ListCardsRequest{Store: "taipei-1", StaffId: "ben"})
		if err != nil || len(list.GetClaims()) != 1 {
			s.Errorf("ben has %v, %v", list, err)
		}
		erased, err := s.customers.EraseCustomer(s.Context(), &surprisev1.EraseCustomerRequest{CustomerId: "ida"})
		if err != nil || erased.GetClaims() != 1 {
			s.Errorf("erased %v, %v", erased, err)
		}
		list, err = s.cards.ListCards(s.Context(), &surprisev1.ListCardsRequest{Store: "taipei-1"})
		if err != nil || len(list.GetClaims()) != 0 {
			s.Errorf("after the erasure the list has %v, %v", list, err)
		}
	})
}
