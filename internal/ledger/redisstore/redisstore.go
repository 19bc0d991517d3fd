// Package redisstore keeps the ledger in one Redis, for a service that runs as several replicas. Each change is one script, apply.lua,
// so it happens whole or not at all. How much of it survives a crash of Redis is up to its persistence; Open warns where there is none.
// That Redis may be the primary that Sentinels name. With Options.Replicas a change counts only when so many replicas have it.
//
// All keys of a tenant share one hash slot:
//
//	surprised:{tenant}:c:<customer key>  string: version, 8 bytes, big-endian; record
//	surprised:{tenant}:due               sorted set: customer key, 16 bytes, by due time in microseconds
//	surprised:{tenant}:l:<limit>         hash: claim id -> "r" (reserved) or "p" (posted), amount, "#" and number if any; "" -> sum;
//	                                     "#n" -> highest number ever given
//	surprised:{tenant}:f:<limit>         sorted set: numbers that were given and are free again, by themselves
//	surprised:{tenant}:i:<index>         sorted set: score, 16 hex digits, and member, by 0, so that they are sorted as text
//	surprised:{tenant}:m:<index>         hash: member -> score, 16 hex digits; data
//	surprised:{tenant}:e                 stream: events, each in the field "event"
//	surprised:{tenant}:s:<name>          string: secret
//	surprised:{tenant}:format            string: version of this layout
//
// It is the only package that imports go-redis.
package redisstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// versionLen is the length of a version before its record.
const versionLen = 8

// Store is a ledger in Redis. Open makes one.
type Store struct {
	explainer
	client   *redis.Client
	sender   *sender // of scripts that wait for no replica; nil: each is sent by itself
	keys     keys
	sha      string        // of apply.lua
	replicas int           // how many must have a change at least; 0: none
	timeout  time.Duration // of each write and each read, where the context gives no less
	copies   *copies       // how many more there must be now; nil: nobody watches
	watch    func(int)     // begins to watch, with so many; nil: nobody can be asked
	loads    combiner
}

var _ ledger.Store = (*Store)(nil)

// encodeVersion is what a record with this version starts with: nothing where there is no record.
func encodeVersion(version uint64) []byte {
	if version == 0 {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, version)
}

// encodeRecord is what the key of a record holds.
func encodeRecord(version uint64, data []byte) []byte {
	value := make([]byte, 0, versionLen+len(data))
	return append(binary.BigEndian.AppendUint64(value, version), data...)
}

// Due returns up to n customers whose time has come, the earliest first. Times are kept to the microsecond, rounded down; after the
// year 2255 to two.
func (s *Store) Due(ctx context.Context, t time.Time, n int) ([]surprise.CustomerKey, error) {
	if err := ctx.Err(); err != nil || n <= 0 {
		return nil, s.explain(ctx, "due", err)
	}
	members, err := s.client.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: s.keys.due(), ByScore: true, Start: "-inf", Stop: t.UnixMicro(), Count: int64(n),
	}).Result()
	if err != nil {
		return nil, s.explain(ctx, "due", err)
	}
	found := make([]surprise.CustomerKey, len(members))
	for i, member := range members {
		if len(member) != len(found[i]) {
			return nil, fmt.Errorf("redisstore: due: %q in %s is no customer", member, s.keys.due())
		}
		found[i] = surprise.CustomerKey([]byte(member))
	}
	return found, nil
}

// Secret returns the secret of this name, which is candidate if there was none.
func (s *Store) Secret(ctx context.Context, name string, candidate []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.explain(ctx, "secret", err)
	}
	pipe := s.client.Pipeline()
	set := pipe.SetNX(ctx, s.keys.secret(name), candidate, 0)
	get := pipe.Get(ctx, s.keys.secret(name))
	wait := s.waitForSecret(ctx, pipe, name)
	_, _ = pipe.Exec(ctx) // each command has its own error
	secret, err := get.Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		err = set.Err() // it could not be set, and there was none
	case err == nil:
		err = wait.check()
	}
	if err != nil {
		return nil, s.explain(ctx, "secret", err)
	}
	return secret, nil
}

// Ping reports whether Redis answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return s.explain(ctx, "ping", err)
	}
	return s.explain(ctx, "ping", s.client.Ping(ctx).Err())
}

// Close ends all connections. Closing again does nothing.
func (s *Store) Close() error {
	if s.copies != nil {
		s.copies.close()
	}
	if err := s.client.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return s.explain(context.Background(), "close", err)
	}
	return nil
}
