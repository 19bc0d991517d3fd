// Package boltstore keeps the ledger in one bbolt file, for a service that runs as one process. Each change is one transaction that is
// on disk before Apply returns; changes that arrive while the disk is busy share the next transaction, and so its one fsync.
//
// The file holds these buckets; all numbers are 8 bytes, big-endian:
//
//	meta       "format" -> version of this layout
//	customers  customer key -> version, due time, record
//	due        due time, customer key -> nothing
//	limits     limit -> sum of its entries, highest number ever given if any; limit, claim id -> state, amount, number if any
//	freed      limit, number that was given and is free again -> nothing
//	index      index, score, member -> data
//	members    index, member -> score
//	events     sequence number -> time, data
//	secrets    name -> secret
//
// It is the only package that imports bbolt.
package boltstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

var errClosed = errors.New("boltstore: the store is closed")

// Options are what may be left out.
type Options struct {
	// LockTimeout is how long Open waits for another process to let go of the file. 0: one second.
	LockTimeout time.Duration
}

// Store is a ledger in a file. Open makes one.
type Store struct {
	path      string
	db        *bbolt.DB
	committer *committer
	closing   sync.Once
	closeErr  error // written once, within closing
}

var _ ledger.Store = (*Store)(nil)

// Load returns the records of keys, in their order, all as of one moment.
func (s *Store) Load(ctx context.Context, keys ...surprise.CustomerKey) ([]ledger.Versioned, error) {
	found := make([]ledger.Versioned, len(keys))
	err := s.view(ctx, "load", func(tx *bbolt.Tx) error {
		customers := tx.Bucket([]byte(customersBucket))
		for i, key := range keys {
			r, err := decodeRecord(customers.Get(key[:]))
			if err != nil {
				return fmt.Errorf("customer %s: %w", key, err)
			}
			found[i] = r.versioned()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Apply commits a change, or nothing of it. When ctx ends while the change is being written, the outcome is unknown.
func (s *Store) Apply(ctx context.Context, change ledger.Change) error {
	if err := change.Check(); err != nil {
		return err
	}
	return s.commit(ctx, "apply", &applyTask{change: change})
}

// Due returns up to n customers whose time has come, the earliest first. Times are kept to the microsecond, rounded down.
func (s *Store) Due(ctx context.Context, t time.Time, n int) ([]surprise.CustomerKey, error) {
	var keys []surprise.CustomerKey
	err := s.view(ctx, "due", func(tx *bbolt.Tx) error {
		end := encodeTime(t)
		c := tx.Bucket([]byte(dueBucket)).Cursor()
		for k, _ := c.First(); k != nil && len(keys) < n; k, _ = c.Next() {
			at, key, err := decodeDueKey(k)
			if err != nil {
				return err
			}
			if at > end {
				break
			}
			keys = append(keys, key)
		}
		return nil
	})
	return keys, err
}

// Usage returns how much of each limit is taken, all as of one moment.
func (s *Store) Usage(ctx context.Context, keys ...string) ([]int64, error) {
	sums := make([]int64, len(keys))
	err := s.view(ctx, "usage", func(tx *bbolt.Tx) error {
		limits := tx.Bucket([]byte(limitsBucket))
		for i, key := range keys {
			total, err := decodeTotal(limits.Get(limitKey(key, "")))
			if err != nil {
				return fmt.Errorf("limit %s: %w", key, err)
			}
			sums[i] = total.sum
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sums, nil
}

// Numbers returns the number of each entry, all as of one moment; 0 where there is none.
func (s *Store) Numbers(ctx context.Context, refs ...ledger.LimitRef) ([]int64, error) {
	found := make([]int64, len(refs))
	err := s.view(ctx, "numbers", func(tx *bbolt.Tx) error {
		limits := tx.Bucket([]byte(limitsBucket))
		for i, ref := range refs {
			e, _, err := decodeEntry(limits.Get(limitKey(ref.Limit, ref.ClaimID)))
			if err != nil {
				return fmt.Errorf("limit %s: %w", ref.Limit, err)
			}
			found[i] = e.number
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Secret returns the secret of this name, which is candidate if there was none.
func (s *Store) Secret(ctx context.Context, name string, candidate []byte) ([]byte, error) {
	task := &secretTask{name: name, candidate: candidate}
	if err := s.commit(ctx, "secret", task); err != nil {
		return nil, err
	}
	return task.secret, nil
}

// Ping reports whether the file can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.view(ctx, "ping", checkFormat)
}

// Close lets the changes under way finish and gives the file free. Closing again does nothing.
func (s *Store) Close() error {
	s.closing.Do(func() {
		err := s.committer.close()
		if err == nil { // else closing the file would wait for ever for a transaction that never ends
			err = s.db.Close()
		}
		s.closeErr = s.explain("close", err)
	})
	return s.closeErr
}

// view runs a read. bbolt reads do not wait for writes, so the context need only be looked at first.
func (s *Store) view(ctx context.Context, op string, read func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.explain(op, survive(func() error { return s.db.View(read) }))
}

func (s *Store) commit(ctx context.Context, op string, t task) error {
	return s.explain(op, s.committer.do(ctx, t))
}

func putUint64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
