package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	metaBucket      = "meta"
	customersBucket = "customers"
	dueBucket       = "due"
	limitsBucket    = "limits"
	secretsBucket   = "secrets"
)

// wordLen is the length of a number.
const wordLen = 8

var errLength = errors.New("an entry has a wrong length")

// record is the value of a customer. The due time is kept with it, so that a change finds the entry of the due bucket to take out.
type record struct {
	version uint64
	due     uint64 // as of encodeTime; 0: never
	data    []byte
}

// decodeRecord reads the value of a customer; nil is a record that does not exist. The data is bbolt's own memory.
func decodeRecord(value []byte) (record, error) {
	if value == nil {
		return record{}, nil
	}
	if len(value) < 2*wordLen {
		return record{}, errLength
	}
	return record{
		version: binary.BigEndian.Uint64(value),
		due:     binary.BigEndian.Uint64(value[wordLen:]),
		data:    value[2*wordLen:],
	}, nil
}

func (r record) encode() []byte {
	value := make([]byte, 0, 2*wordLen+len(r.data))
	value = binary.BigEndian.AppendUint64(value, r.version)
	value = binary.BigEndian.AppendUint64(value, r.due)
	return append(value, r.data...)
}

// versioned copies the data, since bbolt's memory ends with the transaction.
func (r record) versioned() ledger.Versioned {
	return ledger.Versioned{Version: r.version, Data: bytes.Clone(r.data)}
}

// encodeTime keeps the order of times, those before 1970 too. The zero time is 0.
func encodeTime(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixMicro()) ^ 1<<63
}

func dueKey(at uint64, key surprise.CustomerKey) []byte {
	return append(putUint64(at), key[:]...)
}

func decodeDueKey(k []byte) (at uint64, key surprise.CustomerKey, err error) {
	if len(k) != wordLen+len(key) {
		return 0, key, errLength
	}
	return binary.BigEndian.Uint64(k), surprise.CustomerKey(k[wordLen:]), nil
}

// limitKey is the key of a limit's entry, or of its sum where the claim id is empty. The length tells where the name of the limit
// ends, and keeps the entries of a limit beside its sum.
func limitKey(limit string, id surprise.ClaimID) []byte {
	k := binary.BigEndian.AppendUint16(nil, uint16(len(limit)))
	return append(append(k, limit...), id...)
}

func decodeSum(value []byte) (int64, error) {
	switch len(value) {
	case 0:
		return 0, nil
	case wordLen:
		return int64(binary.BigEndian.Uint64(value)), nil
	}
	return 0, errLength
}

// entry is the amount that one claim has of a limit.
type entry struct {
	posted bool
	amount int64
}

// The states as they are written.
const (
	reserved = 'r'
	posted   = 'p'
)

func (e entry) encode() []byte {
	state := byte(reserved)
	if e.posted {
		state = posted
	}
	return binary.BigEndian.AppendUint64([]byte{state}, uint64(e.amount))
}

// decodeEntry reads an entry; nil is one that does not exist.
func decodeEntry(value []byte) (e entry, exists bool, err error) {
	if value == nil {
		return entry{}, false, nil
	}
	if len(value) != 1+wordLen || value[0] != reserved && value[0] != posted {
		return entry{}, false, fmt.Errorf("an entry of a limit: %w", errLength)
	}
	return entry{posted: value[0] == posted, amount: int64(binary.BigEndian.Uint64(value[1:]))}, true, nil
}
