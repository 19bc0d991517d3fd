package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
)

// eventsFill is how full bbolt leaves a page of events: they are only ever added at the end, so nothing needs room in between.
const eventsFill = 0.95

// Events returns up to n events after a cursor, the oldest first.
func (s *Store) Events(ctx context.Context, after string, n int) ([]ledger.Logged, error) {
	var found []ledger.Logged
	err := s.view(ctx, "events", func(tx *bbolt.Tx) error {
		events := tx.Bucket([]byte(eventsBucket))
		last, err := decodeCursor(after, events.Sequence())
		if err != nil {
			return err
		}
		c := events.Cursor()
		for k, v := c.Seek(putUint64(last + 1)); k != nil && len(found) < n; k, v = c.Next() {
			e, err := decodeEvent(k, v)
			if err != nil {
				return err
			}
			found = append(found, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// LastEvent returns the cursor of the latest event; empty where there is none.
func (s *Store) LastEvent(ctx context.Context) (cursor string, err error) {
	err = s.view(ctx, "last event", func(tx *bbolt.Tx) error {
		k, v := tx.Bucket([]byte(eventsBucket)).Cursor().Last()
		if k == nil {
			return nil
		}
		e, err := decodeEvent(k, v)
		cursor = e.Cursor
		return err
	})
	return cursor, err
}

// TrimEvents deletes up to n events from before t, up to the first that is not.
func (s *Store) TrimEvents(ctx context.Context, t time.Time, n int) (int, error) {
	task := &trimTask{before: encodeTime(t), n: n}
	if err := s.commit(ctx, "trim events", task); err != nil {
		return 0, err
	}
	return len(task.keys), nil
}

// trimTask deletes old events.
type trimTask struct {
	before uint64 // as of encodeTime
	n      int
	keys   [][]byte // set by check, for write
}

func (t *trimTask) check(tx *bbolt.Tx) (writes bool, err error) {
	t.keys = nil
	c := tx.Bucket([]byte(eventsBucket)).Cursor()
	for k, v := c.First(); k != nil && len(t.keys) < t.n; k, v = c.Next() {
		if len(v) < wordLen {
			return false, errLength
		}
		if binary.BigEndian.Uint64(v) >= t.before {
			break
		}
		t.keys = append(t.keys, bytes.Clone(k))
	}
	return len(t.keys) > 0, nil
}

func (t *trimTask) write(tx *bbolt.Tx) error {
	events := tx.Bucket([]byte(eventsBucket))
	for _, k := range t.keys {
		if err := events.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

func writeEvents(tx *bbolt.Tx, list []ledger.Event) error {
	if len(list) == 0 {
		return nil
	}
	events := tx.Bucket([]byte(eventsBucket))
	events.FillPercent = eventsFill
	for _, e := range list {
		n, err := events.NextSequence()
		if err != nil {
			return err
		}
		if err := events.Put(putUint64(n), append(putUint64(encodeTime(e.Time)), e.Data...)); err != nil {
			return err
		}
	}
	return nil
}

// decodeEvent copies an event out of bbolt's memory.
func decodeEvent(k, v []byte) (ledger.Logged, error) {
	if len(k) != wordLen || len(v) < wordLen {
		return ledger.Logged{}, errLength
	}
	return ledger.Logged{Cursor: strconv.FormatUint(binary.BigEndian.Uint64(k), 10), Data: bytes.Clone(v[wordLen:])}, nil
}

// decodeCursor reads a cursor, of which last is the latest given. The empty one is 0.
func decodeCursor(text string, last uint64) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 || n > last || strconv.FormatUint(n, 10) != text {
		return 0, ledger.ErrCursor
	}
	return n, nil
}
