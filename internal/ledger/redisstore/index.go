package redisstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
)

//go:embed range.lua
var rangeScript string

var errEntry = errors.New("the key holds no entry of an index")

// Range returns up to n entries of an index after a place, or those before it from the last, all as of one moment.
func (s *Store) Range(ctx context.Context, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	if err := ctx.Err(); err != nil || n <= 0 {
		return nil, s.explain(ctx, "range", err)
	}
	names := []string{s.keys.order(index), s.keys.members(index)}
	first, last, direction := lexRange(from, backwards)
	found, err := redis.NewScript(rangeScript).Run(ctx, s.client, names, first, last, n, direction).StringSlice()
	if err != nil {
		return nil, s.explain(ctx, "range", err)
	}
	entries := make([]ledger.IndexEntry, len(found)/2)
	for i := range entries {
		place, value := found[2*i], found[2*i+1]
		if len(place) <= scoreLen {
			return nil, fmt.Errorf("redisstore: range: %q in %s is no place", place, names[0])
		}
		if entries[i], err = decodeEntry(place[scoreLen:], value); err != nil {
			return nil, fmt.Errorf("redisstore: range: %q in %s: %w", place, names[1], err)
		}
	}
	return entries, nil
}

// lexRange says in ZRANGE's words what lies beyond a place.
func lexRange(from *ledger.IndexPlace, backwards bool) (first, last, direction string) {
	first, last = "-", "+"
	if backwards {
		first, last, direction = "+", "-", "REV"
	}
	if from != nil {
		first = "(" + encodePlace(*from)
	}
	return first, last, direction
}

// encodePlace is a place as a member of the order. Before the score 0 there is only the empty text.
func encodePlace(p ledger.IndexPlace) string {
	if p.Score < 0 {
		return ""
	}
	return encodeScore(p.Score) + p.Member
}

// Find returns the entries of members, in their order.
func (s *Store) Find(ctx context.Context, index string, members ...string) ([]ledger.IndexEntry, error) {
	if err := ctx.Err(); err != nil || len(members) == 0 {
		return nil, s.explain(ctx, "find", err)
	}
	values, err := s.client.HMGet(ctx, s.keys.members(index), members...).Result()
	if err != nil {
		return nil, s.explain(ctx, "find", err)
	}
	entries := make([]ledger.IndexEntry, len(members))
	for i, value := range values {
		text, ok := value.(string)
		if !ok {
			continue
		}
		if entries[i], err = decodeEntry(members[i], text); err != nil {
			return nil, fmt.Errorf("redisstore: find: %q in %s: %w", members[i], s.keys.members(index), err)
		}
	}
	return entries, nil
}

// decodeEntry reads the value of a member.
func decodeEntry(member, value string) (ledger.IndexEntry, error) {
	if len(value) < scoreLen {
		return ledger.IndexEntry{}, errEntry
	}
	score, err := strconv.ParseInt(value[:scoreLen], 16, 64)
	if err != nil {
		return ledger.IndexEntry{}, errEntry
	}
	return ledger.IndexEntry{IndexPlace: ledger.IndexPlace{Score: score, Member: member}, Data: []byte(value[scoreLen:])}, nil
}
