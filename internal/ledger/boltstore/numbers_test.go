package boltstore_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A number beyond the capacity is never given, even where the sum is wrong and says that there is room.
func TestNumbersWithAWrongSum(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s := open(t, path)
	take := func(customer int, capacity int64, ops ...ledger.LimitOp) error {
		op := ledger.LimitOp{Limit: "edition", Action: ledger.Reserve, ClaimID: surprise.ClaimID(fmt.Sprint("claim-", customer)), Amount: 1, Capacity: capacity, Numbered: true}
		return s.Apply(t.Context(), ledger.Change{Key: surprise.CustomerKey{byte(customer)}, Limits: append(ops, op)})
	}
	for n := range 3 {
		if err := take(n, 3); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	setTotal(t, path, "edition", 1, 3)
	s = open(t, path)
	var full *ledger.LimitError
	if err := take(5, 3); !errors.As(err, &full) {
		t.Errorf("the next number: got %v, want no room", err)
	}
	gone := ledger.LimitOp{Limit: "edition", Action: ledger.Release, ClaimID: "claim-2"}
	if err := take(6, 2, gone); !errors.As(err, &full) {
		t.Errorf("a number that came back: got %v, want no room", err)
	}
}

// setTotal writes a sum and a highest number behind the store's back.
func setTotal(t *testing.T, path, limit string, sum, highest uint64) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		key := append(binary.BigEndian.AppendUint16(nil, uint16(len(limit))), limit...)
		return tx.Bucket([]byte("limits")).Put(key, binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, sum), highest))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}
