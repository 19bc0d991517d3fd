package boltstore

import (
	"bytes"
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
)

var _ ledger.Auditor = (*Store)(nil)

// AuditLimit returns all that is kept of a limit, as of one moment.
func (s *Store) AuditLimit(ctx context.Context, limit string) (ledger.LimitState, error) {
	var state ledger.LimitState
	err := s.view(ctx, "audit", func(tx *bbolt.Tx) (err error) {
		state, err = auditLimit(tx, limit)
		return err
	})
	if err != nil {
		return ledger.LimitState{}, err
	}
	return state, nil
}

func auditLimit(tx *bbolt.Tx, limit string) (ledger.LimitState, error) {
	limits, prefix := tx.Bucket([]byte(limitsBucket)), named(limit)
	all, err := decodeTotal(limits.Get(prefix))
	if err != nil {
		return ledger.LimitState{}, fmt.Errorf("limit %s: %w", limit, err)
	}
	state := ledger.LimitState{Sum: all.sum, Highest: all.highest}
	var w walkedLimit
	c := limits.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := w.add(string(k[len(prefix):]), v); err != nil {
			return state, fmt.Errorf("limit %s: %w", limit, err)
		}
	}
	state.Entries = w.entries
	c = tx.Bucket([]byte(freedBucket)).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		n, err := decodeFreed(k, limit)
		if err != nil {
			return state, err
		}
		state.Free = append(state.Free, n)
	}
	return state, nil
}

// MendLimit makes the sum and the free numbers of a limit follow from its entries, in one transaction.
func (s *Store) MendLimit(ctx context.Context, limit string) error {
	return s.commit(ctx, "mend", &mendTask{limit: limit})
}

// Unlisted returns nothing: a walk over a file finds all.
func (s *Store) Unlisted(context.Context) ([]string, error) { return nil, nil }

// mendTask is a replaceTask with the entries that there are.
type mendTask struct {
	limit   string
	replace *replaceTask // set by check
}

func (t *mendTask) check(tx *bbolt.Tx) (writes bool, err error) {
	state, err := auditLimit(tx, t.limit)
	if err == nil {
		t.replace, err = newReplaceTask(t.limit, state.Entries)
	}
	return err == nil, err
}

func (t *mendTask) write(tx *bbolt.Tx) error { return t.replace.write(tx) }
