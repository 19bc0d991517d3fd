package ledgertest

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
)

// benchCallers is how many callers the parallel benchmarks have at once.
const benchCallers = 64

// Bench measures a store: reads, changes of one caller, changes of 64 callers on customers of their own, and the same with a unit of
// one shared limit each; then numbers and imports. The store must be empty.
func Bench(b *testing.B, s ledger.Store) {
	record := make([]byte, 1024)
	next := new(atomic.Int64)
	b.Run("Load", func(b *testing.B) { benchLoad(b, s, record) })
	b.Run("Apply/1caller", func(b *testing.B) {
		for b.Loop() {
			benchApply(b, s, ledger.Change{Key: key(int(next.Add(1))), Data: record})
		}
	})
	b.Run(fmt.Sprintf("Apply/%dcallers", benchCallers), func(b *testing.B) {
		parallel(b, func() { benchApply(b, s, ledger.Change{Key: key(int(next.Add(1))), Data: record}) })
	})
	b.Run(fmt.Sprintf("HotLimit/%dcallers", benchCallers), func(b *testing.B) {
		parallel(b, func() {
			n := int(next.Add(1))
			ops := []ledger.LimitOp{reserve("hot", claim(n), 1, large)}
			benchApply(b, s, ledger.Change{Key: key(n), Data: record, Limits: ops})
		})
	})
	benchClaim(b, s, record, next)
	benchServices(b, s)
}

// benchClaim measures what a claim of two limits writes.
func benchClaim(b *testing.B, s ledger.Store, record []byte, next *atomic.Int64) {
	b.Run("Claim/1caller", func(b *testing.B) {
		for b.Loop() {
			n := int(next.Add(1))
			ops := []ledger.LimitOp{reserve("stock", claim(n), 1, large), reserve("budget", claim(n), 500, large)}
			benchApply(b, s, ledger.Change{Key: key(n), Data: record, Due: noon(), Limits: ops})
		}
	})
}

func benchLoad(b *testing.B, s ledger.Store, record []byte) {
	err := s.Apply(b.Context(), ledger.Change{Key: key(0), Data: record})
	if err != nil && !errors.Is(err, ledger.ErrConflict) { // it is there already from a shorter run
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Load(b.Context(), key(0)); err != nil {
			b.Fatal(err)
		}
	}
}

func benchApply(b *testing.B, s ledger.Store, c ledger.Change) {
	if err := s.Apply(b.Context(), c); err != nil {
		b.Error(err)
	}
}

// parallel runs op with benchCallers callers and reports operations per second.
func parallel(b *testing.B, op func()) {
	b.SetParallelism(max(1, benchCallers/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			op()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// benchServices measures numbers in a limit that already has many entries, and imports of codes. What it prepares is not measured.
func benchServices(b *testing.B, s ledger.Store) {
	const many, codes = 200_000, 10_000
	next := 1 << 30 // customers of its own
	b.Run(fmt.Sprintf("Number/of%d", many), func(b *testing.B) {
		next = fillEdition(b, s, next, many)
		for b.Loop() {
			next++
			ops := []ledger.LimitOp{release("edition", claim(next-many/2)), number("edition", claim(next), large)}
			benchApply(b, s, ledger.Change{Key: key(next), Limits: ops})
		}
	})
	b.Run(fmt.Sprintf("Import/%dcodes", codes), func(b *testing.B) {
		for b.Loop() {
			next++
			ops := make([]ledger.IndexOp, codes)
			for i := range ops {
				ops[i] = put(fmt.Sprint("codes ", next), int64(i), fmt.Sprintf("CODE-%06d", (i*7919)%codes), "")
			}
			benchApply(b, s, ledger.Change{Key: key(next), Index: ops})
		}
	})
}

// fillEdition gives numbers to so many claims, a thousand at once, and returns the last.
func fillEdition(b *testing.B, s ledger.Store, next, many int) int {
	for end := next + many; next < end; {
		ops := make([]ledger.LimitOp, 1000)
		for i := range ops {
			next++
			ops[i] = number("edition", claim(next), large)
		}
		benchApply(b, s, ledger.Change{Key: key(next), Limits: ops})
	}
	return next
}
