package redisstore

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
)

// call is what apply.lua gets, as it describes it.
type call struct {
	names   keys
	keys    []any
	args    []any
	texts   []string    // to which keys and args point: a pointer needs no memory of its own there, a string would
	indexes []indexKeys // few, even where there are many operations
}

// indexKeys tells where the keys of an index are.
type indexKeys struct {
	name   string
	number int // in KEYS, of the first
}

// scoreLen is the length of a score, in hex digits.
const scoreLen = 16

func (s *Store) newCall(change ledger.Change) *call {
	limits, index := len(change.Limits), len(change.Index)
	c := &call{names: s.keys}
	c.keys = make([]any, 0, 3+2*limits+4) // with room for two indexes
	c.args = make([]any, 0, 6+5*limits+4*index+len(change.Events))
	c.texts = make([]string, 0, cap(c.keys)+2+3*limits+2*index)
	c.keys = append(c.keys, c.text(s.keys.customer(change.Key)), c.text(s.keys.due()), c.text(s.keys.log()))
	for _, op := range change.Limits {
		c.keys = append(c.keys, c.text(s.keys.limit(op.Limit)), c.text(s.keys.freed(op.Limit)))
	}
	c.args = append(c.args, encodeVersion(change.Expect), encodeRecord(change.Expect+1, change.Data),
		c.text(encodeDue(change.Due)), c.text(string(change.Key[:])), limits, index)
	for _, op := range change.Limits {
		c.args = append(c.args, c.text(actionName(op)), c.text(string(op.ClaimID)), op.Amount, op.Capacity, c.text(c.behind(op)))
	}
	c.putIndex(change)
	return c
}

// putIndex adds what follows the operations on limits.
func (c *call) putIndex(change ledger.Change) {
	for _, op := range change.Index {
		c.args = append(c.args, c.index(op.Index), c.text(op.Member), c.text(encodePut(op)), op.Data)
	}
	for _, e := range change.Events {
		c.args = append(c.args, e.Data)
	}
}

// text returns where the text is from now on.
func (c *call) text(text string) *string {
	c.texts = append(c.texts, text)
	return &c.texts[len(c.texts)-1]
}

// index returns the KEYS number of an index, and adds its keys where they are missing.
func (c *call) index(name string) int {
	for _, x := range c.indexes {
		if x.name == name {
			return x.number
		}
	}
	c.keys = append(c.keys, c.text(c.names.order(name)), c.text(c.names.members(name)))
	c.indexes = append(c.indexes, indexKeys{name: name, number: len(c.keys) - 1})
	return len(c.keys) - 1
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
func encodeScore(score int64) string {
	var number [scoreLen / 2]byte
	var text [scoreLen]byte
	binary.BigEndian.PutUint64(number[:], uint64(score))
	return string(hex.AppendEncode(text[:0], number[:]))
}
