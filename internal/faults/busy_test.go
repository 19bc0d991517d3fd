package faults

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// tills is how many work at once in a busy shop.
const tills = 6

// busy is a shop in which numbered pieces are claimed, confirmed, given back and left.
type busy struct {
	*keeper
	store, limit string
	confirmed    atomic.Int64
	visits       atomic.Int64
}

func newBusy(k *keeper, store string) *busy {
	return &busy{keeper: k, store: store, limit: k.e.Catalog().Limit("pieces").Key(time.Now(), store)}
}

// start returns when all tills are at work; stop ends that.
func (b *busy) start() (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var all sync.WaitGroup
	for till := range tills {
		all.Go(func() {
			for n := till; ctx.Err() == nil; n += tills {
				b.visit(n)
			}
		})
	}
	b.await(2 * tills)
	return func() { cancel(); all.Wait() }
}

// await returns when so many more visits are over.
func (b *busy) await(more int64) {
	end := time.Now().Add(patience)
	for from := b.visits.Load(); b.visits.Load() < from+more; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.Error("the shop stands still")
			return
		}
	}
}

// pause lets what was under way come to its end.
func (b *busy) pause(context.Context) { b.await(4 * tills) }

// visit is that of one customer: some confirm, most give back, and some leave.
func (b *busy) visit(n int) {
	defer b.visits.Add(1)
	customer := fmt.Sprint(b.store, "-", n)
	res, err := b.e.Recommender.Recommend(b.Context(), request(customer, b.store))
	if err != nil {
		b.Errorf("%s: %v", customer, err)
		return
	}
	if len(res.GetOffers()) == 0 {
		return // there are no more
	}
	c, _, err := b.e.Ledger.Claim(b.Context(), &surprisev1.ClaimRequest{OfferToken: res.GetOffers()[0].GetToken(), CustomerId: customer})
	switch {
	case surprise.ReasonOf(err) == surprise.LimitExhausted:
		return
	case err != nil:
	case n%31 == 0:
		if _, _, err = b.e.Ledger.Confirm(b.Context(), &surprisev1.ConfirmRequest{ClaimId: c.GetClaimId()}); err == nil {
			b.confirmed.Add(1)
		}
	case n%29 != 0:
		_, _, err = b.e.Ledger.Cancel(b.Context(), &surprisev1.CancelRequest{ClaimId: c.GetClaimId()})
	}
	if err != nil {
		b.Errorf("%s: %v", customer, err)
	}
}
