package ledger

import (
	"context"
	"strconv"

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
	for _, e := range rec.GetEntries() {
		if e.GetClaimId() == string(id) {
			return asClaim(e), nil
		}
	}
	return nil, notFound()
}

const defaultPageSize = 50

// List returns a page of a customer's claims, the newest first, and the token of the next page.
func (l *Ledger) List(ctx context.Context, req *surprisev1.ListClaimsRequest) ([]*surprisev1.Claim, string, error) {
	rec, err := l.load(ctx, l.opts.Hash(req.GetCustomerId()))
	if err != nil {
		return nil, "", err
	}
	entries := rec.GetEntries()
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
	var out []*surprisev1.Claim
	for ; left > 0 && len(out) < size; left-- {
		out = append(out, asClaim(entries[left-1]))
	}
	if left == 0 {
		return out, "", nil
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

// asClaim shows an entry to callers.
func asClaim(e *storev1.Entry) *surprisev1.Claim {
	if e == nil {
		return nil
	}
	return &surprisev1.Claim{
		ClaimId: e.GetClaimId(), State: e.GetState(), Template: e.GetTemplate(), Level: e.GetLevel(), Category: e.GetCategory(), Kind: e.GetKind(),
		Purpose: e.GetPurpose(), Channel: e.GetChannel(), Store: e.GetStore(), Stage: e.GetStage(), VisitId: e.GetVisitId(), StaffId: e.GetStaffId(),
		CostMinor: e.GetCostMinor(), Created: e.GetCreated(), HoldUntil: e.GetHoldUntil(), Ended: e.GetEnded(), Delivered: e.GetDelivered(),
		CancelReason: e.GetCancelReason(), MemoryTag: e.GetMemoryTag(), OverLimit: e.GetOverLimit(), WithoutHold: e.GetWithoutHold(),
		DecisionId: e.GetDecisionId(), CatalogRevision: e.GetCatalogRevision(),
	}
}
