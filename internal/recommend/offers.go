package recommend

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/card"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// maxMemories is how many earlier surprises a card recalls.
const maxMemories = 3

// offer signs an option and writes its texts.
func (r *Recommender) offer(q *query, o *option, decisionID string, position int) (*surprisev1.Offer, error) {
	issued := r.opts.Clock()
	claims := q.claims(o, issued)
	claims.DecisionId, claims.Position = decisionID, int32(position) //nolint:gosec // at most 10
	signed, err := r.opts.Signer.Sign(claims)
	if err != nil {
		return nil, &surprise.Error{Reason: surprise.Internal, Message: "the offer could not be signed", Err: err}
	}
	t := o.template
	out := &surprisev1.Offer{
		Token: signed.Token, ClaimId: string(signed.ClaimID), Template: t.ID, Level: o.level.ID, Kind: t.Kind, Purpose: t.Purpose,
		Breakthrough: t.Source.GetBreakthrough(), Traits: t.Source.GetTraits(), Visibility: t.Visibility, Score: o.score,
		CostMinor: o.level.CostMinor, Currency: q.cat.Source.GetCurrency(), Expires: claims.GetExpires(), HoldSeconds: int64(t.Hold / time.Second),
		Propensity: o.propensity, WishId: o.wish.GetWishId(), NeedsOrder: t.PerOrder, Slots: slotsOf(t),
	}
	q.write(out, o)
	return out, nil
}

// claims are what an offer's token says.
func (q *query) claims(o *option, issued time.Time) *storev1.OfferClaims {
	expires := issued.Add(q.cat.Policies.OfferExpiry)
	if until := q.ticket.GetTurnUntil(); until != nil && until.AsTime().Before(expires) {
		expires = until.AsTime()
	}
	occurrence, day := o.occurrence()
	return &storev1.OfferClaims{
		Customer: q.key[:], Issued: timestamppb.New(issued), Expires: timestamppb.New(expires),
		Template: o.template.ID, Level: o.level.ID, CostMinor: o.level.CostMinor, Channel: q.moment.GetChannel(), Store: q.moment.GetStore(), Stage: q.stageID(),
		VisitId: q.visitID, Occurrence: occurrence, OccasionDay: dateOf(day), TimeZone: q.location.String(), CatalogRevision: q.cat.Revision,
		Household: q.household, WishId: o.wish.GetWishId(), TicketId: q.ticket.GetTicketId(),
	}
}

// dateOf returns the civil date of a day; nil for none.
func dateOf(day time.Time) *surprisev1.Date {
	if day.IsZero() {
		return nil
	}
	y, m, d := day.Date()
	return &surprisev1.Date{Year: int32(y), Month: int32(m), Day: int32(d)} //nolint:gosec // civil dates
}

// slotsOf returns the id of the limit whose slots a claim books; empty: none.
func slotsOf(t *catalog.Template) string {
	for _, lim := range t.Limits {
		if lim.Unit == surprisev1.LimitUnit_SLOTS {
			return lim.ID
		}
	}
	return ""
}

// write fills in the texts.
func (q *query) write(out *surprisev1.Offer, o *option) {
	t := o.level.Text(q.locale)
	_, day := o.occurrence()
	w := catalog.Words{Name: q.customer.GetDisplayName(), Store: q.cat.StoreName(q.moment.GetStore(), q.locale), Tier: q.customer.GetTier()}
	out.Locale, out.Title, out.Message = t.Locale, t.Title.Fill(w), t.Message.Fill(w)
	out.Card = card.Build(card.Input{
		Catalog: q.cat, Template: o.template, Level: o.level, Locale: q.locale, Customer: q.customer, Store: q.moment.GetStore(),
		Memories: q.memories, Wish: o.wish.GetText(), OccasionDay: day, Now: q.now, Location: q.location,
	})
}
