package boltstore

import (
	"bytes"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
)

// applyTask commits one change.
type applyTask struct {
	change ledger.Change
	// Set by check, for write.
	before record
	limits limitsOverlay
}

func (t *applyTask) check(tx *bbolt.Tx) (writes bool, err error) {
	value := tx.Bucket([]byte(customersBucket)).Get(t.change.Key[:])
	if t.before, err = decodeRecord(value); err != nil {
		return false, err
	}
	if t.before.version != t.change.Expect {
		return false, ledger.ErrConflict
	}
	t.limits = newLimitsOverlay(tx)
	for _, op := range t.change.Limits {
		if err := t.limits.apply(op); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (t *applyTask) write(tx *bbolt.Tx) error {
	key := t.change.Key
	after := record{version: t.change.Expect + 1, due: encodeTime(t.change.Due), data: t.change.Data}
	if after.due != t.before.due {
		if err := t.reschedule(tx.Bucket([]byte(dueBucket)), after.due); err != nil {
			return err
		}
	}
	if err := tx.Bucket([]byte(customersBucket)).Put(key[:], after.encode()); err != nil {
		return err
	}
	if err := t.limits.write(); err != nil {
		return err
	}
	if err := writeIndex(tx, t.change.Index); err != nil {
		return err
	}
	return writeEvents(tx, t.change.Events)
}

func (t *applyTask) reschedule(due *bbolt.Bucket, at uint64) error {
	if t.before.due != 0 {
		if err := due.Delete(dueKey(t.before.due, t.change.Key)); err != nil {
			return err
		}
	}
	if at == 0 {
		return nil
	}
	return due.Put(dueKey(at, t.change.Key), nil)
}

// secretTask finds a secret or stores the candidate.
type secretTask struct {
	name      string
	candidate []byte
	secret    []byte // set by check
}

func (t *secretTask) check(tx *bbolt.Tx) (writes bool, err error) {
	if found := tx.Bucket([]byte(secretsBucket)).Get([]byte(t.name)); found != nil {
		t.secret = bytes.Clone(found)
		return false, nil
	}
	t.secret = t.candidate
	return true, nil
}

func (t *secretTask) write(tx *bbolt.Tx) error {
	return tx.Bucket([]byte(secretsBucket)).Put([]byte(t.name), t.candidate)
}
