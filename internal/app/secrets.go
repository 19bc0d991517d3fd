package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
)

const customerKeyName = "customer-key"

// CustomerHash returns how the service of a tenant names customers in a store, for tools that read the store without it.
func CustomerHash(ctx context.Context, secrets ledger.Secrets, tenant string) (func(id string) surprise.CustomerKey, error) {
	key, err := keptSecret(ctx, secrets, customerKeyName, false)
	if err != nil {
		return nil, err
	}
	return hashWith(key, tenant), nil
}

func hashWith(key []byte, tenant string) func(id string) surprise.CustomerKey {
	return func(id string) surprise.CustomerKey { return surprise.HashCustomer(key, tenant, id) }
}

// keptSecret returns a key that is kept in the store, and made there on the first start.
func keptSecret(ctx context.Context, secrets ledger.Secrets, name string, reproducible bool) ([]byte, error) {
	candidate := make([]byte, offer.MinKeyLen)
	if reproducible {
		sum := sha256.Sum256([]byte(name))
		candidate = sum[:]
	} else if _, err := rand.Read(candidate); err != nil {
		return nil, fmt.Errorf("app: new %s: %w", name, err)
	}
	kept, err := secrets.Secret(ctx, name, candidate)
	if err != nil {
		return nil, fmt.Errorf("app: read %s from the store: %w", name, err)
	}
	return kept, nil
}

// secret remembers what it returns, for CheckStore.
func (e *Engine) secret(ctx context.Context, name string) ([]byte, error) {
	kept, err := keptSecret(ctx, e.Store, name, e.opts.Reproducible)
	if err == nil {
		e.secrets[name] = kept
	}
	return kept, err
}

// errOtherStore says that the store is not the one that was opened.
var errOtherStore = errors.New("the store's keys have changed: it has lost its data, or is another one. Stopping, since offers and records would no longer fit; " +
	"restore its data, or start again to begin anew")

// CheckStore reports whether the store can be reached, and errOtherStore if its keys are no longer those of the start.
func (e *Engine) CheckStore(ctx context.Context) error {
	for name, kept := range e.secrets {
		now, err := e.Store.Secret(ctx, name, kept)
		if err != nil {
			return ledger.Unavailable(err)
		}
		if !bytes.Equal(now, kept) {
			return errOtherStore
		}
	}
	return nil
}

// checkTenant refuses a store that was begun for another tenant: what is not named by customer, such as limits, would be shared.
func (e *Engine) checkTenant(ctx context.Context) error {
	kept, err := e.Store.Secret(ctx, "tenant", []byte(e.opts.Tenant))
	if err != nil {
		return fmt.Errorf("app: read the tenant from the store: %w", err)
	}
	if string(kept) != e.opts.Tenant {
		return fmt.Errorf("--tenant: this store belongs to tenant %q, not %q; give each tenant a store of its own", kept, e.opts.Tenant)
	}
	return nil
}
