package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/surprise"
)

// patienceOfATill is how long a till waits for an answer.
const patienceOfATill = 600 * time.Millisecond

// replicas is a store whose changes count only when a replica has them.
type replicas struct {
	*testing.T
	e      *app.Engine
	tokens map[string]string
	claims map[string]*surprisev1.Claim // what was acknowledged
}

func newReplicas(t *testing.T, url string) *replicas {
	return &replicas{T: t, tokens: map[string]string{}, claims: map[string]*surprisev1.Claim{}, e: engine(t, app.EngineOptions{Store: url, Durability: "replicated"}, 0)}
}

// claim makes a customer's only claim, or asks again with the same token.
func (r *replicas) claim(e *app.Engine, customer string) (*surprisev1.Claim, error) {
	r.Helper()
	if r.tokens[customer] == "" {
		res, err := e.Recommender.Recommend(r.Context(), request(customer, "shop"))
		if err != nil {
			return nil, err
		}
		if len(res.GetOffers()) != 1 {
			r.Fatalf("%s: %v", customer, res)
		}
		r.tokens[customer] = res.GetOffers()[0].GetToken()
	}
	ctx, cancel := context.WithTimeout(r.Context(), patienceOfATill)
	defer cancel()
	c, _, err := e.Ledger.Claim(ctx, &surprisev1.ClaimRequest{OfferToken: r.tokens[customer], CustomerId: customer})
	if err == nil {
		r.claims[customer] = c
	}
	return c, err
}

func (r *replicas) mustClaim(e *app.Engine, customer string) *surprisev1.Claim {
	r.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		c, err := r.claim(e, customer)
		if err == nil && c.GetState() == surprisev1.ClaimState_HELD {
			return c
		}
		if err == nil || time.Now().After(end) {
			r.Fatalf("%s: %v, %v", customer, c, err)
		}
	}
}

// wantNoAnswer has a claim be neither refused nor acknowledged.
func (r *replicas) wantNoAnswer(customer string) {
	r.Helper()
	c, err := r.claim(r.e, customer)
	var e *surprise.Error
	if !errors.As(err, &e) || e.Reason != surprise.StoreUnavailable || !e.Retry {
		r.Fatalf("%s, while no replica has it: %v, %v", customer, c, err)
	}
}

// wantAll wants a store to have what was acknowledged, each once.
func (r *replicas) wantAll(e *app.Engine) {
	r.Helper()
	numbers := map[int64]string{}
	for customer, c := range r.claims {
		got := only(r.T, e, customer)
		if got.GetClaimId() != c.GetClaimId() || got.GetSerial() != c.GetSerial() || numbers[got.GetSerial()] != "" {
			r.Errorf("%s was told %v, and has %v, whose number %q has", customer, c, got, numbers[got.GetSerial()])
		}
		numbers[got.GetSerial()] = customer
	}
	if used, err := e.Store.Usage(r.Context(), e.Catalog().Limit("pieces").Key(time.Now(), "shop")); err != nil || used[0] != int64(len(r.claims)) {
		r.Errorf("%v are taken for %d claims, error %v", used, len(r.claims), err)
	}
	verify(r.T, e, "", 0)
}

// TestReplicaIsWaitedFor stops and cuts off the replica of one Redis: nothing is acknowledged that only the primary has, so nothing that was told is
// lost with it.
func TestReplicaIsWaitedFor(t *testing.T) {
	t.Parallel()
	primary := ledgertest.StartRedis(t)
	replica := ledgertest.StartRedis(t, "--replicaof", strings.Replace(primary.Addr, ":", " ", 1))
	ledgertest.AwaitReplicas(t, primary, 1)
	r := newReplicas(t, primary.URL()+"/0")
	for n := range 5 {
		r.mustClaim(r.e, fmt.Sprint("first-", n))
	}
	must(t, replica.Pause())
	r.wantNoAnswer("silent")
	r.wantNoAnswer("silent") // the record has it by now, and that is not enough
	must(t, replica.Resume())
	r.mustClaim(r.e, "silent")
	r.wantAll(r.e)

	cut := newRedisVault(t, replica.Addr)
	must(t, cut.client.Do(t.Context(), "replicaof", "no", "one").Err())
	ledgertest.AwaitReplicas(t, primary, 0)
	r.wantNoAnswer("cut")
	reckless := engine(t, app.EngineOptions{Store: primary.URL() + "/0"}, 0)
	if c, err := r.claim(reckless, "reckless"); err != nil || c.GetState() != surprisev1.ClaimState_HELD {
		t.Fatalf("with durability local: %v, %v", c, err)
	}
	delete(r.claims, "reckless")
	primary.Kill()

	promoted := engine(t, app.EngineOptions{Store: replica.URL() + "/0"}, 0)
	r.wantAll(promoted)
	for _, customer := range []string{"cut", "reckless"} {
		if claims, _, err := promoted.Ledger.List(t.Context(), &surprisev1.ListClaimsRequest{CustomerId: customer}); err != nil || len(claims) != 0 {
			t.Errorf("%s has %v, error %v: the replica was not cut off", customer, claims, err)
		}
		r.mustClaim(promoted, customer) // the same token is safe to send again
	}
	r.wantAll(promoted)
}

// TestReplicasOfAClusterAreWaitedFor stops all replicas of a cluster, and then loses the master that counts the pieces.
func TestReplicasOfAClusterAreWaitedFor(t *testing.T) {
	t.Parallel()
	nodes := ledgertest.Cluster(t)
	r := newReplicas(t, nodes.URL())
	for n := range 5 {
		r.mustClaim(r.e, fmt.Sprint("first-", n))
	}
	spare := nodes.Servers[len(nodes.Servers)/2:]
	for _, s := range spare {
		must(t, s.Pause())
	}
	r.wantNoAnswer("silent")
	r.wantNoAnswer("silent")
	for _, s := range spare {
		must(t, s.Resume())
	}
	nodes.AwaitReady(t)
	r.mustClaim(r.e, "silent")
	r.wantAll(r.e)
	limit := r.e.Catalog().Limit("pieces").Key(time.Now(), "shop")
	old := nodes.Master(t, slotOf("default:l:"+limit))
	nodes.Kill(t, old)
	nodes.AwaitReady(t)
	r.wantNoAnswer("after") // who counts now has no replica yet
	must(t, old.Start())
	nodes.AwaitReady(t)
	r.mustClaim(r.e, "after")
	r.wantAll(r.e)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
