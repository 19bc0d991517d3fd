package boltstore

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// limitsOverlay carries out operations on limits without writing them.
type limitsOverlay struct {
	limits overlay
	freed  overlay
	index  *bbolt.Bucket
}

func newLimitsOverlay(tx *bbolt.Tx) limitsOverlay {
	return limitsOverlay{
		limits: overlay{bucket: tx.Bucket([]byte(limitsBucket))},
		freed:  overlay{bucket: tx.Bucket([]byte(freedBucket))},
		index:  tx.Bucket([]byte(indexBucket)),
	}
}

// apply carries out one operation. *ledger.LimitError: there is no room.
func (o *limitsOverlay) apply(op ledger.LimitOp) error {
	total, err := decodeTotal(o.limits.get(limitKey(op.Limit, "")))
	if err != nil {
		return err
	}
	key := limitKey(op.Limit, op.ClaimID)
	e, exists, err := decodeEntry(o.limits.get(key))
	if err != nil {
		return err
	}
	switch {
	case op.Action == ledger.Reserve && !exists:
		return o.reserve(op, total)
	case op.Action == ledger.Post && exists:
		e.posted = true
		o.limits.put(key, e.encode())
	case op.Action == ledger.Release && exists && !e.posted, op.Action == ledger.Refund && exists:
		o.limits.put(key, nil)
		if e.number != 0 {
			o.freed.put(freedKey(op.Limit, e.number), []byte{})
		}
		total.sum -= e.amount
		o.setTotal(op.Limit, total)
	}
	return nil
}

// reserve makes an entry where none is.
func (o *limitsOverlay) reserve(op ledger.LimitOp, total total) error {
	if op.Behind != "" && !isEmpty(o.index, op.Behind) {
		return &ledger.LimitError{Limit: op.Limit, Behind: true}
	}
	if op.Amount > op.Capacity-total.sum {
		return &ledger.LimitError{Limit: op.Limit}
	}
	e := entry{amount: op.Amount}
	if op.Numbered {
		var err error
		if e.number, err = o.takeNumber(op, &total); err != nil {
			return err
		}
	}
	o.limits.put(limitKey(op.Limit, op.ClaimID), e.encode())
	total.sum += op.Amount
	o.setTotal(op.Limit, total)
	return nil
}

// takeNumber takes the smallest number that no entry has: a freed one, or the one after the highest.
func (o *limitsOverlay) takeNumber(op ledger.LimitOp, total *total) (int64, error) {
	if key := o.freed.first(named(op.Limit)); key != nil {
		number, err := decodeFreed(key, op.Limit)
		switch {
		case err != nil:
			return 0, err
		case number > op.Capacity:
			return 0, &ledger.LimitError{Limit: op.Limit}
		}
		o.freed.put(key, nil)
		return number, nil
	}
	if total.highest >= op.Capacity {
		return 0, &ledger.LimitError{Limit: op.Limit}
	}
	total.highest++
	return total.highest, nil
}

func (o *limitsOverlay) setTotal(limit string, t total) {
	o.limits.put(limitKey(limit, ""), t.encode())
}

func (o *limitsOverlay) write() error {
	if err := o.limits.write(); err != nil {
		return err
	}
	return o.freed.write()
}

// limitKey is the key of a limit's entry, or of its total where the claim id is empty. The length tells where the name of the limit
// ends, and keeps the entries of a limit beside its total.
func limitKey(limit string, id surprise.ClaimID) []byte { return append(named(limit), id...) }

// freedKey is the key of a number that was freed.
func freedKey(limit string, number int64) []byte {
	return binary.BigEndian.AppendUint64(named(limit), uint64(number))
}

func decodeFreed(key []byte, limit string) (int64, error) {
	number := key[len(named(limit)):]
	if len(number) != wordLen {
		return 0, fmt.Errorf("a freed number of limit %s: %w", limit, errLength)
	}
	return int64(binary.BigEndian.Uint64(number)), nil
}

// total is what a limit holds in all.
type total struct {
	sum int64
	// highest is the highest number ever given; each up to it has an entry or was freed.
	highest int64
}

func (t total) encode() []byte {
	value := putUint64(uint64(t.sum))
	if t.highest != 0 {
		value = binary.BigEndian.AppendUint64(value, uint64(t.highest))
	}
	return value
}

func decodeTotal(value []byte) (total, error) {
	switch len(value) {
	case 0:
		return total{}, nil
	case wordLen:
		return total{sum: int64(binary.BigEndian.Uint64(value))}, nil
	case 2 * wordLen:
		return total{sum: int64(binary.BigEndian.Uint64(value)), highest: int64(binary.BigEndian.Uint64(value[wordLen:]))}, nil
	}
	return total{}, errLength
}

// entry is the amount that one claim has of a limit, and its number, 0 for none.
type entry struct {
	posted bool
	amount int64
	number int64
}

// The states as they are written.
const (
	reserved = 'r'
	posted   = 'p'
)

func (e entry) encode() []byte {
	state := byte(reserved)
	if e.posted {
		state = posted
	}
	value := binary.BigEndian.AppendUint64([]byte{state}, uint64(e.amount))
	if e.number != 0 {
		value = binary.BigEndian.AppendUint64(value, uint64(e.number))
	}
	return value
}

// decodeEntry reads an entry; nil is one that does not exist.
func decodeEntry(value []byte) (e entry, exists bool, err error) {
	if value == nil {
		return entry{}, false, nil
	}
	if len(value) != 1+wordLen && len(value) != 1+2*wordLen || value[0] != reserved && value[0] != posted {
		return entry{}, false, fmt.Errorf("an entry of a limit: %w", errLength)
	}
	e = entry{posted: value[0] == posted, amount: int64(binary.BigEndian.Uint64(value[1:]))}
	if len(value) > 1+wordLen {
		e.number = int64(binary.BigEndian.Uint64(value[1+wordLen:]))
	}
	return e, true, nil
}
