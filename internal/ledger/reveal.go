package ledger

import (
	"context"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// shown is the answer to a command: its claim with its number and code.
func (l *Ledger) shown(ctx context.Context, e *storev1.Entry, replayed bool, err error) (*surprisev1.Claim, bool, error) {
	if err != nil || e == nil {
		return nil, replayed, err
	}
	claims, err := l.reveal(ctx, e)
	if err != nil {
		return nil, false, err
	}
	return claims[0], replayed, nil
}

// ask is one number to be shown: that of a claim in a limit.
type ask struct {
	claim *surprisev1.Claim
	take  *storev1.LimitTake
}

// reveal shows entries with their serials and, once confirmed, their codes. It asks the store only where there are numbers.
func (l *Ledger) reveal(ctx context.Context, entries ...*storev1.Entry) ([]*surprisev1.Claim, error) {
	claims := make([]*surprisev1.Claim, len(entries))
	var asks []ask
	var refs []LimitRef
	for i, e := range entries {
		claims[i] = asClaim(e)
		for _, t := range e.GetTakes() {
			if secretOf(e, t) {
				asks = append(asks, ask{claims[i], t})
				refs = append(refs, LimitRef{Limit: t.GetLimit(), ClaimID: surprise.ClaimID(e.GetClaimId())})
			}
		}
	}
	if len(refs) == 0 {
		return claims, nil
	}
	numbers, err := l.store.Numbers(ctx, refs...)
	if err != nil {
		return nil, Unavailable(err)
	}
	for i, a := range asks {
		if err := l.fillNumber(ctx, a, numbers[i]); err != nil {
			return nil, err
		}
	}
	return claims, nil
}

// secretOf reports whether an entry has a number to show: a serial as long as it has the piece, a code only once it is given.
func secretOf(e *storev1.Entry, t *storev1.LimitTake) bool {
	held := e.GetState() == surprisev1.ClaimState_HELD && t.GetUnit() == surprisev1.LimitUnit_SERIALS
	return numbered(t) && (held || Counts(e))
}

func (l *Ledger) fillNumber(ctx context.Context, a ask, number int64) error {
	switch {
	case number == 0:
		return nil
	case a.take.GetUnit() == surprisev1.LimitUnit_SERIALS:
		a.claim.Serial, a.claim.SerialOf = number, a.take.GetCapacity()
		return nil
	default:
		code, err := l.code(ctx, a.take.GetLimit(), number)
		a.claim.Code = code
		return err
	}
}
