package ledgertest

import (
	"strings"

	"github.com/surprise-service/surprised/internal/ledger"
)

// large is the most that a limit counts. Adding two such numbers is beyond what a double holds exactly.
const large = 9_000_000_000_000_000

func limitChecks() []check {
	return []check{
		{"limit/usage keeps the order of limits", checkUsageOrder},
		{"limit/filled to its capacity, not beyond", checkCapacity},
		{"limit/reserve is idempotent", checkReserveTwice},
		{"limit/post keeps the amount for good", checkPost},
		{"limit/post without an entry does nothing", checkPostMissing},
		{"limit/release gives back once", checkRelease},
		{"limit/release leaves a posted entry alone", checkReleasePosted},
		{"limit/a released claim may reserve again", checkReserveAgain},
		{"limit/release makes room within one change", checkReleaseThenReserve},
		{"limit/operations keep their order", checkOpOrder},
		{"limit/several operations on one limit add up", checkSumWithinChange},
		{"limit/a lowered capacity takes nothing away", checkLoweredCapacity},
		{"limit/large amounts are exact", checkLargeAmounts},
		{"limit/names do not run into each other", checkLimitNames},
	}
}

func checkUsageOrder(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 3, 10), reserve("gift", claim(1), 4, 10))
	got := u.usage("gift", "never used", "cake", "gift")
	for i, want := range []int64{4, 0, 3, 4} {
		if got[i] != want {
			t.Errorf("answer %d: got %d, want %d", i, got[i], want)
		}
	}
}

func checkCapacity(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 7, 10))
	wantFull(t, u.try(key(2), "b", reserve("cake", claim(2), 4, 10)), "cake")
	u.put(key(2), "b", reserve("cake", claim(2), 3, 10))
	wantFull(t, u.try(key(3), "c", reserve("cake", claim(3), 1, 10)), "cake")
	u.put(key(3), "c", reserve("cake", claim(3), 0, 10))
	wantFull(t, u.try(key(4), "d", reserve("none", claim(4), 1, 0)), "none")
	u.wantUsage("cake", 10)
}

func checkReserveTwice(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 6, 10))
	u.put(key(1), "b", reserve("cake", claim(1), 6, 10))
	u.put(key(1), "c", reserve("cake", claim(1), 9, 10), reserve("cake", claim(1), 2, 1))
	u.wantUsage("cake", 6)
	u.put(key(1), "d", release("cake", claim(1)))
	u.wantUsage("cake", 0)
}

func checkPost(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 6, 10))
	u.put(key(1), "b", post("cake", claim(1)))
	u.put(key(1), "c", post("cake", claim(1)), reserve("cake", claim(1), 4, 10))
	u.wantUsage("cake", 6)
	wantFull(t, u.try(key(2), "d", reserve("cake", claim(2), 5, 10)), "cake")
}

func checkPostMissing(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	ghost := post("cake", claim(1))
	ghost.Amount, ghost.Capacity = 5, 10
	u.put(key(1), "a", ghost)
	u.wantUsage("cake", 0)
	u.put(key(1), "b", reserve("cake", claim(1), 3, 10), release("cake", claim(1)))
	u.wantUsage("cake", 0)
}

func checkRelease(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 6, 10), reserve("cake", claim(2), 3, 10))
	u.put(key(1), "b", release("cake", claim(1)))
	u.put(key(1), "c", release("cake", claim(1)), release("cake", claim(9)), release("never used", claim(1)))
	u.wantUsage("cake", 3)
	u.wantUsage("never used", 0)
}

func checkReleasePosted(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 6, 10))
	u.put(key(1), "b", post("cake", claim(1)))
	u.put(key(1), "c", release("cake", claim(1)))
	u.wantUsage("cake", 6)
	u.put(key(2), "a", reserve("gift", claim(2), 6, 10), post("gift", claim(2)), release("gift", claim(2)))
	u.wantUsage("gift", 6)
}

func checkReserveAgain(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 6, 10))
	u.put(key(1), "b", release("cake", claim(1)))
	u.put(key(1), "c", reserve("cake", claim(1), 8, 10))
	u.wantUsage("cake", 8)
	u.put(key(1), "d", release("cake", claim(1)), reserve("cake", claim(1), 2, 10))
	u.wantUsage("cake", 2)
}

func checkReleaseThenReserve(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 10, 10))
	u.put(key(1), "b", release("cake", claim(1)), reserve("cake", claim(2), 9, 10))
	u.wantUsage("cake", 9)
	u.put(key(1), "c", release("cake", claim(2)))
	u.wantUsage("cake", 0)
}

func checkOpOrder(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 10, 10))
	wantFull(t, u.try(key(1), "b", reserve("cake", claim(2), 1, 10), release("cake", claim(1))), "cake")
	u.wantUsage("cake", 10)
	u.put(key(1), "c", release("cake", claim(1)), post("cake", claim(1)))
	u.wantUsage("cake", 0)
}

func checkSumWithinChange(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	wantFull(t, u.try(key(1), "a", reserve("cake", claim(1), 6, 10), reserve("cake", claim(2), 6, 10)), "cake")
	u.wantUsage("cake", 0)
	u.put(key(1), "a", reserve("cake", claim(1), 6, 10), reserve("gift", claim(1), 1, 1), reserve("cake", claim(2), 4, 10))
	u.wantUsage("cake", 10)
}

func checkLoweredCapacity(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("cake", claim(1), 8, 10))
	wantFull(t, u.try(key(2), "b", reserve("cake", claim(2), 1, 5)), "cake")
	wantFull(t, u.try(key(2), "b", reserve("cake", claim(2), 0, 5)), "cake")
	u.put(key(1), "c", reserve("cake", claim(1), 8, 5))
	u.wantUsage("cake", 8)
}

func checkLargeAmounts(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("budget", claim(1), large-1, large))
	u.wantUsage("budget", large-1)
	wantFull(t, u.try(key(1), "b", reserve("budget", claim(2), 2, large)), "budget")
	wantFull(t, u.try(key(1), "b", reserve("budget", claim(2), large, large)), "budget")
	u.put(key(1), "b", reserve("budget", claim(2), 1, large))
	u.wantUsage("budget", large)
	u.put(key(1), "c", release("budget", claim(2)), post("budget", claim(1)))
	u.wantUsage("budget", large-1)
}

func checkLimitNames(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	names := []string{
		"a", "ab", "a\x00", "a\x00b", "a:b", "{a}", "a b", "生日蛋糕/2026-W11/store 7", strings.Repeat("long", 60),
	}
	for i, name := range names {
		u.put(key(1), "x", reserve(name, claim(1), int64(i)+1, 100), reserve(name, "b", 10, 100), reserve(name, "\x00b", 10, 100))
	}
	for i, got := range u.usage(names...) {
		if got != int64(i)+21 {
			t.Errorf("usage of limit %q: got %d, want %d", names[i], got, i+21)
		}
	}
}
