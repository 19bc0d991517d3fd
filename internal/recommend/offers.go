package recommend

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/card"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/offer"
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
	expires := q.issue(r.opts.Signer, r.opts.Clock(), decisionID)
	all, out := q.out.offers.take(len(chosen))
	for i, o := range chosen {
		if err := q.offer(&all[i], o, i, expires); err != nil {
			return nil, err
		}
		out[i] = &all[i].offer
	}
	return out, nil
}

// issue begins to sign, with what the tokens of all offers of a decision say, and returns when they expire.
func (q *query) issue(signer *offer.Signer, issued time.Time, decisionID string) *timestamppb.Timestamp {
	expires := issued.Add(q.cat.Policies.OfferExpiry)
	if until := q.ticket.GetTurnUntil(); until != nil && until.AsTime().Before(expires) {
		expires = until.AsTime()
	}
	signer.Begin(&q.desk.signing, &offer.Common{
		Customer: q.key, DecisionID: decisionID, Issued: issued, Expires: expires,
		Channel: q.moment.GetChannel(), Store: q.moment.GetStore(), Stage: q.stageID(), VisitID: q.visitID, TimeZone: q.location.String(),
		CatalogRevision: q.cat.Revision, Household: q.household, TicketID: q.ticket.GetTicketId(),
	})
	setTime(&q.out.expires, expires)
	return &q.out.expires
}

// offer signs an option and writes it down.
func (q *query) offer(to *written, o *option, position int, expires *timestamppb.Timestamp) error {
	t := o.template
	signed, err := q.desk.signing.Sign(&offer.Own{
		Position: int32(position), Template: t.ID, Level: o.level.ID, CostMinor: o.level.CostMinor, WishID: o.wish.GetWishId(), //nolint:gosec // at most 10
		Occurrence: o.occasion.ID, OccasionDay: o.occasion.Day,
	})
	if err != nil {
		return &surprise.Error{Reason: surprise.Internal, Message: "the offer could not be signed", Err: err}
	}
	out := &to.offer
	out.Token, out.ClaimId, out.Template, out.Level, out.Kind, out.Purpose = signed.Token, string(signed.ClaimID), t.ID, o.level.ID, t.Kind, t.Purpose
	out.Breakthrough, out.Traits, out.Visibility = t.Source.GetBreakthrough(), t.Source.GetTraits(), t.Visibility
	out.CostMinor, out.Currency, out.Expires, out.HoldSeconds = o.level.CostMinor, q.cat.Source.GetCurrency(), expires, int64(t.Hold/time.Second)
	out.Propensity, out.WishId, out.NeedsOrder, out.Slots = o.propensity, o.wish.GetWishId(), t.PerOrder, slotsOf(t)
	if q.stage != nil { // who asked by name asked for no score
		out.Score = &to.score
		breakdown(out.Score, &o.score)
	}
	q.write(to, o)
	return nil
}

func setTime(to *timestamppb.Timestamp, t time.Time) {
	to.Seconds, to.Nanos = t.Unix(), int32(t.Nanosecond()) //nolint:gosec // below a billion
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
