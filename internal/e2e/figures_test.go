package e2e

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// soak is n where long tests are switched on, else the few that CI has time for.
func soak(few, n int) int {
	if os.Getenv("SURPRISED_SOAK") != "" {
		return n
	}
	return few
}

// gather runs n calls at once and returns the claims that came of them; calls that were refused because nothing is left have none.
func (s *service) gather(n int, call func(i int) (*surprisev1.Claim, error)) []*surprisev1.Claim {
	s.Helper()
	claims := make([]*surprisev1.Claim, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			c, err := call(i)
			if err != nil && status.Code(err) != codes.ResourceExhausted {
				s.Errorf("call %d: %v", i, err)
				return
			}
			claims[i] = c
		})
	}
	wait.Wait()
	return slices.DeleteFunc(claims, func(c *surprisev1.Claim) bool { return c == nil })
}

// TestNumberedPieces has 200 clients at once for 100 numbered pieces, again and again: each number is given once and none is missing, also after ten were
// given back and taken by others.
func TestNumberedPieces(t *testing.T) {
	onCatalog(t, "testdata/figures", func(s *service) {
		rounds := soak(3, 1000)
		for round := range rounds {
			store := fmt.Sprint("round-", round)
			offers := make([]*surprisev1.Offer, 200)
			s.gather(len(offers), func(i int) (*surprisev1.Claim, error) {
				req := request(fmt.Sprint(store, "-", i), "edition", surprisev1.Channel_APP)
				req.Moment.Store = store
				res, err := s.advise.Recommend(s.Context(), req)
				if err == nil {
					offers[i] = res.GetOffers()[0]
					s.own(req.GetCustomer().GetId(), offers[i])
				}
				return nil, err
			})
			claims := s.gather(len(offers), func(i int) (*surprisev1.Claim, error) { return s.tryClaim(offers[i]) })
			s.wantSerials(store, claims)
			s.gather(10, func(i int) (*surprisev1.Claim, error) {
				_, err := s.claims.Cancel(s.Context(), &surprisev1.CancelRequest{ClaimId: claims[i].GetClaimId()})
				return nil, err
			})
			s.wantSerials(store, append(claims[10:], s.gather(len(offers), func(i int) (*surprisev1.Claim, error) {
				owner, _ := s.owners.Load(offers[i].GetToken())
				c, err := s.claims.Claim(s.Context(), &surprisev1.ClaimRequest{OfferToken: offers[i].GetToken(), CustomerId: owner.(string)})
				if status.Code(err) == codes.FailedPrecondition || c.GetReplayed() { // cancelled, or had one already
					return nil, nil
				}
				return c.GetClaim(), err
			})...))
		}
		s.Logf("figure numbered pieces: 200 clients x 100 pieces x %d rounds, then 10 %% cancelled: exactly 100 each", rounds)
	})
}

func (s *service) wantSerials(where string, claims []*surprisev1.Claim) {
	s.Helper()
	var got []int64
	for _, c := range claims {
		got = append(got, c.GetSerial())
	}
	slices.Sort(got)
	for i := range int64(100) {
		if len(got) != 100 || got[i] != i+1 {
			s.Fatalf("%s: the %d numbers are %v", where, len(got), got)
		}
	}
}

// TestGiftCardCodes has 64 clients draw all codes of a pool, and every fifth claim is cancelled and its code drawn again: no code comes twice and none is lost.
func TestGiftCardCodes(t *testing.T) {
	onCatalog(t, "testdata/figures", func(s *service) {
		n := soak(500, 10_000)
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf("CODE-%05d", i)
		}
		for chunk := range slices.Chunk(all, 1000) {
			if _, err := s.stock.ImportCodes(s.Context(), &surprisev1.ImportCodesRequest{Limit: "cards", Codes: chunk}); err != nil {
				s.Fatal(err)
			}
		}
		d := &drawing{service: s, given: map[string]string{}}
		s.gather(64, func(int) (*surprisev1.Claim, error) {
			for d.refused.value() < 64 {
				if err := d.draw(); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
		// What was given back last may lie there still.
		s.eventually("all codes are given", func() bool { return d.draw() != nil || len(d.given) == n })
		if len(d.given) != n {
			s.Errorf("%d of %d codes were given", len(d.given), n)
		}
		s.Logf("figure codes: %d drawn by 64 clients in %d tries, every fifth cancelled: none twice, none lost", n, d.next.value())
	})
}

// drawing is many clients who draw from one pool.
type drawing struct {
	*service
	next, refused sequence
	mu            sync.Mutex
	given         map[string]string // code -> claim
}

func (d *drawing) draw() error {
	c, err := d.service.draw(d.next.next())
	switch {
	case err != nil:
		d.Error(err)
	case c == nil:
		d.refused.next()
	case c.GetState() == surprisev1.ClaimState_CONFIRMED:
		d.mu.Lock()
		defer d.mu.Unlock()
		if before, twice := d.given[c.GetCode()]; twice || c.GetCode() == "" {
			d.Errorf("the code %q of %s was that of %s before", c.GetCode(), c.GetClaimId(), before)
		}
		d.given[c.GetCode()] = c.GetClaimId()
	}
	return err
}

// draw takes a code for a customer of its own, and gives every fifth back; nil: none is left.
func (s *service) draw(i int) (*surprisev1.Claim, error) {
	req := request(fmt.Sprint("c", i), "gift", surprisev1.Channel_APP)
	res, err := s.advise.Recommend(s.Context(), req)
	s.own(req.GetCustomer().GetId(), res.GetOffers()...)
	if err != nil || len(res.GetOffers()) == 0 {
		return nil, err
	}
	c, err := s.tryClaim(res.GetOffers()[0])
	if status.Code(err) == codes.ResourceExhausted {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if i%5 == 0 {
		_, err := s.claims.Cancel(s.Context(), &surprisev1.CancelRequest{ClaimId: c.GetClaimId()})
		return c, err
	}
	confirmed, err := s.claims.Confirm(s.Context(), &surprisev1.ConfirmRequest{ClaimId: c.GetClaimId()})
	return confirmed.GetClaim(), err
}

// sequence counts, for many at once.
type sequence struct {
	mu sync.Mutex
	n  int
}

func (s *sequence) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return s.n
}

func (s *sequence) value() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}
