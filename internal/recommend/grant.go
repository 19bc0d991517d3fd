package recommend

import (
	"cmp"
	"context"
	"slices"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// maxMatches is how many templates are tried for a wish when none is named.
const maxMatches = 10

// Grant makes the offer that grants a wish. The request has passed the rules of its proto. Errors are *surprise.Error: WISH_NOT_FOUND,
// WISH_CLOSED, WISH_TOO_YOUNG (with the time from which it may be granted), UNKNOWN_TEMPLATE where nothing grants it, OFFER_INVALID where the
// profile is somebody else's, or the reason of the gate that stops the template.
func (r *Recommender) Grant(ctx context.Context, req *surprisev1.GrantWishRequest) (*surprisev1.Offer, error) {
	key, ok := surprise.ClaimID(req.GetWishId()).Customer()
	if !ok {
		return nil, noWish()
	}
	if c := req.GetCustomer(); c != nil && r.opts.Hash(c.GetId()) != key {
		return nil, surprise.FieldErrorf(surprise.OfferInvalid, "customer.id", "this wish is another customer's; send its author's profile, or none")
	}
	rec, err := r.record(ctx, key)
	if err != nil {
		return nil, err
	}
	w, err := grantable(rec, req.GetWishId(), r.opts.Clock())
	if err != nil {
		return nil, err
	}
	s := r.opts.Snapshot()
	q, err := r.directQuery(ctx, s, r.grantQuery(req, key, rec, w))
	if err != nil {
		return nil, err
	}
	o, err := chooseFor(q, s, w, req)
	if err != nil {
		return nil, err
	}
	o.wish = w
	return r.direct(q, o)
}

// grantable finds a wish that is open and old enough.
func grantable(rec *storev1.Record, id string, now time.Time) (*storev1.Wish, error) {
	is := func(w *storev1.Wish) bool { return w.GetWishId() == id }
	if open := ledger.OpenWishes(rec, now); slices.ContainsFunc(open, is) {
		return open[slices.IndexFunc(open, is)], nil
	}
	i := slices.IndexFunc(rec.GetWishes(), is)
	if i < 0 {
		return nil, noWish()
	}
	if w := rec.GetWishes()[i]; w.GetState() == surprisev1.WishState_OPEN && w.GetGrantFrom().AsTime().After(now) {
		return nil, tooYoung(w.GetGrantFrom().AsTime())
	}
	return nil, surprise.FieldErrorf(surprise.WishClosed, "wish_id", "this wish is no longer open: it was granted, promised or withdrawn, or its time is over")
}

func tooYoung(from time.Time) error {
	return &surprise.Error{Reason: surprise.WishTooYoung, Field: "wish_id", Until: from,
		Message: "this wish was posted a short while ago, and the wall is no vending machine; grant it from " + from.UTC().Format(time.RFC3339)}
}

func noWish() error {
	return surprise.FieldErrorf(surprise.WishNotFound, "wish_id", "there is no wish with this id; send the wish_id exactly as PostWish returned it")
}

func (r *Recommender) grantQuery(req *surprisev1.GrantWishRequest, key surprise.CustomerKey, rec *storev1.Record, w *storev1.Wish) query {
	return query{
		req: &surprisev1.RecommendRequest{Locale: cmp.Or(req.GetLocale(), req.GetCustomer().GetLocale(), w.GetLocale())}, customer: req.GetCustomer(),
		moment: &surprisev1.Moment{Channel: req.GetChannel(), Store: cmp.Or(req.GetStore(), w.GetStore()), VisitId: req.GetVisitId()},
		key:    key, rec: rec, household: ledger.HouseholdKey(r.opts.Hash, req.GetCustomer().GetHouseholdId()),
	}
}

// chooseFor returns the template that was asked for or, if none was, the best match that no gate stops. Where all are stopped, the error is
// that of the best.
func chooseFor(q *query, s *Snapshot, w *storev1.Wish, req *surprisev1.GrantWishRequest) (*option, error) {
	templates := []string{req.GetTemplate()}
	if req.GetTemplate() == "" {
		templates = granters(s, w)
	}
	var first error
	for _, t := range templates {
		o, err := named(q.cat, t, req.GetLevel())
		if err == nil {
			if err = q.allowed(o, granting()); err == nil {
				return o, nil
			}
		}
		first = cmp.Or(first, err)
	}
	if first == nil {
		first = surprise.FieldErrorf(surprise.UnknownTemplate, "template", "no template of the catalogue grants this wish; name one")
	}
	return nil, first
}

// granters returns the templates that grant a wish, the best first.
func granters(s *Snapshot, w *storev1.Wish) []string {
	if s.Wishes == nil {
		return nil
	}
	var out []string
	for _, m := range s.Wishes.Match(w.GetText(), maxMatches) {
		out = append(out, m.GetTemplate())
	}
	return out
}
