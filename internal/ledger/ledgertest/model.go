package ledgertest

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// The model test draws from so few names that changes meet often.
const (
	modelCustomers = 4
	modelLimits    = 3
	modelClaims    = 5
	modelIndexes   = 2
	modelMembers   = 5
)

// checkModel applies random changes to a store and to memstore, and compares every answer.
func checkModel(t *testing.T, s ledger.Store) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		u, stop := use(rt, s)
		defer stop()
		m := &model{user: u, want: memstore.New(), run: run, start: u.lastEvent(), staged: isStaged(s)}
		for range rapid.IntRange(1, 12).Draw(rt, "changes") {
			m.step(m.draw(rt))
		}
		m.compare()
	})
}

// model holds what one history should have led to. Histories share a store and are told apart by run.
type model struct {
	user
	want *memstore.Store
	run  int
	// start is the last event of earlier histories.
	start string
	// staged keeps to what a staged store promises.
	staged bool
}

func (m *model) customer(n int) surprise.CustomerKey { return key(m.run*modelCustomers + n) }

func (m *model) limit(n int) string { return fmt.Sprintf("limit %d of run %d", n, m.run) }

func (m *model) index(n int) string { return fmt.Sprintf("index %d of run %d", n, m.run) }

// draw makes up a change. It expects the right version most of the time.
func (m *model) draw(rt *rapid.T) ledger.Change {
	n := rapid.IntRange(0, modelCustomers-1).Draw(rt, "customer")
	at, err := m.want.Load(m.ctx, m.customer(n))
	if err != nil {
		rt.Fatalf("model: %v", err)
	}
	c := ledger.Change{Key: m.customer(n), Expect: at[0].Version, Data: rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(rt, "data")}
	if rapid.IntRange(0, 7).Draw(rt, "stale") == 0 {
		c.Expect = rapid.Uint64Range(0, 3).Draw(rt, "expect")
	}
	if s := rapid.IntRange(0, 5).Draw(rt, "due"); s > 0 {
		c.Due = noon().Add(time.Duration(s)*time.Second + time.Duration(n)*time.Millisecond) // no two customers at once
	}
	for range rapid.IntRange(0, 4).Draw(rt, "ops") {
		c.Limits = append(c.Limits, m.drawOp(rt))
	}
	if m.staged {
		c.Limits = onceEach(c.Limits)
	}
	for range rapid.IntRange(0, 3).Draw(rt, "index ops") {
		op := m.drawIndexOp(rt)
		if m.staged {
			op.Member = fmt.Sprint("member ", n) // its own
		}
		c.Index = append(c.Index, op)
	}
	for i := range rapid.IntRange(0, 2).Draw(rt, "events") {
		c.Events = append(c.Events, events(fmt.Sprint(c.Key, " ", c.Expect, " ", i))...)
	}
	return c
}

func (m *model) drawOp(rt *rapid.T) ledger.LimitOp {
	actions := []ledger.LimitAction{ledger.Reserve, ledger.Reserve, ledger.Reserve, ledger.Post, ledger.Release, ledger.Refund}
	op := ledger.LimitOp{
		Limit:    m.limit(rapid.IntRange(0, modelLimits-1).Draw(rt, "limit")),
		Action:   rapid.SampledFrom(actions).Draw(rt, "action"),
		ClaimID:  claim(rapid.IntRange(0, modelClaims-1).Draw(rt, "claim")),
		Amount:   rapid.Int64Range(0, 6).Draw(rt, "amount"),
		Capacity: rapid.Int64Range(0, 12).Draw(rt, "capacity"),
	}
	if rapid.Bool().Draw(rt, "numbered") {
		op.Numbered, op.Amount = true, 1
	}
	if rapid.IntRange(0, 3).Draw(rt, "behind") == 0 {
		op.Behind = m.index(rapid.IntRange(0, modelIndexes-1).Draw(rt, "line"))
	}
	return op
}

func (m *model) drawIndexOp(rt *rapid.T) ledger.IndexOp {
	op := put(
		m.index(rapid.IntRange(0, modelIndexes-1).Draw(rt, "index")),
		rapid.Int64Range(0, 3).Draw(rt, "score"),
		fmt.Sprint("member ", rapid.IntRange(0, modelMembers-1).Draw(rt, "member")),
		rapid.StringN(0, 3, -1).Draw(rt, "entry"),
	)
	op.Remove = rapid.Bool().Draw(rt, "remove")
	return op
}
