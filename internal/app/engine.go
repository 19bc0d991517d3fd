// Package app wires the program together: an Engine decides and keeps the ledger, an App serves it.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/storeurl"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/wish"
)

// EngineOptions says what an Engine works on.
type EngineOptions struct {
	// CatalogDir is the folder of the catalogue. Required.
	CatalogDir string
	// Store is where the ledger is kept: bolt:PATH, redis://..., rediss://..., or mem: for nowhere.
	Store string
	// Tenant separates the keys of several services in one store, and their offers. Empty: default.
	Tenant string
	// Durability says when a change counts: local (once the store has it) or replicated (once replicas have it too). Empty: local.
	Durability string
	// OfferKeys sign offers, the first one, and check them, all; empty: a key is created on first start and kept in the store.
	OfferKeys [][]byte
	// Reproducible derives the keys that are made on first start from their names, so that the same input has the same answers. Only for
	// ledgers that nobody else sees: whoever has the program can guess its choices and forge its offers.
	Reproducible bool
	// Clock tells the time; nil: the system's.
	Clock func() time.Time
	// Warn is told about what is allowed but worth a look; nil: nobody is.
	Warn func(msg string)
	// Step is called at the steps of each change, see StepBefore in package ledger; nil: nothing is.
	Step func(name string)
}

// Engine decides and keeps the ledger, without any network in front.
type Engine struct {
	Recommender *recommend.Recommender
	Ledger      *ledger.Ledger
	Headroom    *ledger.Headroom
	Store       ledger.Store
	opts        EngineOptions
	secrets     map[string][]byte // as they were read at the start; never changed after it
	snapshot    atomic.Pointer[recommend.Snapshot]
}

// NewEngine loads the catalogue and opens the store. The error is catalog.Problems when the catalogue is broken.
func NewEngine(ctx context.Context, opts EngineOptions) (*Engine, error) {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Warn == nil {
		opts.Warn = func(string) {}
	}
	if opts.Tenant == "" {
		opts.Tenant = "default"
	}
	e := &Engine{opts: opts}
	if err := e.Reload(ctx); err != nil {
		return nil, err
	}
	e.secrets = map[string][]byte{}
	store, err := storeurl.Open(ctx, opts.Store, storeurl.Options{Tenant: opts.Tenant, Warn: opts.Warn, Durability: opts.Durability, Step: opts.Step})
	if err != nil {
		return nil, err
	}
	e.Store = store
	if err := e.wire(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	new(gcTuner).tune()
	return e, nil
}

func (e *Engine) wire(ctx context.Context) error {
	if err := e.checkTenant(ctx); err != nil {
		return err
	}
	customerKey, err := e.secret(ctx, customerKeyName)
	if err != nil {
		return err
	}
	signer, err := e.signer(ctx)
	if err != nil {
		return err
	}
	choiceKey, err := e.secret(ctx, "choice-key")
	if err != nil {
		return err
	}
	hash := hashWith(customerKey, e.opts.Tenant)
	e.Ledger = ledger.New(e.Store, signer, e.Catalog, ledger.Options{Clock: e.opts.Clock, Pause: pause, Hash: hash, Step: e.opts.Step})
	e.Headroom = ledger.NewHeadroom(e.Store, e.opts.Clock).WithPools(e.Ledger)
	e.Recommender = recommend.New(recommend.Options{
		Snapshot: e.snapshot.Load, Records: e.Store, Room: e.Headroom, Signer: signer, Calendar: calendar.New(),
		Clock: e.opts.Clock, Random: rand.Reader, Hash: hash, ChoiceKey: choiceKey, Turns: e.Ledger,
	})
	return nil
}

func (e *Engine) signer(ctx context.Context) (*offer.Signer, error) {
	keys := e.opts.OfferKeys
	if len(keys) == 0 {
		kept, err := e.secret(ctx, "offer-key")
		if err != nil {
			return nil, err
		}
		keys = [][]byte{kept}
	}
	return offer.NewSigner(e.opts.Tenant, keys...)
}

// Catalog returns the catalogue in force.
func (e *Engine) Catalog() *catalog.Catalog { return e.snapshot.Load().Catalog }

// Wishes finds what wishes are about, by the catalogue in force.
func (e *Engine) Wishes() *wish.Matcher { return e.snapshot.Load().Wishes }

// Reload reads the catalogue's folder again and swaps it in. A broken one changes nothing, nor does one that is not read by the time the context
// ends. It is for one goroutine at a time.
func (e *Engine) Reload(ctx context.Context) error {
	cat, err := LoadCatalog(ctx, e.opts.CatalogDir, e.opts.Warn)
	if err != nil {
		return err
	}
	e.snapshot.Store(&recommend.Snapshot{Catalog: cat, Matcher: match.NewIndex(cat, recommend.Ceiling(cat)), Wishes: wish.New(cat)})
	return nil
}

// Close closes the store.
func (e *Engine) Close() error { return e.Store.Close() }

// maxWarnings bounds how many of a catalogue's warnings are told at a time.
const maxWarnings = 20

// LoadCatalog reads a folder. The error is catalog.Problems when the catalogue is broken; warnings go to warn.
func LoadCatalog(ctx context.Context, dir string, warn func(string)) (*catalog.Catalog, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("catalog: %w; give the folder of the catalogue with --catalog", err)
	case !info.IsDir():
		return nil, fmt.Errorf("catalog: %s is a file; give the folder that it is in", dir)
	}
	cat, problems, err := catalog.LoadDirContext(ctx, os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, dir)
	}
	if problems.HasErrors() {
		return nil, problems
	}
	for _, p := range problems[:min(len(problems), maxWarnings)] {
		warn(p.String())
	}
	if left := len(problems) - maxWarnings; left > 0 {
		warn(fmt.Sprintf("and %d more warnings; all of them: surprised catalog check %s", left, dir))
	}
	return cat, nil
}
