package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	metaBucket      = "meta"
	customersBucket = "customers"
	dueBucket       = "due"
	limitsBucket    = "limits"
	freedBucket     = "freed"
	indexBucket     = "index"
	membersBucket   = "members"
	eventsBucket    = "events"
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

// named starts a key with a name. Its length tells where it ends, so that all keys of a name stand together and apart from others.
func named(name string) []byte {
	k := make([]byte, 0, 2+len(name)+2*wordLen)
	return append(binary.BigEndian.AppendUint16(k, uint16(len(name))), name...)
}
