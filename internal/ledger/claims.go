package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
)

// wanted is what a call of Claim asks for.
type wanted struct {
	loc   *time.Location // of the customer
	offer *storev1.OfferClaims
	id    surprise.ClaimID
	req   *surprisev1.ClaimRequest
	cat   *catalog.Catalog
	// template may be nil: the catalogue may have lost it.
	template *catalog.Template
}

// Claim takes an offer for its hold time. The same token returns the same claim however often it is sent; replayed tells.
func (l *Ledger) Claim(ctx context.Context, req *surprisev1.ClaimRequest) (claim *surprisev1.Claim, replayed bool, err error) {
	o, id, err := l.offered(req.GetOfferToken(), req.GetCustomerId())
	if err != nil {
		return nil, false, err
	}
	cat := l.catalog()
	w := wanted{loc: l.location(o.GetTimeZone()), offer: o, id: id, req: req, cat: cat, template: cat.Template(o.GetTemplate())}
	var entry *storev1.Entry
	key, tr := surprise.CustomerKey(o.GetCustomer()), l.newTrail()
	for range maxSlotTries {
		entry, replayed, err = l.try(ctx, key, tr, func(m *machine) (*storev1.Entry, error) {
			e, err := l.claimIn(ctx, m, w)
			if m.changed {
				l.listStore(m, e.GetStore())
			}
			return e, err
		})
		var full *LimitError
		if req.GetSlotId() != "" || !errors.As(err, &full) || !isSlot(full.Limit) {
			break
		}
	}
	if err == nil {
		l.stores.LoadOrStore(entry.GetStore(), true)
	}
	return l.shown(ctx, entry, replayed, l.exhausted(l.tidy(ctx, key, tr, err), entry))
}

// offered checks a token and that it is this customer's.
func (l *Ledger) offered(token, customerID string) (*storev1.OfferClaims, surprise.ClaimID, error) {
	o, id, err := l.signer.Verify(token)
	if err != nil {
		return nil, "", err
	}
	if key := l.opts.Hash(customerID); customerID != "" && string(key[:]) != string(o.GetCustomer()) {
		return nil, "", surprise.FieldErrorf(surprise.OfferInvalid, "customer_id", "this offer was made to another customer")
	}
	return o, id, nil
}

// claimIn makes the claim in a record. What a claim takes from outside of the record (a slot, the size of a pool) is asked only for a new one that is
// allowed.
func (l *Ledger) claimIn(ctx context.Context, m *machine, w wanted) (*storev1.Entry, error) {
	e := entryOf(w.offer, w.id, w.req)
	if known := m.find(w.id); known != nil {
		return known, replayError(known, e.GetFingerprint())
	}
	if err := l.checkTime(m); err != nil {
		return nil, err
	}
	if err := w.check(m); err != nil {
		return nil, err
	}
	t := w.template
	describeBy(e, t)
	setOrder(e, t, w.req.GetOrderId())
	if err := m.admit(w.terms(e)); err != nil {
		return nil, err
	}
	if err := l.assign(ctx, e, w, m.now); err != nil {
		return nil, err
	}
	if err := m.hold(e, holdUntil(e, t.Hold, m.now), behind(t, e.GetStore())); err != nil {
		return nil, err
	}
	if staff := w.req.GetStaffId(); staff != "" {
		m.lease(e, staff, l.leaseUntil(w.cat, e, m.now))
	}
	return e, nil
}

// check refuses what can be told without the rules of the ledger.
func (w wanted) check(m *machine) error {
	o, t := w.offer, w.template
	if err := offer.Expired(o, m.now); err != nil {
		return err
	}
	if erased := m.rec.GetErased(); erased != nil && !o.GetIssued().AsTime().After(erased.AsTime()) {
		return surprise.FieldErrorf(surprise.Erased, "offer_token", "the customer was erased after this offer was made; ask for a new recommendation")
	}
	if t == nil {
		return surprise.FieldErrorf(surprise.OfferInvalid, "offer_token", "the catalogue no longer has the template of this offer; ask for a new recommendation")
	}
	if t.PerOrder && w.req.GetOrderId() == "" {
		return surprise.FieldErrorf(surprise.InvalidRequest, "order_id", "%s is valid for one order; send the order's id", t.ID)
	}
	return checkSlot(t, w.req.GetSlotId())
}

func (w wanted) terms(e *storev1.Entry) Terms {
	terms := TermsFor(w.cat, w.template, e.GetChannel(), e.GetVisitId(), e.GetOccurrence(), w.loc)
	terms.Household = w.offer.GetHousehold()
	return terms
}

// assign fills in what a claim takes.
func (l *Ledger) assign(ctx context.Context, e *storev1.Entry, w wanted, now time.Time) error {
	takes, err := l.takesOf(ctx, w.template, e.GetCostMinor(), now, e.GetStore())
	if err != nil {
		return err
	}
	e.Takes = append(takes, householdTakes(w.cat, w.template, e, w.offer.GetHousehold(), now)...)
	if w.template.Trial != nil {
		e.Trial = &surprisev1.ClaimTrial{Product: w.template.Trial.Product}
	}
	return l.book(ctx, e, w.template, w.req.GetSlotId(), now)
}

// entryOf is the entry of an offer. Req is nil for a cancellation, which does not know what the claim asks for beyond the offer.
func entryOf(o *storev1.OfferClaims, id surprise.ClaimID, req *surprisev1.ClaimRequest) *storev1.Entry {
	parts := []string{"offer", o.GetDecisionId(), o.GetTemplate(), o.GetLevel()}
	for _, extra := range [2][2]string{{"slot", req.GetSlotId()}, {"order", req.GetOrderId()}} {
		if extra[1] != "" {
			parts = append(parts, extra[0], extra[1])
		}
	}
	return &storev1.Entry{
		ClaimId: string(id), Fingerprint: fingerprint(parts...), StaffId: req.GetStaffId(),
		Template: o.GetTemplate(), Level: o.GetLevel(), Channel: o.GetChannel(), Store: o.GetStore(), Stage: o.GetStage(), VisitId: o.GetVisitId(),
		CostMinor: o.GetCostMinor(), Occurrence: o.GetOccurrence(), DecisionId: o.GetDecisionId(), CatalogRevision: o.GetCatalogRevision(),
		WishId: o.GetWishId(), TicketId: o.GetTicketId(), OccasionDay: o.GetOccasionDay(),
	}
}

// describeBy fills in what the catalogue says of an entry's template; t may be nil.
func describeBy(e *storev1.Entry, t *catalog.Template) {
	if t != nil {
		e.Category, e.Kind, e.Purpose = t.Category, t.Kind, t.Purpose
	}
}

// location is for time zones that were valid when they were written down.
func (l *Ledger) location(name string) *time.Location {
	if loc, ok := l.zones.Find(name); ok {
		return loc
	}
	return time.UTC
}

func fingerprint(parts ...string) []byte {
	var space [256]byte
	text := space[:0]
	for _, p := range parts {
		text = append(append(strconv.AppendInt(text, int64(len(p)), 10), ':'), p...)
	}
	sum := sha256.Sum256(text)
	return sum[:16]
}

// Cancel gives a claim up. By its offer token it works even when the claim is still on its way: it will then be refused.
func (l *Ledger) Cancel(ctx context.Context, req *surprisev1.CancelRequest) (*surprisev1.Claim, bool, error) {
	reason := req.GetReason()
	if reason == surprisev1.CancelReason_CANCEL_REASON_UNSPECIFIED {
		reason = surprisev1.CancelReason_NOT_DELIVERED
	}
	var tombstone *storev1.Entry
	var issued time.Time
	id, key, err := l.owned(req.GetClaimId(), req.GetCustomerId())
	if req.GetOfferToken() != "" {
		var o *storev1.OfferClaims
		if o, id, err = l.offered(req.GetOfferToken(), req.GetCustomerId()); err == nil {
			key, tombstone, issued = surprise.CustomerKey(o.GetCustomer()), entryOf(o, id, nil), o.GetIssued().AsTime()
			describeBy(tombstone, l.catalog().Template(tombstone.GetTemplate()))
		}
	}
	if err != nil {
		return nil, false, err
	}
	entry, replayed, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		if tombstone != nil && m.find(id) == nil {
			if err := m.checkErased(issued); err != nil {
				return nil, err
			}
		}
		return m.cancel(id, reason, proto.CloneOf(tombstone))
	})
	return l.shown(ctx, entry, replayed, err)
}

// owned takes a claim id apart, and checks the customer if one is given.
func (l *Ledger) owned(claimID, customerID string) (surprise.ClaimID, surprise.CustomerKey, error) {
	id := surprise.ClaimID(claimID)
	key, ok := id.Customer()
	if !ok || customerID != "" && l.opts.Hash(customerID) != key {
		return "", key, notFound()
	}
	return id, key, nil
}

// firstYear is before any delivery.
const firstYear = 2000

// maxClockSkew is how far ahead of us a till's clock may be.
const maxClockSkew = 2 * time.Minute

// past reads the time of a request's field; zero where it is absent.
func (l *Ledger) past(field string, given *timestamppb.Timestamp) (time.Time, error) {
	if given == nil {
		return time.Time{}, nil
	}
	if err := given.CheckValid(); err != nil {
		return time.Time{}, surprise.FieldErrorf(surprise.InvalidRequest, field, "it is no time between the years 1 and 9999")
	}
	t := given.AsTime()
	if t.Year() < firstYear {
		return t, surprise.FieldErrorf(surprise.InvalidRequest, field, "%s is too long ago to be meant", t.Format(time.RFC3339))
	}
	if t.After(l.opts.Clock().Add(maxClockSkew)) {
		return t, surprise.FieldErrorf(surprise.InvalidRequest, field, "%s is in the future; leave it out for now", t.Format(time.RFC3339))
	}
	return t, nil
}
