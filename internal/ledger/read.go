package ledger

import (
	"context"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Get returns one claim.
func (l *Ledger) Get(ctx context.Context, req *surprisev1.GetClaimRequest) (*surprisev1.Claim, error) {
	id, key, err := l.owned(req.GetClaimId(), req.GetCustomerId())
	if err != nil {
		return nil, err
	}
	rec, err := l.load(ctx, key)
	if err != nil {
		return nil, err
	}
	e := findEntry(rec, string(id))
	if e == nil {
		return nil, notFound()
	}
	claim, _, err := l.shown(ctx, e, false, nil)
	return claim, err
}

// findEntry returns the claim of an id in a record, or nil.
func findEntry(rec *storev1.Record, id string) *storev1.Entry {
	for _, e := range rec.GetEntries() {
		if e.GetClaimId() == id {
			return e
		}
	}
	return nil
}

const defaultPageSize = 50

// List returns a page of a customer's claims, the newest first, and the token of the next page.
func (l *Ledger) List(ctx context.Context, req *surprisev1.ListClaimsRequest) ([]*surprisev1.Claim, string, error) {
	rec, err := l.load(ctx, l.opts.Hash(req.GetCustomerId()))
	if err != nil {
		return nil, "", err
	}
	entries := unburied(rec.GetEntries())
	// The token is the number of older entries: new claims do not shift the pages.
	left := len(entries)
	if tok := req.GetPageToken(); tok != "" {
		n, err := strconv.Atoi(tok)
		if err != nil || n < 0 {
			return nil, "", surprise.FieldErrorf(surprise.InvalidRequest, "page_token", "send next_page_token exactly as it was returned, or nothing")
		}
		left = min(n, left)
	}
	size := int(req.GetPageSize())
	if size == 0 {
		size = defaultPageSize
	}
	var page []*storev1.Entry
	for ; left > 0 && len(page) < size; left-- {
		page = append(page, entries[left-1])
	}
	out, err := l.reveal(ctx, page...)
	if err != nil || left == 0 {
		return out, "", err
	}
	return out, strconv.Itoa(left), nil
}

func (l *Ledger) load(ctx context.Context, key surprise.CustomerKey) (*storev1.Record, error) {
	loaded, err := l.store.Load(ctx, key)
	if err != nil {
		return nil, Unavailable(err)
	}
	return DecodeRecord(loaded[0].Data)
}

// memoriesBut leaves one entry out; nil: none.
func memoriesBut(rec *storev1.Record, but *storev1.Entry, n int) []*surprisev1.Memory {
	var out []*surprisev1.Memory
	for _, e := range rec.GetEntries() {
		if e == but || !Counts(e) || e.GetMemoryTag() == "" {
			continue
		}
		at := len(out)
		for at > 0 && e.GetDelivered().AsTime().After(out[at-1].GetDelivered().AsTime()) {
			at--
		}
		if at < n {
			out = slices.Insert(out, at, &surprisev1.Memory{Delivered: e.GetDelivered(), Tag: e.GetMemoryTag(), Template: e.GetTemplate()})
			out = out[:min(len(out), n)]
		}
	}
	return out
}

// asClaim shows an entry to callers, without its number and code, which are not in the record.
func asClaim(e *storev1.Entry) *surprisev1.Claim {
	if e == nil {
		return nil
	}
	return &surprisev1.Claim{
		ClaimId: e.GetClaimId(), State: e.GetState(), Template: e.GetTemplate(), Level: e.GetLevel(), Category: e.GetCategory(), Kind: e.GetKind(),
		Purpose: e.GetPurpose(), Channel: e.GetChannel(), Store: e.GetStore(), Stage: e.GetStage(), VisitId: e.GetVisitId(), StaffId: e.GetStaffId(),
		CostMinor: e.GetCostMinor(), Created: e.GetCreated(), HoldUntil: e.GetHoldUntil(), Ended: e.GetEnded(), Delivered: e.GetDelivered(),
		CancelReason: e.GetCancelReason(), MemoryTag: e.GetMemoryTag(), OverLimit: e.GetOverLimit(), WithoutHold: e.GetWithoutHold(),
		DecisionId: e.GetDecisionId(), CatalogRevision: e.GetCatalogRevision(), Returned: e.GetReturned(), OrderId: e.GetOrderId(),
		Slot: proto.CloneOf(e.GetSlot()), Trial: proto.CloneOf(e.GetTrial()), WishId: e.GetWishId(),
		Lease:        e.GetLease(), // never changed, only replaced
		WalletReason: e.GetWalletReason(), TicketId: e.GetTicketId(), OccasionDay: e.GetOccasionDay(),
	}
}
