package recommend

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// offer signs an option and writes its texts.
func (r *Recommender) offer(q *query, o *option, decisionID string, position int) (*surprisev1.Offer, error) {
	issued := r.opts.Clock()
	expires := timestamppb.New(issued.Add(q.cat.Policies.OfferExpiry))
	signed, err := r.opts.Signer.Sign(&storev1.OfferClaims{
		Customer: q.key[:], DecisionId: decisionID, Position: int32(position), Issued: timestamppb.New(issued), Expires: expires, //nolint:gosec // at most 10
		Template: o.template.ID, Level: o.level.ID, CostMinor: o.level.CostMinor, Channel: q.moment.GetChannel(), Store: q.moment.GetStore(), Stage: q.stage.ID,
		VisitId: q.visitID, Occurrence: o.occurrence, TimeZone: q.location.String(), CatalogRevision: q.cat.Revision, Household: q.household,
	})
	if err != nil {
		return nil, &surprise.Error{Reason: surprise.Internal, Message: "the offer could not be signed", Err: err}
	}
	src := o.template.Source
	out := &surprisev1.Offer{
		Token: signed.Token, ClaimId: string(signed.ClaimID), Template: o.template.ID, Level: o.level.ID, Kind: o.template.Kind, Purpose: o.template.Purpose,
		Breakthrough: src.GetBreakthrough(), Traits: src.GetTraits(), Visibility: o.template.Visibility, Score: o.score,
		CostMinor: o.level.CostMinor, Currency: q.cat.Source.GetCurrency(), Expires: expires, HoldSeconds: int64(o.template.Hold / time.Second), Propensity: o.propensity,
	}
	q.write(out, o.level.Text(q.locale))
	return out, nil
}

// write fills in the texts.
func (q *query) write(out *surprisev1.Offer, t *catalog.Text) {
	w := catalog.Words{Name: q.customer.GetDisplayName(), Store: q.moment.GetStore(), Tier: q.customer.GetTier()}
	out.Locale, out.Title, out.Message = t.Locale, t.Title.Fill(w), t.Message.Fill(w)
	out.Card = &surprisev1.TaskCard{Role: t.Role.Fill(w), Steps: catalog.FillAll(t.Steps, w), Say: t.Say.Fill(w), Avoid: catalog.FillAll(t.Avoid, w), Warnings: q.warnings()}
}

// warnings repeats what the customer must not get.
func (q *query) warnings() []string {
	var out []string
	for _, a := range q.customer.GetAllergies() {
		out = append(out, "allergy: "+a)
	}
	for _, d := range q.customer.GetDislikes() {
		out = append(out, "dislikes: "+d)
	}
	return out
}
