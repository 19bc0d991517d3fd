package ledger

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Confirm acknowledges a delivery. However late, it is never lost: what no limit has room for is entered as over_limit.
func (l *Ledger) Confirm(ctx context.Context, req *surprisev1.ConfirmRequest) (*surprisev1.Claim, bool, error) {
	id, key, err := l.owned(req.GetClaimId(), req.GetCustomerId())
	if err != nil {
		return nil, false, err
	}
	c := confirmation{staffID: req.GetStaffId(), memoryTag: req.GetMemoryTag(), orderID: req.GetOrderId()}
	if c.delivered, err = l.past("delivered", req.GetDelivered()); err != nil {
		return nil, false, err
	}
	return l.delivered(ctx, key, nil, func(m *machine, full fullLimits) (*storev1.Entry, error) {
		c.trial = l.planTrial(m.find(id).GetTemplate())
		return m.confirm(id, c, full)
	})
}

// delivered runs a command about something that was given: a limit that has nothing left is passed over, and it is entered all the same. Refuse, if
// not nil, says for which limits it is not.
func (l *Ledger) delivered(ctx context.Context, key surprise.CustomerKey, refuse func(*LimitError) error,
	command func(m *machine, full fullLimits) (*storev1.Entry, error)) (*surprisev1.Claim, bool, error) {
	full, tr := fullLimits{}, l.newTrail()
	for {
		entry, replayed, err := l.try(ctx, key, tr, func(m *machine) (*storev1.Entry, error) { return command(m, full) })
		var none *LimitError
		if !errors.As(err, &none) || full[none.Limit] {
			return l.shown(ctx, entry, replayed, l.tidy(ctx, key, tr, err))
		}
		if refuse != nil {
			if err := refuse(none); err != nil {
				return nil, false, l.tidy(ctx, key, tr, err)
			}
		}
		full[none.Limit] = true
	}
}

// delivery is what a call of RecordDelivery enters.
type delivery struct {
	req       *surprisev1.RecordDeliveryRequest
	entry     *storev1.Entry
	at        time.Time // zero: now
	household string
	cat       *catalog.Catalog
	// template is nil for a surprise of the clerk's own.
	template *catalog.Template
}

// RecordDelivery enters a surprise that was given without an offer. It is never refused for a cooldown, a cap or a limit: it happened. Only what
// the staff wallet is to pay must fit into it, unless it was given already.
func (l *Ledger) RecordDelivery(ctx context.Context, req *surprisev1.RecordDeliveryRequest) (*surprisev1.Claim, bool, error) {
	at, err := l.past("delivered", req.GetDelivered())
	if err != nil {
		return nil, false, err
	}
	key, err := l.customer(req.GetCustomerId())
	if err != nil {
		return nil, false, err
	}
	d := delivery{req: req, at: at, household: HouseholdKey(l.opts.Hash, req.GetHouseholdId()), cat: l.catalog()}
	if d.entry, err = d.newEntry(key); err != nil {
		return nil, false, err
	}
	invalid, first := d.describe(), surprise.ClaimID(d.entry.GetClaimId())
	c := confirmation{delivered: at, staffID: req.GetStaffId(), memoryTag: req.GetMemoryTag(), trial: l.planTrial(req.GetTemplate())}
	return l.delivered(ctx, key, l.walletRefusal(ctx, d), func(m *machine, full fullLimits) (*storev1.Entry, error) {
		// What was entered before stays so, whatever the catalogue says now.
		id, known := m.nextID(first, "delivery again")
		if known != nil {
			return known, replayError(known, d.entry.GetFingerprint())
		}
		if invalid != nil {
			return nil, invalid
		}
		if err := m.checkErased(orNow(at, m.now)); err != nil {
			return nil, err
		}
		own, err := l.deliveryIn(ctx, d, orNow(at, m.now), m.now)
		if err != nil {
			return nil, err
		}
		own.ClaimId = string(id)
		m.useTurn(own)
		return m.record(own, c, full), nil
	})
}

// deliveryIn fills in what depends on the time at which it was given.
func (l *Ledger) deliveryIn(ctx context.Context, d delivery, given, now time.Time) (*storev1.Entry, error) {
	own := proto.CloneOf(d.entry)
	if own.GetVisitId() == "" {
		own.VisitId = DayVisit(given.In(d.cat.Location))
	}
	if d.template != nil {
		takes, err := l.takesOf(ctx, d.template, own.GetCostMinor(), given, own.GetStore())
		if err != nil {
			return nil, err
		}
		own.Takes = takes
	}
	own.Takes = append(own.Takes, householdTakes(d.cat, d.template, own, d.household, given)...)
	if !d.req.GetAlreadyGiven() {
		given = now // nobody pays from the allowance of a shift that is over
	}
	return own, d.payBy(own, given)
}

func orNow(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t
}

// DayVisit stands for the visit of callers that have no visit ids: the day.
func DayVisit(t time.Time) string { return "day:" + t.Format(time.DateOnly) }

func (d *delivery) newEntry(key surprise.CustomerKey) (*storev1.Entry, error) {
	req := d.req
	content := proto.CloneOf(req)
	content.CustomerId = "" // in the key already
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("ledger: encode delivery: %w", err)
	}
	return &storev1.Entry{
		ClaimId: string(surprise.NewClaimID(key, "delivery", []byte(req.GetDeliveryId()))), Fingerprint: fingerprint("delivery", hex.EncodeToString(data)),
		Template: req.GetTemplate(), Level: req.GetLevel(), Kind: req.GetKind(), Category: catalog.CategoryOf(req.GetKind()), Purpose: surprisev1.Purpose_DELIGHT,
		Channel: req.GetChannel(), Store: req.GetStore(), VisitId: req.GetVisitId(), CatalogRevision: d.cat.Revision,
		CostMinor: req.GetCostMinor(), OrderId: req.GetOrderId(), WalletReason: req.GetWalletReason(),
	}, nil
}

// describe fills in what the catalogue says of what was given, and says what is wrong with the request.
func (d *delivery) describe() error {
	if id := d.entry.GetTemplate(); id != "" {
		if d.template = d.cat.Template(id); d.template == nil {
			return surprise.FieldErrorf(surprise.UnknownTemplate, "template", "the catalogue has no template %q; leave it out and give a kind", id)
		}
		level := d.template.Level(d.entry.GetLevel())
		if level == nil {
			return surprise.FieldErrorf(surprise.UnknownTemplate, "level", "template %q has no level %q", id, d.entry.GetLevel())
		}
		describeBy(d.entry, d.template)
		setOrder(d.entry, d.template, d.req.GetOrderId())
		d.entry.Level, d.entry.CostMinor = level.ID, level.CostMinor
	}
	return d.checkWallet()
}
