package engine

import (
	"slices"
	"testing"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func open(t *testing.T) *Engine {
	t.Helper()
	e, err := Open(t.Context(), "mem:", "bench")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func claimAll(t *testing.T, e *Engine, reqs []*surprisev1.ClaimRequest) {
	t.Helper()
	for _, req := range reqs {
		if err := e.Claim(t.Context(), req); err != nil {
			t.Fatalf("customer %s: %v", req.GetCustomerId(), err)
		}
	}
}

// TestHot takes a unit of the one limit with each claim, also of a customer's second one.
func TestHot(t *testing.T) {
	e := open(t)
	offers := e.Offers(Hot)
	for _, n := range []int{Customers - 5, 10} {
		reqs, err := offers.Next(n)
		if err != nil {
			t.Fatal(err)
		}
		claimAll(t, e, reqs)
	}
	if got, err := e.Taken(t.Context()); err != nil || got != Customers+5 {
		t.Errorf("got %d, %v, want %d", got, err, Customers+5)
	}
}

// TestSpread takes from a limit of the customer's own, or from none.
func TestSpread(t *testing.T) {
	e := open(t)
	reqs, err := e.Offers(Spread).Next(3)
	if err != nil {
		t.Fatal(err)
	}
	claimAll(t, e, reqs)
	for store, want := range map[string]int64{"spread-0-0": 1, "spread-0-1": 0, "spread-0-2": 1} {
		view, err := e.ledger.Stock(t.Context(), "spread", store)
		if err != nil || view.GetTaken() != want {
			t.Errorf("%s: got %d, %v, want %d", store, view.GetTaken(), err, want)
		}
	}
	if got, err := e.Taken(t.Context()); err != nil || got != 0 {
		t.Errorf("of the hot limit: got %d, %v, want 0", got, err)
	}
}

// TestOnce refuses a claim that measures nothing.
func TestOnce(t *testing.T) {
	e := open(t)
	reqs, err := e.Offers(Hot).Next(1)
	if err != nil {
		t.Fatal(err)
	}
	claimAll(t, e, reqs)
	if err := e.Claim(t.Context(), reqs[0]); err == nil {
		t.Error("a replay passed for a claim")
	}
}

// TestLaps gives a customer each template once, and then has new customers.
func TestLaps(t *testing.T) {
	o, seen := open(t).Offers(Hot), map[string]bool{}
	for lap := range 2 * templates {
		req, err := o.one(lap * Customers)
		if err != nil {
			t.Fatal(err)
		}
		claims, _, err := o.engine.signer.Verify(req.GetOfferToken())
		if err != nil {
			t.Fatal(err)
		}
		seen[req.GetCustomerId()+" "+claims.GetTemplate()] = true
	}
	if len(seen) != 2*templates {
		t.Errorf("got %d offers, want %d", len(seen), 2*templates)
	}
}

// TestSamples are claims that can be made, each with the names that a store will see.
func TestSamples(t *testing.T) {
	for kind, want := range map[Kind]int{Hot: 1, Spread: 2} {
		e := open(t)
		samples, err := e.Samples(t.Context(), kind)
		if err != nil || len(samples) != want {
			t.Fatalf("%s: got %d, %v, want %d", kind, len(samples), err, want)
		}
		before, err := e.Taken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range samples {
			claimAll(t, e, []*surprisev1.ClaimRequest{s.Request})
			if key := e.hash(s.Request.GetCustomerId()); !slices.Contains(s.Names, key.String()) || !slices.Contains(s.Names, string(key[:])) {
				t.Errorf("%s: got %q, which lack the customer's key", kind, s.Names)
			}
		}
		if after, err := e.Taken(t.Context()); err != nil || after-before != map[Kind]int64{Hot: 1, Spread: 0}[kind] {
			t.Errorf("%s: got %d units of the hot limit, %v", kind, after-before, err)
		}
	}
}
