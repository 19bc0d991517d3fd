package e2e

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func TestBirthdayCake(t *testing.T) {
	onStores(t, func(s *service) {
		taipei, err := time.LoadLocation("Asia/Taipei")
		if err != nil {
			s.Fatal(err)
		}
		day := time.Now().In(taipei).AddDate(0, 0, 3)
		ask := func(id string, allergies ...string) *surprisev1.RecommendRequest {
			req := request(id, "birthday", surprisev1.Channel_POS)
			req.Customer.Birthday = &surprisev1.Birthday{Month: int32(day.Month()), Day: int32(day.Day())} //nolint:gosec // small
			req.Customer.Allergies, req.Customer.Dislikes = allergies, []string{"candles"}
			return req
		}
		o := s.offer(ask("mei", "nuts"), "birthday_cake")
		warnings := strings.Join(o.GetCard().GetWarnings(), "; ")
		if !strings.Contains(warnings, "nuts") || !strings.Contains(warnings, "No candle.") {
			s.Errorf("the card warns of %q", warnings)
		}
		pickup := time.Date(day.Year(), day.Month(), day.Day(), 11, 0, 0, 0, taipei)
		if got := o.GetCard().GetPickupFrom().AsTime(); !got.Equal(pickup) {
			s.Errorf("collected from %s, want %s", got, pickup)
		}
		if got := o.GetCard().GetOrderBy().AsTime(); !got.Equal(pickup.AddDate(0, 0, -1)) {
			s.Errorf("order by %s, want a day before %s", got, pickup)
		}
		s.confirm(s.claim(o))
		s.refused(ask("mei", "nuts"), surprisev1.Reason_OCCASION_USED)
		s.refused(ask("ben", "milk"), surprisev1.Reason_ALLERGY)
		day = time.Now().In(taipei).AddDate(0, 0, -1)
		s.refused(ask("late"), surprisev1.Reason_LEAD_TIME)
	})
}

func TestSurpriseCorner(t *testing.T) {
	onStores(t, func(s *service) {
		ask := func(id string) *surprisev1.RecommendRequest {
			return request(id, "corner", surprisev1.Channel_KIOSK)
		}
		a, b, c := s.offer(ask("a"), "surprise_corner"), s.offer(ask("b"), "surprise_corner"), s.offer(ask("c"), "surprise_corner")
		if len(a.GetCard().GetItems()) != 4 {
			s.Errorf("the card has %v", a.GetCard().GetItems())
		}
		held := s.claim(a)
		s.claim(b)
		_, err := s.tryClaim(c)
		s.wantReason(err, surprisev1.Reason_LIMIT_EXHAUSTED)
		s.cancel(held, surprisev1.CancelReason_MISTAKE)
		s.claim(c)
		none := ask("d")
		none.Moment.Store = "taipei-2"
		s.refused(none, surprisev1.Reason_NO_CORNER)
		shelf, err := s.cards.GetShelfCard(s.Context(), &surprisev1.GetShelfCardRequest{Store: "taipei-1", Locale: "zh-Hant-TW", Format: surprisev1.CardFormat_A6})
		if err != nil || shelf.GetTitle() != "驚喜小角落" || !strings.Contains(shelf.GetRendered(), "鳳梨酥") {
			s.Errorf("shelf card %v, %v", shelf, err)
		}
	})
}

func TestFreeTrial(t *testing.T) {
	onStores(t, func(s *service) {
		first, second := s.offer(request("ida", "trial", surprisev1.Channel_POS), "tea_box_trial"), s.offer(request("ida", "trial", surprisev1.Channel_APP), "tea_box_trial")
		c := s.confirm(s.claim(first))
		if got := c.GetTrial().GetEnds().AsTime().Sub(c.GetTrial().GetStarts().AsTime()); got != 14*24*time.Hour {
			s.Errorf("the trial takes %s", got)
		}
		_, err := s.tryClaim(second)
		s.wantReason(err, surprisev1.Reason_TRIAL_USED)
		req := &surprisev1.RecordOutcomeRequest{OutcomeId: "order-1", CustomerId: "ida", Kind: surprisev1.OutcomeKind_CONVERSION, Product: "tea_box", ValueMinor: 48000}
		for i := range 2 {
			res, err := s.outcomes.RecordOutcome(s.Context(), req)
			if err != nil || res.GetReplayed() != (i == 1) {
				s.Errorf("outcome %d: %v, %v", i, res, err)
			}
		}
		got, err := s.claims.GetClaim(s.Context(), &surprisev1.GetClaimRequest{ClaimId: c.GetClaimId()})
		if err != nil || got.GetClaim().GetTrial().GetEndedBy() != surprisev1.OutcomeKind_CONVERSION {
			s.Errorf("the trial is %v, %v", got, err)
		}
		if n := s.types()["surprise.v1.trial.ended"]; n != 1 {
			s.Errorf("%d events of its end", n)
		}
	})
}

func TestGiftCard(t *testing.T) {
	onStores(t, func(s *service) {
		s.refusedWithoutCodes()
		res, err := s.stock.ImportCodes(s.Context(), &surprisev1.ImportCodesRequest{Limit: "gift_cards", Codes: []string{"A-1", "B-2", "A-1"}})
		if err != nil || res.GetAdded() != 2 || res.GetTotal() != 2 {
			s.Fatalf("import: %v, %v", res, err)
		}
		var offers []*surprisev1.Offer
		s.eventually("codes are known", func() bool {
			offers = s.recommend(request("joy", "gift", surprisev1.Channel_APP)).GetOffers()
			return len(offers) > 0
		})
		held := s.claim(offers[0])
		if held.GetCode() != "" {
			s.Errorf("the code %q is shown before Confirm", held.GetCode())
		}
		s.cancel(held, surprisev1.CancelReason_NOT_DELIVERED)
		codes := map[string]bool{}
		for _, id := range []string{"kim", "lea"} {
			c := s.confirm(s.claim(s.offer(request(id, "gift", surprisev1.Channel_APP), "gift_card")))
			codes[c.GetCode()] = true
			again := s.confirm(c)
			if again.GetCode() != c.GetCode() {
				s.Errorf("the same confirmation has the codes %q and %q", c.GetCode(), again.GetCode())
			}
		}
		if !codes["A-1"] || !codes["B-2"] {
			s.Errorf("drawn: %v", codes)
		}
		s.eventually("codes are gone", func() bool {
			return len(s.recommend(request("max", "gift", surprisev1.Channel_APP)).GetOffers()) == 0
		})
	})
}

// refusedWithoutCodes asks until the hint knows that the pool is empty; a claim before that is refused.
func (s *service) refusedWithoutCodes() {
	s.Helper()
	for _, o := range s.recommend(request("joy", "gift", surprisev1.Channel_APP)).GetOffers() {
		_, err := s.tryClaim(o)
		s.wantReason(err, surprisev1.Reason_LIMIT_EXHAUSTED)
	}
}

func TestFreeDelivery(t *testing.T) {
	onStores(t, func(s *service) {
		far, near := 40.0, 4.0
		ask := func(km *float64) *surprisev1.RecommendRequest {
			req := request("sam", "basket", surprisev1.Channel_WEB)
			req.Moment.DistanceKm, req.Moment.Basket = km, &surprisev1.Basket{TotalMinor: 90000, Items: 3}
			return req
		}
		s.refused(ask(&far), surprisev1.Reason_AUDIENCE_MISMATCH)
		order := func(r *surprisev1.ClaimRequest) { r.OrderId = "o-1" }
		first, second := s.offer(ask(&near), "free_delivery"), s.offer(ask(&near), "free_delivery")
		_, err := s.tryClaim(first)
		s.wantReason(err, surprisev1.Reason_INVALID_REQUEST)
		c := s.claim(first, order)
		_, err = s.tryClaim(second, order)
		if err == nil {
			s.Error("one order has two free deliveries")
		}
		_, err = s.claims.Confirm(s.Context(), &surprisev1.ConfirmRequest{ClaimId: c.GetClaimId(), OrderId: "o-2"})
		s.wantReason(err, surprisev1.Reason_ORDER_MISMATCH)
		s.confirm(c)
		back := s.cancel(c, surprisev1.CancelReason_ORDER_CANCELLED)
		if back.GetState() != surprisev1.ClaimState_CONFIRMED || back.GetReturned() == nil {
			s.Errorf("returned: %v", back)
		}
		stock, err := s.stock.GetStock(s.Context(), &surprisev1.GetStockRequest{Limit: "deliveries"})
		if err != nil || stock.GetStock().GetTaken() != 0 {
			s.Errorf("after the order was cancelled: %v, %v", stock, err)
		}
		s.claim(second, order)
	})
}

func TestPersonalShopping(t *testing.T) {
	onStores(t, func(s *service) {
		starts := time.Now().Add(48 * time.Hour).Truncate(time.Hour)
		slots := []*surprisev1.Slot{
			{Id: "ann-1", Starts: timestamppb.New(starts), Ends: timestamppb.New(starts.Add(time.Hour)), Adviser: "ann"},
			{Id: "ann-2", Starts: timestamppb.New(starts.Add(time.Hour)), Ends: timestamppb.New(starts.Add(2 * time.Hour)), Adviser: "ann"},
		}
		if _, err := s.stock.ImportSlots(s.Context(), &surprisev1.ImportSlotsRequest{Limit: "advice", Store: "taipei-1", Slots: slots}); err != nil {
			s.Fatal(err)
		}
		var a, b, c *surprisev1.Offer
		s.eventually("slots are known", func() bool { return len(s.recommend(request("a", "shopping", surprisev1.Channel_APP)).GetOffers()) > 0 })
		a, b, c = s.offer(request("a", "shopping", surprisev1.Channel_APP), "personal_shopping"), s.offer(request("b", "shopping", surprisev1.Channel_APP), "personal_shopping"), s.offer(request("c", "shopping", surprisev1.Channel_APP), "personal_shopping")
		second := func(r *surprisev1.ClaimRequest) { r.SlotId = "ann-2" }
		held := s.claim(a, second)
		_, err := s.tryClaim(b, second)
		s.wantReason(err, surprisev1.Reason_SLOT_TAKEN)
		if got := s.claim(b); got.GetSlot().GetId() != "ann-1" {
			s.Errorf("the first free slot is %v", got.GetSlot())
		}
		_, err = s.tryClaim(c)
		s.wantReason(err, surprisev1.Reason_SLOT_TAKEN)
		card, err := s.cards.GetCard(s.Context(), &surprisev1.GetCardRequest{ClaimId: held.GetClaimId()})
		if err != nil || !strings.Contains(card.GetCard().GetIcalendar(), "DTSTART:"+starts.Add(time.Hour).UTC().Format("20060102T150405Z")) {
			s.Errorf("card %v, %v", card.GetCard().GetIcalendar(), err)
		}
		s.cancel(held, surprisev1.CancelReason_CUSTOMER_REFUSED)
		if got := s.claim(c); got.GetSlot().GetId() != "ann-2" {
			s.Errorf("the freed slot is %v", got.GetSlot())
		}
	})
}
