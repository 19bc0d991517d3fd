package recommend

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/card"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// maxMemories is how many earlier surprises a card recalls.
const maxMemories = 3

// offers signs options and writes their texts.
func (r *Recommender) offers(q *query, chosen []*option, decisionID string) ([]*surprisev1.Offer, error) {
	if len(chosen) == 0 {
		return nil, nil
	}
	q.memories = ledger.Memories(q.rec, maxMemories)
	claims := q.claims(r.opts.Clock(), decisionID)
	all, out := q.out.offers.take(len(chosen))
	for i, o := range chosen {
		claims.Position = int32(i) //nolint:gosec // at most 10
		if err := r.offer(&all[i], q, o, claims); err != nil {
			return nil, err
		}
		out[i] = &all[i].offer
	}
	return out, nil
}

// offer fills in what the claims say of an option, signs them, and writes the offer down.
func (r *Recommender) offer(to *written, q *query, o *option, claims *storev1.OfferClaims) error {
	t := o.template
	claims.Template, claims.Level, claims.CostMinor, claims.WishId = t.ID, o.level.ID, o.level.CostMinor, o.wish.GetWishId()
	claims.Occurrence, claims.OccasionDay = o.occasion.ID, dateOf(o.occasion.Day)
	signed, err := r.opts.Signer.Sign(claims)
	if err != nil {
		return &surprise.Error{Reason: surprise.Internal, Message: "the offer could not be signed", Err: err}
	}
	out := &to.offer
	out.Token, out.ClaimId, out.Template, out.Level, out.Kind, out.Purpose = signed.Token, string(signed.ClaimID), t.ID, o.level.ID, t.Kind, t.Purpose
	out.Breakthrough, out.Traits, out.Visibility = t.Source.GetBreakthrough(), t.Source.GetTraits(), t.Visibility
	out.CostMinor, out.Currency, out.Expires, out.HoldSeconds = o.level.CostMinor, q.cat.Source.GetCurrency(), claims.GetExpires(), int64(t.Hold/time.Second)
	out.Propensity, out.WishId, out.NeedsOrder, out.Slots = o.propensity, o.wish.GetWishId(), t.PerOrder, slotsOf(t)
	if q.stage != nil { // who asked by name asked for no score
		out.Score = &to.score
		breakdown(out.Score, &o.score)
	}
	q.write(to, o)
	return nil
}

// claims are what the tokens of all offers of a decision say.
func (q *query) claims(issued time.Time, decisionID string) *storev1.OfferClaims {
	expires := issued.Add(q.cat.Policies.OfferExpiry)
	if until := q.ticket.GetTurnUntil(); until != nil && until.AsTime().Before(expires) {
		expires = until.AsTime()
	}
	setTime(&q.out.issued, issued)
	setTime(&q.out.expires, expires)
	return &storev1.OfferClaims{
		Customer: q.key[:], DecisionId: decisionID, Issued: &q.out.issued, Expires: &q.out.expires,
		Channel: q.moment.GetChannel(), Store: q.moment.GetStore(), Stage: q.stageID(), VisitId: q.visitID, TimeZone: q.location.String(),
		CatalogRevision: q.cat.Revision, Household: q.household, TicketId: q.ticket.GetTicketId(),
	}
}

func setTime(to *timestamppb.Timestamp, t time.Time) {
	to.Seconds, to.Nanos = t.Unix(), int32(t.Nanosecond()) //nolint:gosec // below a billion
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
func (q *query) write(to *written, o *option) {
	t, out := o.level.Text(q.locale), &to.offer
	w := catalog.Words{Name: q.customer.GetDisplayName(), Store: q.cat.StoreName(q.moment.GetStore(), q.locale), Tier: q.customer.GetTier()}
	out.Locale, out.Title, out.Message = t.Locale, t.Title.Fill(w), t.Message.Fill(w)
	out.Card = &to.card
	card.Fill(out.Card, card.Input{
		Catalog: q.cat, Template: o.template, Level: o.level, Locale: q.locale, Customer: q.customer, Store: q.moment.GetStore(),
		Memories: q.memories, Wish: o.wish.GetText(), OccasionDay: o.occasion.Day, Now: q.now, Location: q.location,
	})
}
