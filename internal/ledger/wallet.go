package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// The staff wallet is two limits, one of the clerk and shift and one of the store and period, and a bound for each incident. Both are charged in the
// change that enters the delivery, or neither.

const (
	walletPrefix = "@wallet|"
	walletShift  = walletPrefix + "shift|"
	walletStore  = walletPrefix + "store|"
)

func isWallet(limit string) bool { return strings.HasPrefix(limit, walletPrefix) }

// checkWallet refuses what the wallet never pays.
func (d *delivery) checkWallet() error {
	reason := d.req.GetWalletReason()
	switch reasons := d.cat.Wallet.Reasons; {
	case reason == "":
		return nil
	case !slices.Contains(reasons, reason):
		known := "it has none"
		if len(reasons) > 0 {
			known = "there are " + surprise.List(reasons)
		}
		return surprise.FieldErrorf(surprise.InvalidRequest, "wallet_reason", "the catalogue has no wallet reason %q: %s", reason, known)
	case d.req.GetStaffId() == "":
		return surprise.FieldErrorf(surprise.InvalidRequest, "staff_id", "the wallet pays for a clerk's idea: send who gave it")
	case d.cat.HasStores() && d.cat.Store(d.req.GetStore()) == nil && !d.req.GetAlreadyGiven():
		return surprise.FieldErrorf(surprise.InvalidRequest, "store", "the catalogue has no store %q, whose allowance would pay; send the id of one", d.req.GetStore())
	case d.entry.GetCostMinor() <= 0 && d.template != nil:
		return surprise.FieldErrorf(surprise.InvalidRequest, "template", "level %q of %s costs nothing; leave wallet_reason out", d.entry.GetLevel(), d.template.ID)
	case d.entry.GetCostMinor() <= 0:
		return surprise.FieldErrorf(surprise.InvalidRequest, "cost_minor", "the wallet needs to know what it cost, in minor units")
	default:
		return nil
	}
}

// payBy charges an entry to the wallet. What is more than one incident may cost is refused or, when it was given already, marked.
func (d *delivery) payBy(e *storev1.Entry, at time.Time) error {
	if e.GetWalletReason() == "" {
		return nil
	}
	w, cost := d.cat.Wallet, e.GetCostMinor()
	if cost > w.PerIncident {
		if !d.req.GetAlreadyGiven() {
			return &surprise.Error{Reason: surprise.WalletExhausted, Field: "cost_minor",
				Message: fmt.Sprintf("%d is more than the %d that the wallet pays for one incident; give something smaller", cost, w.PerIncident)}
		}
		e.OverLimit = true
	}
	shift, _ := d.cat.Shift(at)
	period, _ := walletPeriod(w.StorePeriod, at.In(d.cat.Location))
	e.Takes = append(e.Takes,
		&storev1.LimitTake{Limit: walletShift + d.req.GetStaffId() + "|" + shift, Amount: cost, Capacity: w.PerShift, Unit: surprisev1.LimitUnit_MONEY},
		&storev1.LimitTake{Limit: walletStore + e.GetStore() + "|" + period, Amount: cost, Capacity: w.PerStore, Unit: surprisev1.LimitUnit_MONEY})
	return nil
}

// walletRefusal says when a delivery is refused for the wallet's sake; nil: never.
func (l *Ledger) walletRefusal(ctx context.Context, d delivery) func(*LimitError) error {
	if d.req.GetWalletReason() == "" || d.req.GetAlreadyGiven() {
		return nil
	}
	return func(full *LimitError) error {
		if !isWallet(full.Limit) {
			return nil
		}
		return l.walletExhausted(ctx, d.cat, full.Limit, l.opts.Clock())
	}
}

// walletExhausted says which allowance is used up, what is left of it, and until when.
func (l *Ledger) walletExhausted(ctx context.Context, cat *catalog.Catalog, limit string, at time.Time) error {
	of, capacity := "the clerk's allowance for this shift", cat.Wallet.PerShift
	_, until := cat.Shift(at)
	if strings.HasPrefix(limit, walletStore) {
		of, capacity = "the store's allowance", cat.Wallet.PerStore
		_, until = walletPeriod(cat.Wallet.StorePeriod, at.In(cat.Location))
	}
	left := ""
	if used, err := l.store.Usage(ctx, limit); err == nil && len(used) == 1 {
		left = fmt.Sprintf(": %d of %d are left", max(capacity-used[0], 0), capacity)
	}
	return &surprise.Error{Reason: surprise.WalletExhausted, Until: until, Message: of + " does not cover it" + left + "; if it was given already, send already_given"}
}

// walletPeriod names the period of a store's allowance, and tells when it ends; zero: never.
func walletPeriod(p surprisev1.LimitPeriod, t time.Time) (name string, end time.Time) {
	y, m, d := t.Date()
	switch p {
	case surprisev1.LimitPeriod_FOREVER:
		return "", time.Time{}
	case surprisev1.LimitPeriod_WEEK:
		sinceMonday := (int(t.Weekday()) + 6) % 7
		monday := time.Date(y, m, d-sinceMonday, 0, 0, 0, 0, t.Location())
		return "week " + monday.Format(time.DateOnly), monday.AddDate(0, 0, 7)
	case surprisev1.LimitPeriod_MONTH:
		return t.Format("2006-01"), time.Date(y, m+1, 1, 0, 0, 0, 0, t.Location())
	default:
		return t.Format(time.DateOnly), time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())
	}
}
