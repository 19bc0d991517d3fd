package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
)

// Range returns up to n entries of an index after a place, or those before it from the last, all as of one moment.
func (s *Store) Range(ctx context.Context, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	var found []ledger.IndexEntry
	err := s.view(ctx, "range", func(tx *bbolt.Tx) error {
		prefix := named(index)
		w := newWalk(tx.Bucket([]byte(indexBucket)), prefix, backwards)
		for k, v := w.start(from); len(found) < n && bytes.HasPrefix(k, prefix); k, v = w.step() {
			e, err := decodeIndexEntry(k[len(prefix):], v)
			if err != nil {
				return fmt.Errorf("index %s: %w", index, err)
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

// walk goes along the keys of one index.
type walk struct {
	c         *bbolt.Cursor
	prefix    []byte
	backwards bool
}

func newWalk(b *bbolt.Bucket, prefix []byte, backwards bool) *walk {
	return &walk{c: b.Cursor(), prefix: prefix, backwards: backwards}
}

// start returns the first entry beyond from. What it returns may belong to another index.
func (w *walk) start(from *ledger.IndexPlace) (k, v []byte) {
	at := w.prefix
	switch {
	case from == nil && w.backwards:
		at = append(bytes.Clone(w.prefix), bytes.Repeat([]byte{0xff}, wordLen)...) // no score is so high
	case from != nil:
		at = placeKey(w.prefix, *from)
	}
	k, v = w.c.Seek(at)
	switch {
	case w.backwards && k == nil:
		return w.c.Last()
	case w.backwards, from != nil && bytes.Equal(k, at):
		return w.step()
	}
	return k, v
}

func (w *walk) step() (k, v []byte) {
	if w.backwards {
		return w.c.Prev()
	}
	return w.c.Next()
}

// Find returns the entries of members, in their order, all as of one moment.
func (s *Store) Find(ctx context.Context, index string, members ...string) ([]ledger.IndexEntry, error) {
	found := make([]ledger.IndexEntry, len(members))
	err := s.view(ctx, "find", func(tx *bbolt.Tx) error {
		entries, scores := tx.Bucket([]byte(indexBucket)), tx.Bucket([]byte(membersBucket))
		prefix := named(index)
		for i, member := range members {
			score := scores.Get(append(prefix, member...))
			if score == nil {
				continue
			}
			place := append(bytes.Clone(score), member...)
			var err error
			if found[i], err = decodeIndexEntry(place, entries.Get(append(prefix, place...))); err != nil {
				return fmt.Errorf("index %s: %w", index, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// writeIndex carries out operations; what they do does not depend on what is there.
func writeIndex(tx *bbolt.Tx, ops []ledger.IndexOp) error {
	entries, members := tx.Bucket([]byte(indexBucket)), tx.Bucket([]byte(membersBucket))
	for _, op := range ops {
		prefix := named(op.Index)
		member := append(bytes.Clone(prefix), op.Member...)
		if score := members.Get(member); score != nil {
			if err := entries.Delete(append(append(bytes.Clone(prefix), score...), op.Member...)); err != nil {
				return err
			}
		}
		if err := writeMember(entries, members, member, op); err != nil {
			return err
		}
	}
	return nil
}

// writeMember puts a member whose entry is gone, or removes it.
func writeMember(entries, members *bbolt.Bucket, member []byte, op ledger.IndexOp) error {
	if op.Remove {
		return members.Delete(member)
	}
	if err := entries.Put(placeKey(named(op.Index), op.IndexPlace), op.Data); err != nil {
		return err
	}
	return members.Put(member, putUint64(uint64(op.Score)))
}

// isEmpty tells whether an index has no member.
func isEmpty(index *bbolt.Bucket, name string) bool {
	prefix := named(name)
	k, _ := index.Cursor().Seek(prefix)
	return !bytes.HasPrefix(k, prefix)
}

// placeKey is the key of a place in the index with this prefix. Before the score 0 there is only the prefix itself.
func placeKey(prefix []byte, p ledger.IndexPlace) []byte {
	if p.Score < 0 {
		return prefix
	}
	return append(binary.BigEndian.AppendUint64(bytes.Clone(prefix), uint64(p.Score)), p.Member...)
}

// decodeIndexEntry copies an entry out of bbolt's memory. place is its key without the prefix.
func decodeIndexEntry(place, data []byte) (ledger.IndexEntry, error) {
	if len(place) <= wordLen {
		return ledger.IndexEntry{}, errLength
	}
	at := ledger.IndexPlace{Score: int64(binary.BigEndian.Uint64(place)), Member: string(place[wordLen:])}
	return ledger.IndexEntry{IndexPlace: at, Data: bytes.Clone(data)}, nil
}
