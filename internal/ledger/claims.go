package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Claim takes an offer for its hold time. The same token returns the same claim however often it is sent; replayed tells.
func (l *Ledger) Claim(ctx context.Context, req *surprisev1.ClaimRequest) (claim *surprisev1.Claim, replayed bool, err error) {
	o, id, err := l.offered(req.GetOfferToken(), req.GetCustomerId())
	if err != nil {
		return nil, false, err
	}
	cat := l.catalog()
	t := cat.Template(o.GetTemplate())
	entry, replayed, err := l.transact(ctx, surprise.CustomerKey(o.GetCustomer()), func(m *machine) (*storev1.Entry, error) {
		return l.claimIn(m, cat, t, o, id, req.GetStaffId())
	})
	return asClaim(entry), replayed, l.exhausted(err)
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

func (l *Ledger) claimIn(m *machine, cat *catalog.Catalog, t *catalog.Template, o *storev1.OfferClaims, id surprise.ClaimID, staffID string) (*storev1.Entry, error) {
	e := entryOf(o, id)
	e.StaffId = staffID
	if m.find(id) == nil {
		if err := offer.Expired(o, m.now); err != nil {
			return nil, err
		}
		if t == nil {
			return nil, surprise.FieldErrorf(surprise.OfferInvalid, "offer_token", "the catalogue no longer has the template of this offer; ask for a new recommendation")
		}
		e.Category, e.Kind, e.Purpose = t.Category, t.Kind, t.Purpose
		e.Takes = takes(t, o.GetCostMinor(), m.now, o.GetStore(), o.GetHousehold())
	}
	if t == nil {
		return m.claim(e, Terms{}, 0)
	}
	return m.claim(e, TermsFor(cat, t, o.GetChannel(), o.GetVisitId(), o.GetOccurrence(), location(o.GetTimeZone())), t.Hold)
}

func entryOf(o *storev1.OfferClaims, id surprise.ClaimID) *storev1.Entry {
	return &storev1.Entry{
		ClaimId: string(id), Fingerprint: fingerprint("offer", o.GetDecisionId(), o.GetTemplate(), o.GetLevel()),
		Template: o.GetTemplate(), Level: o.GetLevel(), Channel: o.GetChannel(), Store: o.GetStore(), Stage: o.GetStage(), VisitId: o.GetVisitId(),
		CostMinor: o.GetCostMinor(), Occurrence: o.GetOccurrence(), DecisionId: o.GetDecisionId(), CatalogRevision: o.GetCatalogRevision(),
	}
}

func takes(t *catalog.Template, cost int64, now time.Time, store, household string) []*storev1.LimitTake {
	var out []*storev1.LimitTake
	for _, lim := range t.Limits {
		if amount := lim.Amount(cost); amount > 0 {
			out = append(out, &storev1.LimitTake{Limit: lim.Key(now, store), Amount: amount, Capacity: lim.Capacity})
		}
	}
	return append(out, Household{Key: household, Category: t.Category, Cooldown: t.Cooldowns.Household}.takes(now)...)
}

// location is for time zones that were valid when they were written down.
func location(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return loc
}

func fingerprint(parts ...string) []byte {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum(nil)[:16]
}

// exhausted turns a store's word on a limit into a refusal with the time at which the limit starts anew.
func (l *Ledger) exhausted(err error) error {
	var full *LimitError
	if !errors.As(err, &full) {
		return err
	}
	if isHousehold(full.Limit) {
		return surprise.Errorf(surprise.Cooldown, "somebody of the customer's household had a surprise of this category; offer another one")
	}
	name, _, _ := strings.Cut(full.Limit, "|")
	out := &surprise.Error{Reason: surprise.LimitExhausted, Err: err, Message: fmt.Sprintf("nothing is left of %s; offer another surprise", name)}
	if lim := l.catalog().Limit(name); lim != nil {
		out.Until = lim.NextPeriod(l.opts.Clock())
	}
	return out
}

// Confirm acknowledges a delivery. However late, it is never lost: what no limit has room for is entered as over_limit.
func (l *Ledger) Confirm(ctx context.Context, req *surprisev1.ConfirmRequest) (*surprisev1.Claim, bool, error) {
	id, key, err := l.owned(req.GetClaimId(), req.GetCustomerId())
	if err != nil {
		return nil, false, err
	}
	c := confirmation{staffID: req.GetStaffId(), memoryTag: req.GetMemoryTag()}
	if c.delivered, err = l.past(req.GetDelivered()); err != nil {
		return nil, false, err
	}
	return l.delivered(ctx, key, func(m *machine, full fullLimits) (*storev1.Entry, error) { return m.confirm(id, c, full) })
}

// delivered runs a command about something that was given: a limit that has nothing left is passed over, and it is entered all the same.
func (l *Ledger) delivered(ctx context.Context, key surprise.CustomerKey, command func(m *machine, full fullLimits) (*storev1.Entry, error)) (*surprisev1.Claim, bool, error) {
	full := fullLimits{}
	for {
		entry, replayed, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) { return command(m, full) })
		var none *LimitError
		if !errors.As(err, &none) || full[none.Limit] {
			return asClaim(entry), replayed, err
		}
		full[none.Limit] = true
	}
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

func (l *Ledger) past(given *timestamppb.Timestamp) (time.Time, error) {
	if given == nil {
		return time.Time{}, nil
	}
	if err := given.CheckValid(); err != nil {
		return time.Time{}, surprise.FieldErrorf(surprise.InvalidRequest, "delivered", "it is no time between the years 1 and 9999")
	}
	t := given.AsTime()
	if t.Year() < firstYear {
		return t, surprise.FieldErrorf(surprise.InvalidRequest, "delivered", "%s is too long ago to be meant", t.Format(time.RFC3339))
	}
	if t.After(l.opts.Clock().Add(maxClockSkew)) {
		return t, surprise.FieldErrorf(surprise.InvalidRequest, "delivered", "%s is in the future; leave it out for now", t.Format(time.RFC3339))
	}
	return t, nil
}

// Cancel gives a claim up. By its offer token it works even when the claim is still on its way: it will then be refused.
func (l *Ledger) Cancel(ctx context.Context, req *surprisev1.CancelRequest) (*surprisev1.Claim, bool, error) {
	reason := req.GetReason()
	if reason == surprisev1.CancelReason_CANCEL_REASON_UNSPECIFIED {
		reason = surprisev1.CancelReason_NOT_DELIVERED
	}
	var tombstone *storev1.Entry
	id, key, err := l.owned(req.GetClaimId(), req.GetCustomerId())
	if req.GetOfferToken() != "" {
		var o *storev1.OfferClaims
		if o, id, err = l.offered(req.GetOfferToken(), req.GetCustomerId()); err == nil {
			key, tombstone = surprise.CustomerKey(o.GetCustomer()), entryOf(o, id)
			l.describe(tombstone)
		}
	}
	if err != nil {
		return nil, false, err
	}
	entry, replayed, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		return m.cancel(id, reason, proto.CloneOf(tombstone))
	})
	return asClaim(entry), replayed, err
}

// describe fills in what the catalogue says of an entry's template.
func (l *Ledger) describe(e *storev1.Entry) {
	if t := l.catalog().Template(e.GetTemplate()); t != nil {
		e.Category, e.Kind, e.Purpose = t.Category, t.Kind, t.Purpose
	}
}

// RecordDelivery enters a surprise that was given without an offer. It is never refused for a cooldown, a cap or a limit: it happened.
func (l *Ledger) RecordDelivery(ctx context.Context, req *surprisev1.RecordDeliveryRequest) (*surprisev1.Claim, bool, error) {
	at, err := l.past(req.GetDelivered())
	if err != nil {
		return nil, false, err
	}
	key := l.opts.Hash(req.GetCustomerId())
	e, err := l.deliveryEntry(req, key)
	if err != nil {
		return nil, false, err
	}
	t, unknown := l.describeDelivery(e)
	household := HouseholdKey(l.opts.Hash, req.GetHouseholdId())
	c := confirmation{delivered: at, staffID: req.GetStaffId(), memoryTag: req.GetMemoryTag()}
	return l.delivered(ctx, key, func(m *machine, full fullLimits) (*storev1.Entry, error) {
		// What was entered before stays so, whatever the catalogue says now.
		if unknown != nil && m.find(surprise.ClaimID(e.GetClaimId())) == nil {
			return nil, unknown
		}
		own := proto.CloneOf(e)
		given := orNow(at, m.now)
		if own.GetVisitId() == "" {
			own.VisitId = DayVisit(given.In(l.catalog().Location))
		}
		if t != nil {
			own.Takes = takes(t, own.GetCostMinor(), given, own.GetStore(), household)
		}
		return m.record(own, c, full)
	})
}

func orNow(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t
}

// DayVisit stands for the visit of callers that have no visit ids: the day.
func DayVisit(t time.Time) string { return "day:" + t.Format(time.DateOnly) }

func (l *Ledger) deliveryEntry(req *surprisev1.RecordDeliveryRequest, key surprise.CustomerKey) (*storev1.Entry, error) {
	content := proto.CloneOf(req)
	content.CustomerId = "" // in the key already
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("ledger: encode delivery: %w", err)
	}
	return &storev1.Entry{
		ClaimId: string(surprise.NewClaimID(key, "delivery", []byte(req.GetDeliveryId()))), Fingerprint: fingerprint("delivery", hex.EncodeToString(data)),
		Template: req.GetTemplate(), Level: req.GetLevel(), Kind: req.GetKind(), Category: catalog.CategoryOf(req.GetKind()), Purpose: surprisev1.Purpose_DELIGHT,
		Channel: req.GetChannel(), Store: req.GetStore(), VisitId: req.GetVisitId(), CatalogRevision: l.catalog().Revision,
	}, nil
}

// describeDelivery fills in what the catalogue says of what was given; t is nil for a surprise of the clerk's own.
func (l *Ledger) describeDelivery(e *storev1.Entry) (t *catalog.Template, err error) {
	if e.GetTemplate() == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	if t = l.catalog().Template(e.GetTemplate()); t == nil {
		return nil, surprise.FieldErrorf(surprise.UnknownTemplate, "template", "the catalogue has no template %q; leave it out and give a kind", e.GetTemplate())
	}
	level := t.Level(e.GetLevel())
	if level == nil {
		return nil, surprise.FieldErrorf(surprise.UnknownTemplate, "level", "template %q has no level %q", t.ID, e.GetLevel())
	}
	l.describe(e)
	e.Level, e.CostMinor = level.ID, level.CostMinor
	return t, nil
}
