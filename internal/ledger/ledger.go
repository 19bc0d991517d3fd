// Package ledger keeps what was promised and given: one record for each customer, and limits shared by all.
//
// The rules are a pure state machine over a record (machine.go, terms.go): record + command + now -> new record and the operations on
// limits, or a refusal with its reason. It does no I/O and has no clock. Stores (store.go) know bytes only and commit a change whole or
// not at all. Ledger joins the two: it loads a record, asks the machine, applies the change, and starts over when somebody was faster.
//
//	           Claim                Confirm
//	(nothing) -------> HELD --------------------> CONFIRMED
//	                    |  Cancel
//	                    +--------> CANCELLED
//	                    |  hold ran out
//	                    +--------> EXPIRED ---late Confirm---> a new entry, CONFIRMED
//
// All states but HELD are final. A hold that ran out is a hint: until somebody needs what it holds, a Confirm still works.
package ledger

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Ledger answers the claim calls over a store. It is safe for concurrent use.
type Ledger struct {
	store   Store
	signer  *offer.Signer
	catalog func() *catalog.Catalog
	opts    Options
	zones   calendar.Zones
	// stores are those that the index of stores is known to have. It has no more of them than catalogues and tills have stores.
	stores sync.Map
	// staged is nil where limits commit together with records.
	staged Staged
	// skew is how far the store's clock is ahead, in nanoseconds, where that is too much; else 0.
	skew   atomic.Int64
	shift  atomic.Pointer[shiftSpan] // nil: none was asked for
	reaped reapCounts
}

// Options has what a Ledger may be told.
type Options struct {
	// Clock tells the time. Required.
	Clock func() time.Time
	// Pause waits before another attempt at a contended record, or until the context ends. Required.
	Pause func(ctx context.Context, attempt int)
	// Hash turns a customer's id into the key of its record. Required.
	Hash func(customerID string) surprise.CustomerKey
	// Step is called at the steps of each change, see StepBefore; nil: nothing is.
	Step func(name string)
}

// New returns a ledger over a store. Catalog returns the catalogue in force.
func New(store Store, signer *offer.Signer, cat func() *catalog.Catalog, opts Options) *Ledger {
	staged, _ := store.(Staged)
	return &Ledger{store: store, signer: signer, catalog: cat, opts: opts, staged: staged}
}

// maxAttempts bounds how often a command is tried on a record that others keep changing. Each failed attempt means that another one
// succeeded, so only a storm on one customer gets there.
const maxAttempts = 1000

// transact loads a record, runs the command and applies what it changed, again from the start when the record was changed meanwhile.
func (l *Ledger) transact(ctx context.Context, key surprise.CustomerKey, command func(m *machine) (*storev1.Entry, error)) (*storev1.Entry, bool, error) {
	tr := l.newTrail()
	entry, replayed, err := l.try(ctx, key, tr, command)
	return entry, replayed, l.tidy(ctx, key, tr, err)
}

// try is transact without the tidying up, for commands that try in several ways.
func (l *Ledger) try(ctx context.Context, key surprise.CustomerKey, tr *trail, command func(m *machine) (*storev1.Entry, error)) (*storev1.Entry, bool, error) {
	for attempt := 0; ; attempt++ {
		entry, replayed, err := l.attempt(ctx, key, tr, command)
		if !errors.Is(err, ErrConflict) {
			return entry, replayed, err
		}
		if ctx.Err() != nil || attempt == maxAttempts {
			return nil, false, &surprise.Error{Reason: surprise.StoreConflict, Retry: true, Err: err,
				Message: "this customer's record is being changed by too many calls at once; repeat the call"}
		}
		l.opts.Pause(ctx, attempt)
	}
}

func (l *Ledger) attempt(ctx context.Context, key surprise.CustomerKey, tr *trail, command func(m *machine) (*storev1.Entry, error)) (*storev1.Entry, bool, error) {
	loaded, err := l.store.Load(ctx, key)
	if err != nil {
		return nil, false, Unavailable(err)
	}
	m, err := l.machine(loaded[0].Data)
	if err != nil {
		return nil, false, err
	}
	entry, err := command(m)
	switch {
	case err != nil:
		return entry, !m.changed, err
	case !m.changed:
		return entry, true, l.sync(ctx, key, loaded[0].Version)
	case l.staged != nil && m.mixed():
		if done, err := l.tickAlone(ctx, key, loaded[0]); done {
			return nil, false, err
		}
	}
	change, err := m.change(key, loaded[0].Version)
	if err != nil {
		return nil, false, err
	}
	if l.staged != nil {
		change.Limits = markReturns(change.Limits)
	}
	err = l.apply(ctx, change)
	tr.note(m, change, err)
	return entry, false, err
}

// machine starts at a stored record, now.
func (l *Ledger) machine(data []byte) (*machine, error) {
	return newMachine(data, l.opts.Clock(), l.catalog().Policies.Retention)
}

// sync makes sure, before a replay is answered, that what was read outlives the loss of a server. ErrConflict: it may not have.
func (l *Ledger) sync(ctx context.Context, key surprise.CustomerKey, version uint64) error {
	durable, ok := l.store.(Durable)
	if !ok || version == 0 {
		return nil
	}
	err := durable.Sync(ctx, key, version)
	if err == nil || errors.Is(err, ErrConflict) {
		return err
	}
	return Unavailable(err)
}

// apply passes ErrConflict and *LimitError on; everything else means that the store could not be asked.
func (l *Ledger) apply(ctx context.Context, change Change) error {
	l.step(StepBefore)
	err := l.store.Apply(ctx, change)
	l.step(StepAfter)
	var limit *LimitError
	if err == nil || errors.Is(err, ErrConflict) || errors.As(err, &limit) {
		return err
	}
	return Unavailable(err)
}

// Unavailable wraps a failure of the store for callers.
func Unavailable(err error) error {
	return &surprise.Error{Reason: surprise.StoreUnavailable, Retry: true, Err: err,
		Message: "the store cannot be reached now; repeat the same call, it has one effect however often it arrives"}
}

// DecodeRecord reads a stored record; no data is an empty one.
func DecodeRecord(data []byte) (*storev1.Record, error) {
	rec := &storev1.Record{}
	if err := proto.Unmarshal(data, rec); err != nil {
		return nil, &surprise.Error{Reason: surprise.Internal, Message: "this customer's record cannot be read", Err: err}
	}
	return rec, nil
}
