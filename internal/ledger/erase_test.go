package ledger_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// fullLife gives a customer something of everything: claims held and confirmed, wishes open, promised and granted, tickets waiting and in their turn.
func (s *shop) fullLife(customer string) (held, confirmed *surprisev1.Claim) {
	s.t.Helper()
	s.fillCodes("SECRET-1", "SECRET-2")
	promised, granted := s.wish(customer, "r1", "lemon cake"), s.wish(customer, "r2", "window seat")
	s.pass(25 * time.Hour)
	s.wish(customer, "r3", "blue vase")
	claim := func(o *storev1.OfferClaims) *surprisev1.Claim {
		o.Store = "north"
		c, _, err := s.claim(customer, s.signOffer(customer, o))
		if err != nil {
			s.t.Fatal(err)
		}
		return c
	}
	s.mustConfirm(claim(&storev1.OfferClaims{Template: "grant", WishId: granted.GetWishId()}).GetClaimId())
	held = claim(&storev1.OfferClaims{Template: "favor", WishId: promised.GetWishId()})
	confirmed = s.mustConfirm(claim(&storev1.OfferClaims{Template: "card"}).GetClaimId())
	s.joinLine("first", "vase", "north", "")
	s.joinLine(customer, "vase", "north", "")
	s.joinLine(customer, "print", "", "family")
	if _, _, err := s.ledger.RecordOutcome(s.t.Context(), &surprisev1.RecordOutcomeRequest{OutcomeId: "o1", CustomerId: customer, Kind: surprisev1.OutcomeKind_RENEWAL}); err != nil {
		s.t.Fatal(err)
	}
	return held, confirmed
}

func TestExportHasEverything(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	_, confirmed := s.fullLife("ann")
	got, err := s.ledger.Export(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	if got.GetCustomerKey() != hash("ann").String() || len(got.GetClaims()) != 3 || len(got.GetWishes()) != 3 || len(got.GetTickets()) != 2 || len(got.GetOutcomes()) != 1 {
		t.Errorf("exported %v", got)
	}
	if i := slices.IndexFunc(got.GetClaims(), func(c *surprisev1.Claim) bool { return c.GetClaimId() == confirmed.GetClaimId() }); i < 0 || got.GetClaims()[i].GetCode() == "" {
		t.Error("the code of the gift card is not exported")
	}
	if !slices.ContainsFunc(got.GetWishes(), func(w *surprisev1.Wish) bool { return w.GetText() == "blue vase" }) {
		t.Error("the text of the open wish is not exported")
	}
	if none, err := s.ledger.Export(t.Context(), "nobody"); err != nil || len(none.GetClaims())+len(none.GetWishes()) > 0 {
		t.Errorf("of nobody: %v (%v)", none, err)
	}
}

func TestEraseLeavesNothing(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	held, _ := s.fullLife("ann")
	key := hash("ann").String()
	got, err := s.ledger.Erase(t.Context(), "ann")
	want := &surprisev1.EraseCustomerResponse{Claims: 3, Wishes: 3, Tickets: 2, Outcomes: 1}
	if err != nil || !proto.Equal(got, want) {
		t.Errorf("erased %v (%v), want %v", got, err, want)
	}
	loaded, err := s.store.Load(t.Context(), hash("ann"))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := ledger.DecodeRecord(loaded[0].Data)
	if err != nil || !proto.Equal(rec, &storev1.Record{LastSeen: rec.GetLastSeen(), Erased: rec.GetErased()}) || rec.GetErased() == nil {
		t.Errorf("the record has %v (%v), want only when it was erased", rec, err)
	}
	for _, index := range []string{"wishes|", "wishes|north", "wall|", "wall|north", "wait|vase|north", "wait|vase|", "wait|print|", "tasks|", "tasks|north"} {
		entries, err := s.store.Range(t.Context(), index, nil, 100, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.Contains(e.Member, key) || strings.Contains(string(e.Data), key) {
				t.Errorf("the index %s still has %s", index, e.Member)
			}
		}
	}
	// What was held came back; what was given stays taken.
	if pieces, cards := s.usage("pieces||"), s.usage("cards||"); pieces != 0 || cards != 1 {
		t.Errorf("%d pieces and %d codes are taken, want 0 and 1", pieces, cards)
	}
	_, _, err = s.confirm(held.GetClaimId())
	refusedAs(t, err, surprise.ClaimNotFound)
	again, err := s.ledger.Erase(t.Context(), "ann")
	if err != nil || !proto.Equal(again, &surprisev1.EraseCustomerResponse{}) {
		t.Errorf("erased again: %v (%v)", again, err)
	}
	story := s.story("lemon cake", "window seat", "blue vase", "SECRET")
	erased := slices.DeleteFunc(slices.Clone(story), func(kind string) bool { return kind != event.CustomerErased })
	if len(erased) != 1 || story[len(story)-1] != event.CustomerErased {
		t.Errorf("events %v, want customer.erased once and last", story)
	}
	due, err := s.store.Due(t.Context(), s.clock().AddDate(10, 0, 0), 100)
	if err != nil || slices.Contains(due, hash("ann")) {
		t.Errorf("the erased record is still due (%v)", err)
	}
}

func TestAnErasedCustomerMayComeBack(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	if _, err := s.ledger.Erase(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	s.pass(time.Second)
	s.wish("ann", "r1", "a new one")
	got, err := s.ledger.Erase(t.Context(), "ann")
	if err != nil || got.GetWishes() != 1 {
		t.Errorf("erased %v (%v), want one wish", got, err)
	}
	if got, want := s.story(), []string{event.CustomerErased, event.WishPosted, event.WishWithdrawn, event.CustomerErased}; !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
}

func TestNobodyIsCalledAsAPool(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	s.fillCodes("a")
	const id = "\x00pool\x00cards||"
	_, err := s.ledger.Erase(t.Context(), id)
	refusedAs(t, err, surprise.InvalidRequest)
	_, err = s.ledger.Export(t.Context(), id)
	refusedAs(t, err, surprise.InvalidRequest)
	_, _, err = s.ledger.PostWish(t.Context(), &surprisev1.PostWishRequest{RequestId: "r", CustomerId: id, Text: "x"}, noTags)
	refusedAs(t, err, surprise.InvalidRequest)
	_, _, err = s.ledger.JoinWaitlist(t.Context(), &surprisev1.JoinWaitlistRequest{CustomerId: id, Template: "print"})
	refusedAs(t, err, surprise.InvalidRequest)
}
