package boltstore

import (
	"bytes"

	"go.etcd.io/bbolt"
)

// overlay collects changes of a bucket without making them, so that a refusal leaves the transaction as it was.
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

// first returns the first key with a prefix, or nil. It takes as many steps as there are changes.
func (o *overlay) first(prefix []byte) (found []byte) {
	for key, value := range o.changed {
		k := []byte(key)
		if value != nil && bytes.HasPrefix(k, prefix) && (found == nil || bytes.Compare(k, found) < 0) {
			found = k
		}
	}
	c := o.bucket.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix) && k != nil; k, _ = c.Next() {
		if value, ok := o.changed[string(k)]; ok && value == nil {
			continue
		}
		if found == nil || bytes.Compare(k, found) < 0 {
			found = bytes.Clone(k)
		}
		break
	}
	return found
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
