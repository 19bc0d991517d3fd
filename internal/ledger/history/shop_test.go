package history

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
)

// offerLife is how long the offers of these tests are valid.
const offerLife = 15 * time.Minute

// shop is a ledger over some store, with a clock that tests move.
type shop struct {
	*ledger.Ledger
	store  ledger.Store
	signer *offer.Signer
	cat    *catalog.Catalog
	nanos  atomic.Int64
	offers atomic.Int64
}

func opening() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

func newShop(store ledger.Store, signer *offer.Signer, cat *catalog.Catalog) *shop {
	s := &shop{store: store, signer: signer, cat: cat}
	s.nanos.Store(opening().UnixNano())
	s.Ledger = s.over(store)
	return s
}

// over is a ledger of the same shop over another store.
func (s *shop) over(store ledger.Store) *ledger.Ledger {
	return ledger.New(store, s.signer, func() *catalog.Catalog { return s.cat }, ledger.Options{
		Clock: s.clock, Hash: hash, Pause: func(context.Context, int) { time.Sleep(50 * time.Microsecond) },
	})
}

func (s *shop) clock() time.Time     { return time.Unix(0, s.nanos.Load()).UTC() }
func (s *shop) pass(d time.Duration) { s.nanos.Add(int64(d)) }

func hash(id string) surprise.CustomerKey { return surprise.HashCustomer([]byte("secret"), "test", id) }

func newSigner(t testing.TB) *offer.Signer {
	t.Helper()
	signer, err := offer.NewSigner("test", make([]byte, offer.MinKeyLen))
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func loadCatalog(t testing.TB, yaml string) *catalog.Catalog {
	t.Helper()
	cat, problems := catalog.Load([]catalog.File{{Name: "test.yaml", Data: []byte(yaml)}})
	if cat == nil {
		t.Fatal(problems)
	}
	return cat
}

// sign makes an offer of the level "small" to a customer, from what o says beyond that.
func (s *shop) sign(customer string, o *storev1.OfferClaims) (offer.Signed, error) {
	key, now := hash(customer), s.clock()
	o.Customer, o.DecisionId, o.Level, o.Channel, o.TimeZone = key[:], fmt.Sprint("d", s.offers.Add(1)), "small", surprisev1.Channel_POS, "UTC"
	o.Issued, o.Expires = timestamppb.New(now), timestamppb.New(now.Add(offerLife))
	return s.signer.Sign(o)
}

func (s *shop) usage(t testing.TB, limit string) int64 {
	t.Helper()
	u, err := s.store.Usage(t.Context(), limit)
	if err != nil {
		t.Fatal(err)
	}
	return u[0]
}

// soak is n where long tests are switched on, else the few that CI has time for.
func soak(few, n int) int {
	if os.Getenv("SURPRISED_SOAK") != "" {
		return n
	}
	return few
}

// each calls work with 0 to n-1, as many at once as there are workers.
func each(workers, n int, work func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wait.Wait()
}
