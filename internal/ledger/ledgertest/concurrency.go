package ledgertest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/surprise-service/surprised/internal/ledger"
)

func concurrencyChecks() []check {
	return []check{
		{"concurrency/50 changes of one version, one wins", checkOneWins},
		{"concurrency/no increment is lost", checkIncrements},
		{"concurrency/200 claimers of 100 units get 100", checkStock},
		{"concurrency/money never exceeds its capacity", checkMoney},
	}
}

func checkOneWins(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	for round := range 5 {
		var won atomic.Int64
		var winner atomic.Value
		var all sync.WaitGroup
		for i := range 50 {
			data := fmt.Sprintf("round %d of %d", round, i)
			all.Go(func() {
				err := s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: uint64(round), Data: []byte(data)})
				if err == nil {
					won.Add(1)
					winner.Store(data)
				} else {
					wantConflict(t, err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("of 50 changes that expect version %d: %d won, want 1", round, won.Load())
		}
		u.wantRecord(key(1), uint64(round)+1, winner.Load().(string))
	}
}

// checkIncrements counts in a record, as callers do: load, change, apply, and again after a conflict.
func checkIncrements(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	const callers, each = 10, 10
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each {
				if err := u.increment(); err != nil {
					t.Errorf("increment: %v", err)
				}
			}
		})
	}
	all.Wait()
	u.wantRecord(key(1), callers*each, strconv.Itoa(callers*each))
}

func (u user) increment() error {
	for {
		got, err := u.s.Load(u.ctx, key(1))
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(string(got[0].Data))
		err = u.s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: got[0].Version, Data: []byte(strconv.Itoa(n + 1))})
		if !errors.Is(err, ledger.ErrConflict) {
			return err
		}
	}
}

func checkStock(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	var won atomic.Int64
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			op := reserve("cakes", claim(i), 1, 100)
			err := s.Apply(u.ctx, ledger.Change{Key: key(i), Data: []byte("held"), Limits: []ledger.LimitOp{op}})
			if err == nil {
				won.Add(1)
			} else {
				wantFull(t, err, "cakes")
			}
		})
	}
	all.Wait()
	if won.Load() != 100 {
		t.Errorf("200 claimers of 100 units: %d got one, want 100", won.Load())
	}
	u.wantUsage("cakes", 100)
	u.wantHolders(200, 100)
}

// wantHolders counts the records that were written: as many as got a unit.
func (u user) wantHolders(of, want int) {
	u.Helper()
	holders := 0
	for i := range of {
		holders += int(u.load(key(i))[0].Version)
	}
	if holders != want {
		u.Errorf("records written: got %d, want %d", holders, want)
	}
}

// spender reserves, posts and releases amounts of one budget at random, and knows what it must hold in the end.
type spender struct {
	user
	id      int
	random  *rand.Rand
	version uint64
	amounts map[int]int64 // by number of the claim
	posted  map[int]bool
}

func checkMoney(t TB, s ledger.Store) {
	const capacity, spenders, steps = 1000, 8, 40
	u, stop := use(t, s)
	defer stop()
	all, done := sync.WaitGroup{}, make(chan struct{})
	held := make([]int64, spenders)
	for i := range spenders {
		sp := &spender{user: u, id: i, random: rand.New(rand.NewPCG(2026, uint64(i))), amounts: map[int]int64{}, posted: map[int]bool{}}
		all.Go(func() { held[i] = sp.spend(steps, capacity) })
	}
	go func() { all.Wait(); close(done) }()
	watch(u, done, "budget", capacity)

	var want int64
	for _, h := range held {
		want += h
	}
	u.wantUsage("budget", want)
}

// watch reads the usage of a limit over and over until done.
func watch(u user, done <-chan struct{}, limit string, capacity int64) {
	u.Helper()
	for {
		if got := u.usage(limit)[0]; got < 0 || got > capacity {
			u.Errorf("usage of limit %q: got %d, want 0 to %d", limit, got, capacity)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

// spend returns how much it holds after so many steps.
func (sp *spender) spend(steps int, capacity int64) (held int64) {
	for range steps {
		n := sp.random.IntN(6)
		amount := sp.random.Int64N(200)
		op := reserve("budget", claim(100*sp.id+n), amount, capacity)
		op.Action = ledger.LimitAction(1 + sp.random.IntN(3))
		sp.step(n, op)
	}
	for _, amount := range sp.amounts {
		held += amount
	}
	return held
}

func (sp *spender) step(n int, op ledger.LimitOp) {
	err := sp.s.Apply(sp.ctx, ledger.Change{Key: key(sp.id), Expect: sp.version, Limits: []ledger.LimitOp{op}})
	if err != nil {
		wantFull(sp, err, "budget")
		return
	}
	sp.version++
	_, held := sp.amounts[n]
	switch {
	case op.Action == ledger.Reserve && !held:
		sp.amounts[n] = op.Amount
	case op.Action == ledger.Post && held:
		sp.posted[n] = true
	case op.Action == ledger.Release && held && !sp.posted[n]:
		delete(sp.amounts, n)
	}
}
