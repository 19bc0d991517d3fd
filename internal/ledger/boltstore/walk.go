package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

var _ ledger.Walker = (*Store)(nil)

// pageSize is how many keys are read at one moment. Visits happen between the reads: one that took long, or wrote, within a read would keep bbolt from
// using space again, or wait for itself.
const pageSize = 256

// maxGaps bounds the numbers that Repair frees.
const maxGaps = 1_000_000

// WalkRecords visits every record, by key.
func (s *Store) WalkRecords(ctx context.Context, visit func(surprise.CustomerKey, ledger.Versioned, time.Time) error) error {
	type found struct {
		key surprise.CustomerKey
		record
	}
	return pages(ctx, s, customersBucket, func(k, v []byte) (found, error) {
		if len(k) != len(surprise.CustomerKey{}) {
			return found{}, fmt.Errorf("customer %x: %w", k, errLength)
		}
		r, err := decodeRecord(v)
		r.data = bytes.Clone(r.data)
		return found{surprise.CustomerKey(k), r}, err
	}, func(f found) error {
		return visit(f.key, ledger.Versioned{Version: f.version, Data: f.data}, decodeTime(f.due))
	})
}

// decodeTime is the time that encodeTime wrote.
func decodeTime(at uint64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(at ^ 1<<63)).UTC()
}

// WalkIndexes visits every entry of every index, by name's length, name and place.
func (s *Store) WalkIndexes(ctx context.Context, visit func(string, ledger.IndexEntry) error) error {
	type found struct {
		index string
		entry ledger.IndexEntry
	}
	return pages(ctx, s, indexBucket, func(k, v []byte) (found, error) {
		name, place, err := splitName(k)
		if err != nil {
			return found{}, err
		}
		e, err := decodeIndexEntry(place, v)
		return found{name, e}, err
	}, func(f found) error { return visit(f.index, f.entry) })
}

// splitName takes a key apart that named began.
func splitName(k []byte) (name string, rest []byte, err error) {
	if len(k) < 2 || len(k) < 2+int(binary.BigEndian.Uint16(k)) {
		return "", nil, errLength
	}
	end := 2 + int(binary.BigEndian.Uint16(k))
	return string(k[2:end]), k[end:], nil
}

// pages decodes all keys of a bucket, a page at one moment, and visits what was decoded.
func pages[T any](ctx context.Context, s *Store, bucket string, decode func(k, v []byte) (T, error), visit func(T) error) error {
	for last := []byte(nil); ; {
		var page []T
		err := s.view(ctx, "walk", func(tx *bbolt.Tx) error {
			c := tx.Bucket([]byte(bucket)).Cursor()
			for k, v := after(c, last); k != nil && len(page) < pageSize; k, v = c.Next() {
				item, err := decode(k, v)
				if err != nil {
					return err
				}
				page, last = append(page, item), bytes.Clone(k)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, item := range page {
			if err := visit(item); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

// after returns the first key after last; nil: the first.
func after(c *bbolt.Cursor, last []byte) (k, v []byte) {
	if k, v = c.Seek(last); last != nil && bytes.Equal(k, last) {
		return c.Next()
	}
	return k, v
}

// WalkLimits visits every limit as of one moment, by its name's length and name.
func (s *Store) WalkLimits(ctx context.Context, visit func(string, int64, []ledger.LimitEntry) error) error {
	for last := []byte(nil); ; {
		var w walkedLimit
		err := s.view(ctx, "walk", func(tx *bbolt.Tx) (err error) {
			w, err = nextLimit(tx.Bucket([]byte(limitsBucket)).Cursor(), last)
			return err
		})
		if err != nil || w.last == nil {
			return err
		}
		if err := visit(w.name, w.sum, w.entries); err != nil {
			return err
		}
		last = w.last
	}
}

type walkedLimit struct {
	name    string
	sum     int64
	entries []ledger.LimitEntry
	last    []byte // its last key; nil: there was no further limit
}

// nextLimit reads all keys of the limit after a key.
func nextLimit(c *bbolt.Cursor, last []byte) (w walkedLimit, err error) {
	k, v := after(c, last)
	if k == nil {
		return w, nil
	}
	if w.name, _, err = splitName(k); err != nil {
		return w, err
	}
	prefix := named(w.name)
	for ; bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := w.add(string(k[len(prefix):]), v); err != nil {
			return w, fmt.Errorf("limit %s: %w", w.name, err)
		}
		w.last = bytes.Clone(k)
	}
	return w, nil
}

// add reads an entry, or the total, whose claim id is empty.
func (w *walkedLimit) add(id string, value []byte) error {
	if id == "" {
		t, err := decodeTotal(value)
		w.sum = t.sum
		return err
	}
	e, _, err := decodeEntry(value)
	w.entries = append(w.entries, ledger.LimitEntry{ClaimID: surprise.ClaimID(id), Amount: e.amount, Posted: e.posted, Number: e.number})
	return err
}

// DropLimit deletes a limit with all its entries.
func (s *Store) DropLimit(ctx context.Context, limit string) error {
	return s.commit(ctx, "drop limit", &replaceTask{limit: limit})
}

// Repair makes the entries of a limit be exactly these, in one transaction.
func (s *Store) Repair(ctx context.Context, limit string, entries []ledger.LimitEntry) error {
	t, err := newReplaceTask(limit, entries)
	if err != nil {
		return err
	}
	return s.commit(ctx, "repair", t)
}

func newReplaceTask(limit string, entries []ledger.LimitEntry) (*replaceTask, error) {
	t := &replaceTask{limit: limit, entries: entries, keep: true}
	for _, e := range entries {
		t.total.sum += e.Amount
		t.total.highest = max(t.total.highest, e.Number)
	}
	if t.total.highest-int64(len(entries)) > maxGaps {
		return nil, fmt.Errorf("boltstore: repair: limit %s: the number %d is too high for %d entries to be true", limit, t.total.highest, len(entries))
	}
	return t, nil
}

// replaceTask deletes a limit, and writes it again if it is to be kept.
type replaceTask struct {
	limit   string
	entries []ledger.LimitEntry
	keep    bool
	total   total
}

func (t *replaceTask) check(*bbolt.Tx) (writes bool, err error) { return true, nil }

func (t *replaceTask) write(tx *bbolt.Tx) error {
	limits, freed := tx.Bucket([]byte(limitsBucket)), tx.Bucket([]byte(freedBucket))
	prefix := named(t.limit)
	if err := errors.Join(deleteAll(limits, prefix), deleteAll(freed, prefix)); err != nil || !t.keep {
		return err
	}
	if err := limits.Put(limitKey(t.limit, ""), t.total.encode()); err != nil {
		return err
	}
	taken := make(map[int64]bool)
	for _, e := range t.entries {
		taken[e.Number] = true
		value := entry{posted: e.Posted, amount: e.Amount, number: e.Number}.encode()
		if err := limits.Put(limitKey(t.limit, e.ClaimID), value); err != nil {
			return err
		}
	}
	for n := int64(1); n < t.total.highest; n++ {
		if taken[n] {
			continue
		}
		if err := freed.Put(freedKey(t.limit, n), nil); err != nil {
			return err
		}
	}
	return nil
}

// deleteAll deletes the keys with a prefix.
func deleteAll(b *bbolt.Bucket, prefix []byte) error {
	var keys [][]byte // bbolt's cursors skip keys when others are deleted under them
	c := b.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
