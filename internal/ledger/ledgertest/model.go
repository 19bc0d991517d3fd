package ledgertest

import (
	"errors"
	"fmt"
	"slices"
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
)

// checkModel applies random changes to a store and to memstore, and compares every answer.
func checkModel(t *testing.T, s ledger.Store) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		u, stop := use(rt, s)
		defer stop()
		m := &model{user: u, want: memstore.New(), run: run}
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
}

func (m *model) customer(n int) surprise.CustomerKey { return key(m.run*modelCustomers + n) }

func (m *model) limit(n int) string { return fmt.Sprintf("limit %d of run %d", n, m.run) }

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
	return c
}

func (m *model) drawOp(rt *rapid.T) ledger.LimitOp {
	actions := []ledger.LimitAction{ledger.Reserve, ledger.Reserve, ledger.Post, ledger.Release}
	return ledger.LimitOp{
		Limit:    m.limit(rapid.IntRange(0, modelLimits-1).Draw(rt, "limit")),
		Action:   rapid.SampledFrom(actions).Draw(rt, "action"),
		ClaimID:  claim(rapid.IntRange(0, modelClaims-1).Draw(rt, "claim")),
		Amount:   rapid.Int64Range(0, 6).Draw(rt, "amount"),
		Capacity: rapid.Int64Range(0, 12).Draw(rt, "capacity"),
	}
}

// step applies a change to both and compares the outcome.
func (m *model) step(c ledger.Change) {
	m.Helper()
	want, got := m.want.Apply(m.ctx, c), m.s.Apply(m.ctx, c)
	var full *ledger.LimitError
	switch {
	case errors.As(want, &full):
		wantFull(m, got, full.Limit)
	case !errors.Is(got, want):
		m.Errorf("Apply of %+v: got error %v, want %v", c, got, want)
	}
}

// compare reads everything back.
func (m *model) compare() {
	m.Helper()
	for n := range modelCustomers {
		want, _ := m.want.Load(m.ctx, m.customer(n))
		m.wantRecord(m.customer(n), want[0].Version, string(want[0].Data))
	}
	for n := range modelLimits {
		want, _ := m.want.Usage(m.ctx, m.limit(n))
		m.wantUsage(m.limit(n), want[0])
	}
	for s := range 7 {
		at := noon().Add(time.Duration(s) * time.Second)
		want, _ := m.want.Due(m.ctx, at, modelCustomers)
		if got := m.own(m.due(at, 1<<20)); !slices.Equal(got, want) {
			m.Errorf("due at %d s: got %v, want %v", s, got, want)
		}
	}
}

// own leaves out the customers of other histories.
func (m *model) own(keys []surprise.CustomerKey) []surprise.CustomerKey {
	return slices.DeleteFunc(keys, func(k surprise.CustomerKey) bool {
		for n := range modelCustomers {
			if k == m.customer(n) {
				return false
			}
		}
		return true
	})
}
