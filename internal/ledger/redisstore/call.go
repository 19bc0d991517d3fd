package redisstore

import (
	"fmt"
	"strconv"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
)

// call is what apply.lua gets, as it describes it.
type call struct {
	names   keys
	keys    []any
	args    []any
	indexes map[string]int // KEYS number of each index
}

// scoreLen is the length of a score, in hex digits.
const scoreLen = 16

func (s *Store) newCall(change ledger.Change) *call {
	c := &call{names: s.keys}
	c.keys = []any{s.keys.customer(change.Key), s.keys.due(), s.keys.log()}
	for _, op := range change.Limits {
		c.keys = append(c.keys, s.keys.limit(op.Limit), s.keys.freed(op.Limit))
	}
	record := append(encodeVersion(change.Expect+1), change.Data...)
	c.args = []any{
		encodeVersion(change.Expect), record, encodeDue(change.Due), change.Key[:], len(change.Limits), len(change.Index),
	}
	for _, op := range change.Limits {
		c.args = append(c.args, actionName(op), string(op.ClaimID), op.Amount, op.Capacity, c.behind(op))
	}
	for _, op := range change.Index {
		c.args = append(c.args, c.index(op.Index), op.Member, encodePut(op), op.Data)
	}
	for _, e := range change.Events {
		c.args = append(c.args, e.Data)
	}
	return c
}

// index returns the KEYS number of an index, and adds its keys where they are missing.
func (c *call) index(name string) int {
	if n, ok := c.indexes[name]; ok {
		return n
	}
	if c.indexes == nil {
		c.indexes = make(map[string]int)
	}
	c.keys = append(c.keys, c.names.order(name), c.names.members(name))
	c.indexes[name] = len(c.keys) - 1
	return c.indexes[name]
}

func (c *call) behind(op ledger.LimitOp) string {
	if op.Behind == "" {
		return ""
	}
	return strconv.Itoa(c.index(op.Behind))
}

// actionName is the script's word for an action, or empty.
func actionName(op ledger.LimitOp) string {
	switch op.Action {
	case ledger.Reserve:
		if op.Numbered {
			return "number"
		}
		return "reserve"
	case ledger.Post:
		return "post"
	case ledger.Release:
		return "release"
	case ledger.Refund:
		return "refund"
	}
	return ""
}

func encodeDue(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}

// encodePut is the score that an operation gives a member; empty: it removes it.
func encodePut(op ledger.IndexOp) string {
	if op.Remove {
		return ""
	}
	return encodeScore(op.Score)
}

// encodeScore keeps the order of scores from 0 on.
func encodeScore(score int64) string { return fmt.Sprintf("%0*x", scoreLen, score) }
