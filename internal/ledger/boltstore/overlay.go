package boltstore

import (
	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
)

// overlay collects changes of the limits bucket without making them, so that a refusal leaves the transaction as it was.
type overlay struct {
	bucket  *bbolt.Bucket
	changed map[string][]byte // nil: deleted
}

func (o *overlay) get(key []byte) []byte {
	if value, ok := o.changed[string(key)]; ok {
		return value
	}
	return o.bucket.Get(key)
}

func (o *overlay) put(key, value []byte) {
	if o.changed == nil {
		o.changed = make(map[string][]byte)
	}
	o.changed[string(key)] = value
}

// apply carries out one operation on the overlay. *ledger.LimitError: there is no room.
func (o *overlay) apply(op ledger.LimitOp) error {
	sum, err := decodeSum(o.get(limitKey(op.Limit, "")))
	if err != nil {
		return err
	}
	key := limitKey(op.Limit, op.ClaimID)
	e, exists, err := decodeEntry(o.get(key))
	if err != nil {
		return err
	}
	switch {
	case op.Action == ledger.Reserve && !exists:
		if op.Amount > op.Capacity-sum {
			return &ledger.LimitError{Limit: op.Limit}
		}
		o.put(key, entry{amount: op.Amount}.encode())
		o.setSum(op.Limit, sum+op.Amount)
	case op.Action == ledger.Post && exists:
		o.put(key, entry{amount: e.amount, posted: true}.encode())
	case op.Action == ledger.Release && exists && !e.posted:
		o.put(key, nil)
		o.setSum(op.Limit, sum-e.amount)
	}
	return nil
}

func (o *overlay) setSum(limit string, sum int64) {
	o.put(limitKey(limit, ""), putUint64(uint64(sum)))
}

// write makes the changes.
func (o *overlay) write() error {
	for key, value := range o.changed {
		var err error
		if value == nil {
			err = o.bucket.Delete([]byte(key))
		} else {
			err = o.bucket.Put([]byte(key), value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
