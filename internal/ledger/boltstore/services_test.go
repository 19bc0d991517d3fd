package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func piece(n int, behind string) ledger.LimitOp {
	id := surprise.ClaimID(fmt.Sprint("claim-", n))
	return ledger.LimitOp{Limit: "edition", Action: ledger.Reserve, ClaimID: id, Amount: 1, Capacity: 5, Numbered: true, Behind: behind}
}

func member(name string) ledger.IndexOp {
	return ledger.IndexOp{Index: "line", IndexEntry: ledger.IndexEntry{IndexPlace: ledger.IndexPlace{Member: name}}}
}

// TestNumbersWithinOneTransaction has changes of one transaction see what those before them took.
func TestNumbersWithinOneTransaction(t *testing.T) {
	s := testStore(t)
	before := commits(t, s)
	var changes []ledger.Change
	var refs []ledger.LimitRef
	for n := range 20 {
		changes = append(changes, ledger.Change{Key: customer(byte(n)), Limits: []ledger.LimitOp{piece(n, "")}})
		refs = append(refs, ledger.LimitRef{Limit: "edition", ClaimID: piece(n, "").ClaimID})
	}
	refused := 0
	for _, err := range together(t, s, changes...) {
		var full *ledger.LimitError
		if errors.As(err, &full) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	numbers, err := s.Numbers(t.Context(), refs...)
	slices.Sort(numbers)
	if err != nil || refused != 15 || !slices.Equal(numbers[15:], []int64{1, 2, 3, 4, 5}) {
		t.Errorf("20 claims of 5 numbers: %d refused, numbers %v, error %v", refused, numbers, err)
	}
	if got := commits(t, s) - before; got > 5 {
		t.Errorf("20 changes at once: got %d commits, want few", got)
	}
}

// TestLineWithinOneTransaction has one of several get through a line that each of them joins.
func TestLineWithinOneTransaction(t *testing.T) {
	s := testStore(t)
	var changes []ledger.Change
	for n := range 5 {
		ops := []ledger.LimitOp{piece(n, "line")}
		changes = append(changes, ledger.Change{Key: customer(byte(n)), Limits: ops, Index: []ledger.IndexOp{member(fmt.Sprint(n))}})
	}
	passed := 0
	for _, err := range together(t, s, changes...) {
		var full *ledger.LimitError
		switch {
		case err == nil:
			passed++
		case !errors.As(err, &full) || !full.Behind:
			t.Errorf("got error %v, want that others wait", err)
		}
	}
	if passed != 1 {
		t.Errorf("%d of 5 got through, want 1", passed)
	}
}

// TestForeignCursor asks for what follows an event that is still to come, as after a backup was put back.
func TestForeignCursor(t *testing.T) {
	s := testStore(t)
	for _, cursor := range []string{"1", "2"} {
		if _, err := s.Events(t.Context(), cursor, 1); !errors.Is(err, ledger.ErrCursor) {
			t.Errorf("events after %s: got error %v, want %v", cursor, err, ledger.ErrCursor)
		}
		if err := s.Apply(t.Context(), ledger.Change{Key: customer(cursor[0]), Events: []ledger.Event{{Data: []byte("x")}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Events(t.Context(), cursor, 1); err != nil {
			t.Errorf("events after %s: %v", cursor, err)
		}
	}
}

// TestOpenOldFile opens a file from before there were numbers, indexes and events.
func TestOpenOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{"meta", "customers", "due", "limits", "secrets"} {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		limits, one := tx.Bucket([]byte("limits")), binary.BigEndian.AppendUint64(nil, 1)
		return errors.Join(
			tx.Bucket([]byte("meta")).Put([]byte("format"), one),
			limits.Put([]byte("\x00\x07edition"), one),
			limits.Put([]byte("\x00\x07editionclaim-1"), append([]byte("p"), one...)),
		)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for round := range 2 { // the second finds it complete
		useOldFile(t, path, round)
	}
}

func useOldFile(t *testing.T, path string, round int) {
	t.Helper()
	s, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	c := ledger.Change{
		Key: customer(1), Expect: uint64(round), Limits: []ledger.LimitOp{piece(1, ""), piece(round+2, "other")},
		Index: []ledger.IndexOp{member("x")}, Events: []ledger.Event{{Data: []byte("x")}},
	}
	if err := s.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	refs := []ledger.LimitRef{{Limit: "edition", ClaimID: "claim-1"}, {Limit: "edition", ClaimID: piece(round+2, "").ClaimID}}
	numbers, err := s.Numbers(t.Context(), refs...)
	if err != nil || numbers[0] != 0 || numbers[1] != int64(round)+1 {
		t.Errorf("numbers of an old entry and a new one: got %v, error %v, want 0 and %d", numbers, err, round+1)
	}
	if sums, err := s.Usage(t.Context(), "edition"); err != nil || sums[0] != int64(round)+2 {
		t.Errorf("usage: got %v, error %v, want %d", sums, err, round+2)
	}
}
