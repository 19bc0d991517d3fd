package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/surprise"
)

// How many each round has; claimers beyond half of them come when the primary is gone.
const (
	claimers   = 200
	pieces     = 100
	cancelling = 10
)

// everyRound is how many rounds there are for each failover.
const everyRound = 20

// TestPiecesThroughSentinelFailover loses the primary in the middle of a rush for numbered pieces: each is given once, and none is missing, also
// after a tenth was given back and taken by others.
func TestPiecesThroughSentinelFailover(t *testing.T) {
	t.Parallel() // it mostly waits
	s := ledgertest.Sentinel(t)
	rounds(t, "sentinel", s.URL(), func(*rush) (restore func()) {
		old := s.KillPrimary(t)
		return func() {
			s.AwaitPrimary(t, old)
			if err := old.Start(); err != nil {
				t.Fatal(err)
			}
			s.AwaitPrimary(t, old)
		}
	})
}

// TestPiecesThroughClusterFailover loses the master that counts the pieces, in the same way.
func TestPiecesThroughClusterFailover(t *testing.T) {
	t.Parallel()
	nodes := ledgertest.Cluster(t)
	rounds(t, "cluster", nodes.URL(), func(r *rush) (restore func()) {
		old := nodes.Master(t, slotOf("default:l:"+r.limit()))
		nodes.Kill(t, old)
		return func() {
			nodes.AwaitReady(t)
			if err := old.Start(); err != nil {
				t.Fatal(err)
			}
			nodes.AwaitReady(t)
		}
	})
}

// lose kills a server, and returns what waits until another has its place and then starts it again.
type lose func(r *rush) (restore func())

// rush is a round: many who want a piece of one store.
type rush struct {
	*testing.T
	e      *app.Engine
	store  string
	offers []*surprisev1.Offer
	claims []*surprisev1.Claim // by claimer; nil: none
	// repeated is how many calls were made again.
	repeated atomic.Int64
}

func rounds(t *testing.T, name, url string, lose lose) {
	e := engine(t, app.EngineOptions{Store: url, Durability: "replicated"}, 0)
	n, failovers, repeated, slowest := soak(1, 1000), 0, int64(0), time.Duration(0)
	for round := range n {
		r := &rush{T: t, e: e, store: fmt.Sprint("round-", round)}
		r.offers, r.claims = make([]*surprisev1.Offer, claimers), make([]*surprisev1.Claim, claimers)
		r.offer(func(int) bool { return true })
		if round%everyRound == 0 {
			failovers++
			slowest = max(slowest, r.through(lose))
		} else {
			r.each(func(int) bool { return true }, r.claim)
		}
		r.check("after the rush")
		r.second()
		r.check("after a tenth was given back")
		repeated += r.repeated.Load()
	}
	late := engine(t, app.EngineOptions{Store: url, Durability: "replicated"}, untilBack)
	reap(t, late)
	checkTaken(t, late, 0) // nobody confirmed
	verify(t, late, url, untilBack)
	if !t.Failed() {
		t.Logf("figure pieces through a failover: %s, %d rounds of %d claimers for %d pieces, %d cancelled in each: exactly %d each; %d failovers, "+
			"%d calls repeated, all had an answer %.1f s after a primary was lost",
			name, n, claimers, pieces, cancelling, pieces, failovers, repeated, slowest.Seconds())
	}
}

// through is the rush with a failover in its middle; it returns how long it took from the failover until all had an answer.
func (r *rush) through(lose lose) (took time.Duration) {
	half, lost, all := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var answered atomic.Int64
	go func() {
		defer close(all)
		r.each(func(int) bool { return true }, func(i int) {
			if i >= claimers/2 {
				<-lost
			}
			r.claim(i)
			if answered.Add(1) == claimers/4 {
				close(half)
			}
		})
	}()
	// Also where a step fails, nobody may be left that still works for the test.
	goOn := sync.OnceFunc(func() { close(lost) })
	defer func() { goOn(); <-all }()
	<-half
	began := time.Now()
	restore := lose(r)
	goOn()
	restored := make(chan struct{})
	go func() { <-all; took = time.Since(began); close(restored) }()
	restore()
	<-restored
	return took
}

// second has a tenth of the owners give theirs back, and all who have none ask again.
func (r *rush) second() {
	var owners []int
	for i, c := range r.claims {
		if c != nil {
			owners = append(owners, i)
		}
	}
	gone := owners[:min(cancelling, len(owners))]
	r.each(func(i int) bool { return slices.Contains(gone, i) }, r.cancel)
	empty := func(i int) bool { return r.claims[i] == nil && !slices.Contains(gone, i) }
	r.offer(empty)
	r.each(empty, r.claim)
}

// each runs work for some of the claimers, all at once.
func (r *rush) each(who func(i int) bool, work func(i int)) {
	var chosen []int
	for i := range claimers {
		if who(i) {
			chosen = append(chosen, i)
		}
	}
	var all sync.WaitGroup
	for _, i := range chosen {
		all.Go(func() { work(i) })
	}
	all.Wait()
}

func (r *rush) customer(i int) string { return fmt.Sprint(r.store, "-", i) }

func (r *rush) offer(who func(i int) bool) {
	r.each(who, func(i int) {
		r.insist(i, func(ctx context.Context) error {
			res, err := r.e.Recommender.Recommend(ctx, request(r.customer(i), r.store))
			if err == nil && len(res.GetOffers()) == 1 {
				r.offers[i] = res.GetOffers()[0]
			}
			return err
		})
	})
}

func (r *rush) claim(i int) {
	r.insist(i, func(ctx context.Context) error {
		c, _, err := r.e.Ledger.Claim(ctx, &surprisev1.ClaimRequest{OfferToken: r.offers[i].GetToken(), CustomerId: r.customer(i)})
		if err == nil {
			r.claims[i] = c
		}
		if surprise.ReasonOf(err) == surprise.LimitExhausted {
			return nil
		}
		return err
	})
}

func (r *rush) cancel(i int) {
	r.insist(i, func(ctx context.Context) error {
		c, _, err := r.e.Ledger.Cancel(ctx, &surprisev1.CancelRequest{ClaimId: r.claims[i].GetClaimId()})
		if err == nil && c.GetState() != surprisev1.ClaimState_CANCELLED {
			r.Errorf("cancelled: %v", c)
		}
		return err
	})
	r.claims[i] = nil
}

// insist repeats a call as long as it is told that it may.
func (r *rush) insist(i int, call func(ctx context.Context) error) {
	for end := time.Now().Add(2 * patience); ; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		err := call(ctx)
		cancel()
		var e *surprise.Error
		switch {
		case err == nil:
			return
		case !errors.As(err, &e) || !e.Retry || time.Now().After(end):
			r.Errorf("%s: %v", r.customer(i), err)
			return
		}
		r.repeated.Add(1)
	}
}

// check wants each number from 1 once.
func (r *rush) check(when string) {
	r.Helper()
	var numbers []int64
	for _, c := range r.claims {
		if c != nil {
			numbers = append(numbers, c.GetSerial())
		}
	}
	slices.Sort(numbers)
	for i := range int64(pieces) {
		if len(numbers) != pieces || numbers[i] != i+1 {
			r.Fatalf("%s, %s: the %d numbers are %v", r.store, when, len(numbers), numbers)
		}
	}
	if used, err := r.e.Store.Usage(r.Context(), r.limit()); err != nil || used[0] != pieces {
		r.Errorf("%s, %s: %v are taken, error %v", r.store, when, used, err)
	}
}

// limit is that of the store's pieces.
func (r *rush) limit() string { return r.e.Catalog().Limit("pieces").Key(time.Now(), r.store) }

// slotOf is the slot of a key that has this hash tag.
func slotOf(tag string) int {
	sum := uint16(0)
	for _, b := range []byte(tag) {
		sum ^= uint16(b) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1021
			} else {
				sum <<= 1
			}
		}
	}
	return int(sum) % 16384
}
