// Package engine has the ledger by itself, without gRPC in front of it: what is left is the rules and the store.
package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/storeurl"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Engine is a ledger with a catalogue of its own. It is safe for concurrent use.
type Engine struct {
	ledger *ledger.Ledger
	store  ledger.Store
	signer *offer.Signer
	hash   func(id string) surprise.CustomerKey
}

// Open returns the engine over a store of package storeurl. The tenant keeps its keys apart from those of others.
func Open(ctx context.Context, spec, tenant string) (*Engine, error) {
	cat, problems := catalog.Load([]catalog.File{{Name: "bench.yaml", Data: text()}})
	if cat == nil {
		return nil, fmt.Errorf("the catalogue of the engine: %v", problems[0])
	}
	key := make([]byte, offer.MinKeyLen)
	_, _ = rand.Read(key) // never fails
	signer, err := offer.NewSigner(tenant, key)
	if err != nil {
		return nil, err
	}
	store, err := storeurl.Open(ctx, spec, storeurl.Options{Tenant: tenant, Warn: func(string) {}})
	if err != nil {
		return nil, err
	}
	hash := func(id string) surprise.CustomerKey { return surprise.HashCustomer([]byte(tenant), tenant, id) }
	opts := ledger.Options{Clock: time.Now, Pause: pause, Hash: hash}
	return &Engine{ledger.New(store, signer, func() *catalog.Catalog { return cat }, opts), store, signer, hash}, nil
}

// Close closes the store.
func (e *Engine) Close() error { return e.store.Close() }

// Claim makes a claim that was not made before.
func (e *Engine) Claim(ctx context.Context, req *surprisev1.ClaimRequest) error {
	_, replayed, err := e.ledger.Claim(ctx, req)
	if err == nil && replayed {
		err = errors.New("this claim was there already")
	}
	return err
}

// Taken returns how much of the hot limit was claimed.
func (e *Engine) Taken(ctx context.Context) (int64, error) {
	view, err := e.ledger.Stock(ctx, hotLimit, "")
	return view.GetTaken(), err
}

// offered is long enough for a run to end.
const offered = 24 * time.Hour

func (e *Engine) sign(customer, template, store string) (*surprisev1.ClaimRequest, error) {
	key, now := e.hash(customer), time.Now()
	signed, err := e.signer.Sign(&storev1.OfferClaims{
		Customer: key[:], DecisionId: rand.Text(), Template: template, Level: "small", Channel: surprisev1.Channel_POS, Store: store,
		VisitId: "visit", Issued: timestamppb.New(now), Expires: timestamppb.New(now.Add(offered)), TimeZone: "Asia/Taipei",
	})
	return &surprisev1.ClaimRequest{OfferToken: signed.Token, CustomerId: customer, StaffId: "ann"}, err
}

// pause is hardly ever needed: no customer has two calls at once.
func pause(context.Context, int) { time.Sleep(time.Millisecond) }
