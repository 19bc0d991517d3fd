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
	Indexes
	Log
	Secrets
	// Ping reports whether the store can serve now.
	Ping(ctx context.Context) error
	// Close releases what the store holds. Nothing may be called after it.
	Close() error
}

// Staged is what a store offers besides whose limits do not commit together with the record, because their keys live in different places. Its Apply
// reserves first, writes the record then, and posts or releases last; each step is idempotent, and a crash in between leaves only reservations
// that Overdue finds. See package protocolcheck.
//
// Its Apply differs from that of other stores in one point: where it returns ErrConflict, a *LimitError or an unknown outcome, reservations of the
// change may stay. The caller, who knows what records mean, either applies the claim after all, or writes a terminal claim and releases.
type Staged interface {
	// Overdue returns up to n reservations from before t that are neither posted nor released, the oldest first.
	Overdue(ctx context.Context, t time.Time, n int) ([]LimitRef, error)
	// Settle posts, releases or refunds entries as their records say. Reserve is refused.
	Settle(ctx context.Context, ops ...LimitOp) error
	// Postpone lets Overdue return these reservations again only after t.
	Postpone(ctx context.Context, t time.Time, refs ...LimitRef) error
}

// Clocked is offered by stores with a clock of their own.
type Clocked interface {
	// Time returns the store's time, as of about the middle of the call.
	Time(ctx context.Context) (time.Time, error)
}

// Walker is offered by stores that can be read as a whole, for verification and for cleaning up. What changes meanwhile may be seen or not.
type Walker interface {
	// WalkRecords visits every record with its due time (zero: never) until visit returns an error, which it returns.
	WalkRecords(ctx context.Context, visit func(key surprise.CustomerKey, record Versioned, due time.Time) error) error
	// WalkLimits visits every limit with its sum and all its entries.
	WalkLimits(ctx context.Context, visit func(limit string, sum int64, entries []LimitEntry) error) error
	// WalkIndexes visits every entry of every index.
	WalkIndexes(ctx context.Context, visit func(index string, entry IndexEntry) error) error
	// DropLimit deletes a limit with all its entries, numbers included: for periods that are long over.
	DropLimit(ctx context.Context, limit string) error
	// Repair replaces what a limit says: its entries become exactly these, and its sum theirs.
	Repair(ctx context.Context, limit string, entries []LimitEntry) error
}

// LimitEntry is what one claim has of a limit.
type LimitEntry struct {
	ClaimID surprise.ClaimID
	Amount  int64
	Posted  bool
	// Number is 0 where the limit has none.
	Number int64
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
	// Numbers returns the number of each entry, in the order of refs; 0 where there is no entry, or it has none.
	Numbers(ctx context.Context, refs ...LimitRef) ([]int64, error)
}

// LimitRef names the entry of one claim in one limit.
type LimitRef struct {
	Limit   string
	ClaimID surprise.ClaimID
}

// Indexes keeps ordered sets of members, each with a score and some bytes: waiting lists, walls, pools of codes and slots.
type Indexes interface {
	// Range returns up to n entries after a place, by score and then by member as bytes; nil: from the first. Backwards it returns those
	// before the place, from the last.
	Range(ctx context.Context, index string, from *IndexPlace, n int, backwards bool) ([]IndexEntry, error)
	// Find returns the entries of members, in their order. One that is not there has no Member.
	Find(ctx context.Context, index string, members ...string) ([]IndexEntry, error)
}

// IndexPlace is where an entry stands in its index.
type IndexPlace struct {
	Score  int64
	Member string
}

// IndexEntry is one member of an index.
type IndexEntry struct {
	IndexPlace
	Data []byte
}

// Log keeps what happened, in the order in which it was committed.
type Log interface {
	// Events returns up to n events after a cursor, the oldest first; the empty cursor is before all. A cursor that is none of this log's
	// is ErrCursor. Events that were trimmed meanwhile are passed over.
	Events(ctx context.Context, after string, n int) ([]Logged, error)
	// LastEvent returns the cursor of the latest event; empty where there is none.
	LastEvent(ctx context.Context) (string, error)
	// TrimEvents deletes up to about n events from before t, the oldest first, and returns how many.
	TrimEvents(ctx context.Context, t time.Time, n int) (int, error)
}

// Logged is an event with its place in the log. Cursors are text without spaces; later ones are not necessarily greater as text.
type Logged struct {
	Cursor string
	Data   []byte
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
	// Index is applied in its order, whatever the limits do. A reservation that asks for an index sees it as it was before the change.
	Index []IndexOp
	// Events are appended to the log in their order.
	Events []Event
}

// IndexOp puts a member into an index, in place of what it was there, or takes it out. Taking out what is not there does nothing.
type IndexOp struct {
	Index string
	IndexEntry
	Remove bool
}

// Event is one entry of the log.
type Event struct {
	Time time.Time
	Data []byte
}

// MaxAmount bounds amounts and capacities, so that sums stay exact also where numbers are doubles (2^53 is about 9.007e15).
const MaxAmount = 9_000_000_000_000_000

// Check refuses operations that no caller can mean, which would free room or overflow a sum. Every store begins with it.
func (c Change) Check() error {
	for _, op := range c.Limits {
		switch {
		case op.Limit == "" || op.ClaimID == "":
			return fmt.Errorf("ledger: a limit operation needs a limit and a claim id, got %q and %q", op.Limit, op.ClaimID)
		case op.Action < Reserve || op.Action > Refund:
			return fmt.Errorf("ledger: limit %s: action %d is unknown", op.Limit, op.Action)
		case min(op.Amount, op.Capacity) < 0 || max(op.Amount, op.Capacity) > MaxAmount:
			return fmt.Errorf("ledger: limit %s: amount %d of %d is not within 0 and %d", op.Limit, op.Amount, op.Capacity, int64(MaxAmount))
		case op.Numbered && op.Amount != 1:
			return fmt.Errorf("ledger: limit %s: a number is one unit, not %d", op.Limit, op.Amount)
		}
	}
	return c.checkIndex()
}

func (c Change) checkIndex() error {
	for _, op := range c.Index {
		switch {
		case op.Index == "" || op.Member == "":
			return fmt.Errorf("ledger: an index operation needs an index and a member, got %q and %q", op.Index, op.Member)
		case op.Score < 0:
			return fmt.Errorf("ledger: index %s: the score %d is negative", op.Index, op.Score)
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
	// Refund removes an entry, posted or not.
	Refund
)

// LimitOp changes the entry of one claim in one limit. A limit is a map by claim id, never a bare counter.
type LimitOp struct {
	// Limit names limit, period and store, see LimitKey.
	Limit    string
	Action   LimitAction
	ClaimID  surprise.ClaimID
	Amount   int64
	Capacity int64
	// Numbered gives a reservation the lowest number from 1 to the capacity that no other entry of the limit has.
	Numbered bool
	// Behind names an index: a reservation fails as if there were no room while the index has any member. Empty: none.
	Behind string
}

// ErrCursor says that a cursor is not of this log.
var ErrCursor = errors.New("ledger: no event has this cursor")

// ErrConflict says that a record changed between Load and Apply.
var ErrConflict = errors.New("ledger: the record has changed")

// LimitError says which limit has no room for a reservation.
type LimitError struct {
	Limit string
	// Behind tells that others wait in line for it.
	Behind bool
}

// Error names the limit.
func (e *LimitError) Error() string { return fmt.Sprintf("ledger: limit %s is exhausted", e.Limit) }
