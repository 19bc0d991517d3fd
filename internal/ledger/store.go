package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/surprise-service/surprised/internal/surprise"
)

// Store keeps records, limits and secrets. It knows bytes only: every rule over them is in this package, not in stores.
//
// Duties of every implementation, which ledgertest.Run checks:
//   - Safe for concurrent use. Every method honours the context's deadline.
//   - A change is applied whole or not at all, durable when Apply returns nil.
//   - Applying is linearizable: of two changes that expect the same version of a record, one gets ErrConflict.
//   - A limit's entries never add up to more than the capacity of the operation that reserves.
//   - When the outcome is unknown (a lost reply), Apply returns an error that is neither ErrConflict nor a *LimitError; the caller
//     may repeat the whole transaction from Load.
//
// Duties of the caller: it does not change bytes that it passed in or got back.
type Store interface {
	Records
	Limits
	Secrets
	// Ping reports whether the store can serve now.
	Ping(ctx context.Context) error
	// Close releases what the store holds. Nothing may be called after it.
	Close() error
}

// Records keeps one blob for each customer, with compare-and-set.
type Records interface {
	// Load returns the records of keys, in their order, in one round trip. A record that does not exist has Version 0 and no Data.
	Load(ctx context.Context, keys ...surprise.CustomerKey) ([]Versioned, error)
	// Apply commits a change. ErrConflict: the record has another version; nothing was written. *LimitError: a reservation does
	// not fit; nothing was written.
	Apply(ctx context.Context, change Change) error
	// Due returns up to n customers whose Due time is at or before t, the earliest first. It does not remove them.
	Due(ctx context.Context, t time.Time, n int) ([]surprise.CustomerKey, error)
}

// Limits tells how much of each limit is taken.
type Limits interface {
	// Usage returns the sum of the entries of each limit, in the order of keys; 0 for a limit never used.
	Usage(ctx context.Context, keys ...string) ([]int64, error)
}

// Secrets keeps keys that all replicas share.
type Secrets interface {
	// Secret returns the secret of this name. Where there is none, candidate is stored and returned; of several callers at once,
	// all get the same.
	Secret(ctx context.Context, name string, candidate []byte) ([]byte, error)
}

// Versioned is a record's bytes as of one version.
type Versioned struct {
	// Version counts the changes of the record, from 1. 0: there is no record.
	Version uint64
	Data    []byte
}

// Change is all that one command writes.
type Change struct {
	Key surprise.CustomerKey
	// Expect is the version that was read; the record gets Expect + 1.
	Expect uint64
	// Data is the new record.
	Data []byte
	// Due is when the record wants to be looked at again (its earliest hold runs out); zero: never.
	Due time.Time
	// Limits are applied in their order: a release frees room for a reservation after it.
	Limits []LimitOp
}

// MaxAmount bounds amounts and capacities, so that sums stay exact also where numbers are doubles (2^53 is about 9.007e15).
const MaxAmount = 9_000_000_000_000_000

// Check refuses operations that no caller can mean, which would free room or overflow a sum. Every store begins with it.
func (c Change) Check() error {
	for _, op := range c.Limits {
		switch {
		case op.Limit == "" || op.ClaimID == "":
			return fmt.Errorf("ledger: a limit operation needs a limit and a claim id, got %q and %q", op.Limit, op.ClaimID)
		case op.Action < Reserve || op.Action > Release:
			return fmt.Errorf("ledger: limit %s: action %d is unknown", op.Limit, op.Action)
		case min(op.Amount, op.Capacity) < 0 || max(op.Amount, op.Capacity) > MaxAmount:
			return fmt.Errorf("ledger: limit %s: amount %d of %d is not within 0 and %d", op.Limit, op.Amount, op.Capacity, int64(MaxAmount))
		}
	}
	return nil
}

// LimitAction is what an operation does to one entry of a limit.
type LimitAction int

// The actions. Each is idempotent by claim id.
const (
	// Reserve enters an amount if the limit's entries stay within the capacity. An entry that exists already stays as it is.
	Reserve LimitAction = iota + 1
	// Post makes a reserved entry final. Without an entry it does nothing.
	Post
	// Release removes a reserved entry. A posted or missing one is left alone.
	Release
)

// LimitOp changes the entry of one claim in one limit. A limit is a map by claim id, never a bare counter.
type LimitOp struct {
	// Limit names limit, period and store, see LimitKey.
	Limit    string
	Action   LimitAction
	ClaimID  surprise.ClaimID
	Amount   int64
	Capacity int64
}

// ErrConflict says that a record changed between Load and Apply.
var ErrConflict = errors.New("ledger: the record has changed")

// LimitError says which limit has no room for a reservation.
type LimitError struct {
	Limit string
}

// Error names the limit.
func (e *LimitError) Error() string { return fmt.Sprintf("ledger: limit %s is exhausted", e.Limit) }
