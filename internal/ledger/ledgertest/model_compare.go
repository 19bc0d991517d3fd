package ledgertest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// step applies a change to both and compares the outcome.
func (m *model) step(c ledger.Change) {
	m.Helper()
	want, got := m.want.Apply(m.ctx, c), m.s.Apply(m.ctx, c)
	var full *ledger.LimitError
	switch {
	case errors.As(want, &full) && full.Behind:
		wantBehind(m, got, full.Limit)
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
		m.compareNumbers(m.limit(n))
	}
	for n := range modelIndexes {
		m.compareIndex(m.index(n))
	}
	m.compareLog()
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

// compareNumbers takes all stores to give the lowest free number, which makes their histories comparable.
func (m *model) compareNumbers(limit string) {
	m.Helper()
	for i := range modelClaims {
		want, _ := m.want.Numbers(m.ctx, ledger.LimitRef{Limit: limit, ClaimID: claim(i)})
		if got := m.numbers(limit, i); got[0] != want[0] {
			m.Errorf("number of claim %d of %s: got %d, want %d", i, limit, got[0], want[0])
		}
	}
}

// compareIndex reads an index both ways, as a whole and from each place on.
func (m *model) compareIndex(index string) {
	m.Helper()
	all, _ := m.want.Range(m.ctx, index, nil, 99, false)
	places := []*ledger.IndexPlace{nil, {Score: 1, Member: "no member"}}
	for _, e := range all {
		places = append(places, &e.IndexPlace)
		m.wantEntry(index, e)
	}
	for i := range modelMembers {
		want, _ := m.want.Find(m.ctx, index, fmt.Sprint("member ", i))
		got, err := m.s.Find(m.ctx, index, fmt.Sprint("member ", i))
		if err != nil || got[0].IndexPlace != want[0].IndexPlace || string(got[0].Data) != string(want[0].Data) {
			m.Errorf("member %d of %s: got %+v, error %v, want %+v", i, index, got, err, want)
		}
	}
	for _, from := range places {
		for _, backwards := range []bool{false, true} {
			want, _ := m.want.Range(m.ctx, index, from, 2, backwards)
			if got := m.entries(index, from, 2, backwards); !slices.Equal(members(got), members(want)) {
				m.Errorf("two of %s from %v, backwards %t: got %q, want %q", index, from, backwards, members(got), members(want))
			}
		}
	}
	if got := m.entries(index, nil, 99, false); !slices.Equal(members(got), members(all)) {
		m.Errorf("%s: got %q, want %q", index, members(got), members(all))
	}
}

func (m *model) compareLog() {
	m.Helper()
	want, _ := m.want.Events(m.ctx, "", 99)
	if m.staged {
		m.wantEventsOfEach(m.start, texts(want))
		return
	}
	m.wantEvents(m.start, 99, texts(want)...)
}
