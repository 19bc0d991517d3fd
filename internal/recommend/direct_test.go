package recommend_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	testv1 "github.com/surprise-service/surprised/api/surprise/test/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/surprise"
)

// afternoon is on a Monday, in the shop's opening hours.
func afternoon() time.Time { return time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC) }

// wallShop is the shop of the catalogue services, in which the author c1 has a record and limits are used up to used.
func wallShop(t *testing.T, rec *storev1.Record, used map[string]int64) recommend.Options {
	t.Helper()
	c := &testv1.DecisionCase{Catalog: "services", Now: timestamppb.New(afternoon()), Used: used,
		Request: &surprisev1.RecommendRequest{Customer: &surprisev1.CustomerProfile{Id: "c1"}}}
	return optionsFor(t, c, rec, endless{})
}

func authorID(opts recommend.Options, kind string) string {
	return string(surprise.NewClaimID(opts.Hash("c1"), kind, []byte("1")))
}

// wishOf is an open wish of c1, posted ten days ago.
func wishOf(id, text string) *storev1.Wish {
	ago := func(d int) *timestamppb.Timestamp { return timestamppb.New(afternoon().AddDate(0, 0, -d)) }
	return &storev1.Wish{WishId: id, State: surprisev1.WishState_OPEN, Text: text, Locale: "zh-Hant", Store: "taipei-1", Posted: ago(10), GrantFrom: ago(9), Until: ago(-100)}
}

func verify(t *testing.T, token string) *storev1.OfferClaims {
	t.Helper()
	signer, err := offer.NewSigner("test", make([]byte, offer.MinKeyLen))
	if err != nil {
		t.Fatal(err)
	}
	claims, _, err := signer.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

// The offer that grants a wish says so in its token, which is what its claim goes by.
func TestGrant(t *testing.T) {
	opts := wallShop(t, nil, nil)
	id := authorID(opts, "wish")
	rec := &storev1.Record{Wishes: []*storev1.Wish{wishOf(id, "好想喝一碗抹茶")}}
	opts = wallShop(t, rec, nil)
	got, err := recommend.New(opts).Grant(t.Context(), &surprisev1.GrantWishRequest{WishId: id, Channel: surprisev1.Channel_POS, VisitId: "v1",
		Customer: &surprisev1.CustomerProfile{Id: "c1", DisplayName: "美玲", HouseholdId: "h1", Allergies: []string{"nuts"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetTemplate() != "matcha_set" || got.GetLevel() != "bowl" || got.GetWishId() != id || got.GetPropensity() != 1 || got.GetScore() != nil || got.GetLocale() != "zh-Hant" {
		t.Errorf("got %v", got)
	}
	if c := got.GetCard(); c.GetWish() != "好想喝一碗抹茶" || c.GetStore() != "永康店" || len(c.GetWarnings()) != 1 {
		t.Errorf("card %v", c)
	}
	key := opts.Hash("c1")
	want := &storev1.OfferClaims{
		Audience: "test", Customer: key[:], DecisionId: "d000000000000000000000000", Issued: timestamppb.New(afternoon()), Expires: got.GetExpires(),
		Template: "matcha_set", Level: "bowl", CostMinor: 5000, Channel: surprisev1.Channel_POS, Store: "taipei-1", VisitId: "v1", TimeZone: "Asia/Taipei",
		CatalogRevision: opts.Snapshot().Catalog.Revision, Household: ledger.HouseholdKey(opts.Hash, "h1"), WishId: id,
	}
	if d := cmp.Diff(want, verify(t, got.GetToken()), protocmp.Transform()); d != "" {
		t.Errorf("claims (-want +got):\n%s", d)
	}
}

// Each case changes one thing about a wish for matcha that could be granted.
func TestGrantRefused(t *testing.T) {
	id := authorID(wallShop(t, nil, nil), "wish")
	given := func(template, category string, daysAgo int) *storev1.Entry {
		at := timestamppb.New(afternoon().AddDate(0, 0, -daysAgo))
		return &storev1.Entry{ClaimId: "x", State: surprisev1.ClaimState_CONFIRMED, Template: template, Category: category, Created: at, Delivered: at}
	}
	type change struct {
		req  *surprisev1.GrantWishRequest
		rec  *storev1.Record
		used map[string]int64
	}
	for name, tc := range map[string]struct {
		change func(c *change)
		want   surprise.Reason
		field  string
		until  time.Time
	}{
		"nothing":         {change: func(*change) {}},
		"an id of nobody": {change: func(c *change) { c.req.WishId = "w1" }, want: surprise.WishNotFound, field: "wish_id"},
		"an unknown id":   {change: func(c *change) { c.rec.Wishes = nil }, want: surprise.WishNotFound, field: "wish_id"},
		"withdrawn":       {change: func(c *change) { c.rec.Wishes[0].State = surprisev1.WishState_WITHDRAWN }, want: surprise.WishClosed, field: "wish_id"},
		"promised":        {change: func(c *change) { c.rec.Wishes[0].State = surprisev1.WishState_PROMISED }, want: surprise.WishClosed, field: "wish_id"},
		"too old":         {change: func(c *change) { c.rec.Wishes[0].Until = timestamppb.New(afternoon()) }, want: surprise.WishClosed, field: "wish_id"},
		"too young": {change: func(c *change) { c.rec.Wishes[0].GrantFrom = timestamppb.New(afternoon().Add(time.Hour)) },
			want: surprise.WishTooYoung, field: "wish_id", until: afternoon().Add(time.Hour)},
		"no template grants it":      {change: func(c *change) { c.rec.Wishes[0].Text = "a pony" }, want: surprise.UnknownTemplate, field: "template"},
		"one is named that does not": {change: func(c *change) { c.rec.Wishes[0].Text, c.req.Template = "a pony", "quiet_seat" }},
		"an unknown template":        {change: func(c *change) { c.req.Template = "pony" }, want: surprise.UnknownTemplate, field: "template"},
		"an unknown level":           {change: func(c *change) { c.req.Level = "bucket" }, want: surprise.UnknownTemplate, field: "level"},
		"a level whose rule asks":    {change: func(c *change) { c.req.Level = "set" }},
		"another customer's profile": {change: func(c *change) { c.req.Customer.Id = "c2" }, want: surprise.OfferInvalid, field: "customer.id"},
		"a time zone of nowhere":     {change: func(c *change) { c.req.Customer.TimeZone = "Taipei" }, want: surprise.UnknownTimeZone, field: "customer.time_zone"},
		"no profile":                 {change: func(c *change) { c.req.Customer = nil }},
		"an allergy":                 {change: func(c *change) { c.req.Customer.Allergies = []string{"Milk"} }, want: surprise.Allergy},
		"consent withheld": {change: func(c *change) {
			c.req.Customer.Consents = &surprisev1.Consents{Surprises: surprisev1.Consent_WITHHELD}
		}, want: surprise.ConsentWithheld},
		"a cooldown":                        {change: func(c *change) { c.rec.Entries = append(c.rec.Entries, given("matcha_set", "tea", 1)) }, want: surprise.Cooldown, until: afternoon().AddDate(0, 0, 29)},
		"no piece left":                     {change: func(c *change) { c.req.Template, c.used = "edition", map[string]int64{"pieces||": 100} }, want: surprise.LimitExhausted},
		"no code left":                      {change: func(c *change) { c.req.Template, c.used = "gift_card", map[string]int64{"codes||": 1} }, want: surprise.LimitExhausted},
		"a corner in a store that has none": {change: func(c *change) { c.req.Template, c.req.Store = "corner", "taipei-2" }, want: surprise.NoCorner},
		"a corner in the store of the wish": {change: func(c *change) { c.req.Template = "corner" }},
		"a product that was tried":          {change: func(c *change) { c.req.Template, c.rec.Tried = "tea_club", []string{"tea_club"} }, want: surprise.TrialUsed},
		"the household has its piece": {change: func(c *change) {
			c.req.Template, c.used = "edition", map[string]int64{ledger.HouseholdMaxLimit("edition", ledger.HouseholdKey(wallShop(t, nil, nil).Hash, "h1")): 1}
		}, want: surprise.CapReached},
		"an open complaint": {change: func(c *change) { c.req.Customer.OpenComplaints = 1 }, want: surprise.NotSatisfied},
		"a recovery two days ago": {change: func(c *change) {
			e := given("apology", "note", 2)
			e.Purpose = surprisev1.Purpose_RECOVERY
			c.rec.Entries = append(c.rec.Entries, e)
		}, want: surprise.CoolOff, until: afternoon().AddDate(0, 0, 5)},
		"after its end": {change: func(c *change) { c.req.Template = "summer" }, want: surprise.NotValidNow},
		"all matches are stopped": {change: func(c *change) {
			c.rec.Wishes[0].Text, c.req.Customer.Dislikes = "matcha in a quiet corner", []string{"sun"}
			c.rec.Entries = append(c.rec.Entries, given("matcha_set", "tea", 1))
		}, want: surprise.Cooldown, until: afternoon().AddDate(0, 0, 29)},
		"the best match is gone, not others": {change: func(c *change) {
			c.rec.Wishes[0].Text = "matcha in a quiet corner"
			c.rec.Entries = append(c.rec.Entries, given("matcha_set", "tea", 1))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := &change{
				req: &surprisev1.GrantWishRequest{WishId: id, Channel: surprisev1.Channel_POS, Customer: &surprisev1.CustomerProfile{Id: "c1", HouseholdId: "h1"}},
				rec: &storev1.Record{Wishes: []*storev1.Wish{wishOf(id, "matcha")}},
			}
			tc.change(c)
			got, err := recommend.New(wallShop(t, c.rec, c.used)).Grant(t.Context(), c.req)
			checkRefused(t, got, err, tc.want, tc.field, tc.until)
		})
	}
}

func checkRefused(t *testing.T, got *surprisev1.Offer, err error, want surprise.Reason, field string, until time.Time) {
	t.Helper()
	if want == "" {
		if err != nil || got.GetToken() == "" {
			t.Fatalf("got %v, %v, want an offer", got, err)
		}
		return
	}
	refused, ok := err.(*surprise.Error) //nolint:errorlint // it is returned bare
	if !ok || refused.Reason != want || refused.Field != field || !refused.Until.Equal(until) || got != nil {
		t.Errorf("got %v, %#v, want %s of %q until %s", got, err, want, field, until)
	}
}

// turns has one ticket.
type turns struct {
	ticket *storev1.Ticket
	key    surprise.CustomerKey
	err    error
}

func (s turns) Turn(context.Context, string) (*storev1.Ticket, surprise.CustomerKey, error) {
	return s.ticket, s.key, s.err
}

// A turn is worth an offer although nothing is left: one is kept. It ends with the turn.
func TestTakeTurn(t *testing.T) {
	opts := wallShop(t, nil, map[string]int64{"pieces||": 100})
	until := timestamppb.New(afternoon().Add(2 * time.Minute))
	ticket := &storev1.Ticket{TicketId: authorID(opts, "ticket"), State: surprisev1.TicketState_TURN, Template: "edition", Store: "taipei-2", TurnUntil: until, Household: "hhh"}
	opts.Turns = turns{ticket: ticket, key: opts.Hash("c1")}
	got, err := recommend.New(opts).TakeTurn(t.Context(), &surprisev1.TakeTurnRequest{TicketId: ticket.GetTicketId(), Channel: surprisev1.Channel_APP})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetCard().GetWarnings()) != 1 || got.GetPropensity() != 1 {
		t.Errorf("got %v, want a card that warns of an unknown customer", got)
	}
	key := opts.Hash("c1")
	want := &storev1.OfferClaims{
		Audience: "test", Customer: key[:], DecisionId: "d000000000000000000000000", Issued: timestamppb.New(afternoon()), Expires: until,
		Template: "edition", Level: "piece", Channel: surprisev1.Channel_APP, Store: "taipei-2", VisitId: "day:2026-03-02", TimeZone: "Asia/Taipei",
		CatalogRevision: opts.Snapshot().Catalog.Revision, Household: "hhh", TicketId: ticket.GetTicketId(),
	}
	if d := cmp.Diff(want, verify(t, got.GetToken()), protocmp.Transform()); d != "" {
		t.Errorf("claims (-want +got):\n%s", d)
	}
}

func TestTakeTurnRefused(t *testing.T) {
	opts := wallShop(t, nil, nil)
	ticket := &storev1.Ticket{TicketId: "t", State: surprisev1.TicketState_TURN, Template: "edition", TurnUntil: timestamppb.New(afternoon().Add(time.Hour))}
	turnFor := func(template string) turns {
		own := proto.CloneOf(ticket)
		own.Template = template
		return turns{ticket: own, key: opts.Hash("c1")}
	}
	refused := &storev1.Record{Entries: []*storev1.Entry{{ClaimId: "x", State: surprisev1.ClaimState_CONFIRMED, Template: "delivery", Category: "delivery",
		Created: timestamppb.New(afternoon()), Delivered: timestamppb.New(afternoon())}}}
	for name, tc := range map[string]struct {
		turns recommend.Turns
		level string
		want  surprise.Reason
		field string
		until time.Time
	}{
		"nothing":              {turns: turnFor("edition")},
		"no waiting lists":     {want: surprise.TicketNotFound, field: "ticket_id"},
		"others are before":    {turns: turns{err: surprise.FieldErrorf(surprise.NotYourTurn, "ticket_id", "wait")}, want: surprise.NotYourTurn, field: "ticket_id"},
		"the template is gone": {turns: turnFor("mug"), want: surprise.UnknownTemplate, field: "template"},
		"no such level":        {turns: turnFor("edition"), level: "gold", want: surprise.UnknownTemplate, field: "level"},
		"a cooldown":           {turns: turnFor("delivery"), want: surprise.Cooldown, until: afternoon().AddDate(0, 0, 30)},
		"the template ended":   {turns: turnFor("summer"), want: surprise.NotValidNow},
	} {
		t.Run(name, func(t *testing.T) {
			own := wallShop(t, refused, nil)
			own.Turns = tc.turns
			got, err := recommend.New(own).TakeTurn(t.Context(), &surprisev1.TakeTurnRequest{TicketId: "t", Channel: surprisev1.Channel_POS, Level: tc.level})
			checkRefused(t, got, err, tc.want, tc.field, tc.until)
		})
	}
}
