package redisstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Load returns the records of keys, in their order. Callers of one key each, at the same time, share round trips.
func (s *Store) Load(ctx context.Context, customers ...surprise.CustomerKey) ([]ledger.Versioned, error) {
	if err := ctx.Err(); err != nil || len(customers) == 0 {
		return nil, s.explain(ctx, "load", err)
	}
	values, err := loadWith(ctx, &s.loads, customers)
	if err != nil {
		return nil, s.explain(ctx, "load", err)
	}
	return decodeRecords(values, func(i int) string { return s.keys.customer(customers[i]) })
}

// loadWith shares a round trip for one record; several are enough for one of their own.
func loadWith(ctx context.Context, c *combiner, customers []surprise.CustomerKey) ([]any, error) {
	if len(customers) > 1 {
		return c.read(ctx, customers)
	}
	value, err := c.load(ctx, customers[0])
	return []any{value}, err
}

// mget reads customers of one prefix, all in one slot.
func (s *Store) mget(ctx context.Context, customers []surprise.CustomerKey) ([]any, error) {
	cmd := redis.NewSliceCmd(ctx, s.keys.mget(customers)...)
	_ = s.client.Process(ctx, cmd) // the command has its error
	return cmd.Result()
}

// mget returns the words of the command that reads customers. All names are parts of one text.
func (k keys) mget(customers []surprise.CustomerKey) []any {
	size := len(k.customer(surprise.CustomerKey{}))
	text := make([]byte, 0, size*len(customers))
	for _, c := range customers {
		text = k.appendCustomer(text, c)
	}
	all := string(text)
	names, words := make([]string, len(customers)), make([]any, 1+len(customers))
	words[0] = "mget"
	for i := range names {
		names[i] = all[i*size : (i+1)*size]
		words[i+1] = &names[i] // a pointer needs no memory of its own in an any
	}
	return words
}

// decodeRecords reads the values of MGET. Name returns the name of a key, for errors.
func decodeRecords(values []any, name func(int) string) ([]ledger.Versioned, error) {
	found := make([]ledger.Versioned, len(values))
	for i, value := range values {
		var err error
		if found[i], err = decodeRecord(value); err != nil {
			return nil, fmt.Errorf("redisstore: load %s: %w", name(i), err)
		}
	}
	return found, nil
}

// decodeRecord reads an element of MGET's answer; nil is a record that does not exist. The record shares the memory of the answer.
func decodeRecord(value any) (ledger.Versioned, error) {
	text, ok := value.(string)
	switch {
	case value == nil:
		return ledger.Versioned{}, nil
	case !ok || len(text) < versionLen:
		return ledger.Versioned{}, errors.New("the key holds no record")
	}
	data := unsafe.Slice(unsafe.StringData(text), len(text)) // as StringCmd.Bytes does: nobody else has the text, and nobody writes to a record
	return ledger.Versioned{Version: binary.BigEndian.Uint64(data), Data: data[versionLen:]}, nil
}
