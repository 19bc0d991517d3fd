package ledgertest

import (
	"slices"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func numberChecks() []check {
	return []check{
		{"number/counts from 1", checkNumbersCount},
		{"number/stays with its entry", checkNumberStays},
		{"number/freed ones come again, the lowest first", checkNumbersFreed},
		{"number/never beyond the capacity", checkNumberCapacity},
		{"number/within one change", checkNumbersWithinChange},
		{"number/freed before and within a change", checkNumbersFreedTwice},
		{"number/a refused change takes none", checkNumberRefused},
		{"number/a refused change frees none", checkNumberRefusedRelease},
		{"number/each limit counts for itself", checkNumberLimits},
		{"number/beside entries without", checkNumberMixed},
		{"number/a thousand in one change", checkManyNumbers},
	}
}

// number is a reservation with a number.
func number(limit string, id surprise.ClaimID, capacity int64) ledger.LimitOp {
	op := reserve(limit, id, 1, capacity)
	op.Numbered = true
	return op
}

func refund(limit string, id surprise.ClaimID) ledger.LimitOp {
	return ledger.LimitOp{Limit: limit, Action: ledger.Refund, ClaimID: id}
}

// numbers returns the numbers that claims have of a limit.
func (u user) numbers(limit string, claims ...int) []int64 {
	u.Helper()
	refs := make([]ledger.LimitRef, len(claims))
	for i, n := range claims {
		refs[i] = ledger.LimitRef{Limit: limit, ClaimID: claim(n)}
	}
	got, err := u.s.Numbers(u.ctx, refs...)
	if err != nil || len(got) != len(refs) {
		u.Fatalf("Numbers of %d entries: %d numbers, error %v", len(refs), len(got), err)
	}
	return got
}

// wantNumbers asks for the numbers of the claims 1, 2 ...
func (u user) wantNumbers(limit string, want ...int64) {
	u.Helper()
	claims := make([]int, len(want))
	for i := range claims {
		claims[i] = i + 1
	}
	if got := u.numbers(limit, claims...); !slices.Equal(got, want) {
		u.Errorf("numbers of claims 1 to %d of limit %q: got %v, want %v", len(want), limit, got, want)
	}
}

// edition hands numbers to the claims 1 to n, one change each.
func (u user) edition(n int) {
	u.Helper()
	for i := range n {
		u.put(key(1), "x", number("edition", claim(i+1), int64(n)))
	}
}

func checkNumbersCount(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.edition(3)
	u.wantNumbers("edition", 1, 2, 3, 0)
	u.wantNumbers("never used", 0)
	u.wantUsage("edition", 3)
	if got := u.numbers("edition", 3, 9, 1, 3); !slices.Equal(got, []int64{3, 0, 1, 3}) {
		t.Errorf("numbers of claims 3, 9, 1 and 3: got %v, want 3, 0, 1 and 3", got)
	}
	u.numbers("edition")
}

func checkNumberStays(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.edition(3)
	u.put(key(1), "a", number("edition", claim(2), 3))
	u.put(key(1), "b", post("edition", claim(2)))
	u.put(key(1), "c", number("edition", claim(2), 9), release("edition", claim(2)), post("edition", claim(2)))
	u.put(key(1), "d", release("edition", claim(1)))
	u.wantNumbers("edition", 0, 2, 3)
	u.wantUsage("edition", 2)
}

func checkNumbersFreed(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.edition(5)
	u.put(key(1), "a", post("edition", claim(3)))
	u.put(key(1), "b", release("edition", claim(4)))
	u.put(key(1), "c", release("edition", claim(2)))
	u.put(key(1), "d", refund("edition", claim(3)))
	for i := 6; i <= 9; i++ {
		u.put(key(1), "x", number("edition", claim(i), 100))
	}
	u.wantNumbers("edition", 1, 0, 0, 0, 5, 2, 3, 4, 6)
	u.put(key(1), "e", release("edition", claim(6)))
	u.put(key(1), "f", number("edition", claim(10), 100))
	u.put(key(1), "g", number("edition", claim(11), 100))
	u.wantNumbers("edition", 1, 0, 0, 0, 5, 0, 3, 4, 6, 2, 7)
}

func checkNumberCapacity(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.edition(5)
	wantFull(t, u.try(key(1), "a", number("edition", claim(6), 5)), "edition")
	u.put(key(1), "b", release("edition", claim(2)))
	u.put(key(1), "c", release("edition", claim(5)))
	u.put(key(1), "d", number("edition", claim(6), 4))
	wantFull(t, u.try(key(1), "e", number("edition", claim(7), 4)), "edition")
	u.put(key(1), "f", number("edition", claim(7), 6))
	u.put(key(1), "g", number("edition", claim(8), 6))
	u.wantNumbers("edition", 1, 0, 3, 4, 0, 2, 5, 6)
	wantFull(t, u.try(key(1), "h", number("none", claim(1), 0)), "none")
}

func checkNumbersWithinChange(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	room := int64(9)
	u.put(key(1), "a", number("edition", claim(1), room), number("edition", claim(2), room), number("edition", claim(3), room))
	u.wantNumbers("edition", 1, 2, 3)
	u.put(key(1), "b", release("edition", claim(3)), release("edition", claim(1)), number("edition", claim(4), room),
		number("edition", claim(5), room), number("edition", claim(6), room))
	u.wantNumbers("edition", 0, 2, 0, 1, 3, 4)
	u.put(key(1), "c", release("edition", claim(2)), number("edition", claim(1), room), refund("edition", claim(1)), number("edition", claim(3), room))
	u.wantNumbers("edition", 0, 0, 2, 1, 3, 4)
	u.put(key(1), "d", number("edition", claim(7), room), release("edition", claim(7)))
	u.put(key(1), "e", number("edition", claim(8), room))
	u.wantNumbers("edition", 0, 0, 2, 1, 3, 4, 0, 5)
	u.wantUsage("edition", 5)
}

// checkNumbersFreedTwice frees numbers before a change and in it, lower ones and higher ones.
func checkNumbersFreedTwice(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.edition(4)
	u.put(key(1), "a", release("edition", claim(2)))
	u.put(key(1), "b", release("edition", claim(3)), number("edition", claim(5), 9))
	u.wantNumbers("edition", 1, 0, 0, 4, 2)
	u.put(key(1), "c", release("edition", claim(1)), number("edition", claim(6), 9), number("edition", claim(7), 9), number("edition", claim(8), 9))
	u.wantNumbers("edition", 0, 0, 0, 4, 2, 1, 3, 5)
}

func checkNumberRefused(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.edition(2)
	u.put(key(1), "a", release("edition", claim(1)))
	wantFull(t, u.try(key(1), "b", number("edition", claim(3), 9), number("edition", claim(4), 9), reserve("none", claim(3), 1, 0)), "none")
	wantConflict(t, s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: 99, Limits: []ledger.LimitOp{number("edition", claim(3), 9)}}))
	u.wantNumbers("edition", 0, 2, 0, 0)
	u.put(key(1), "c", number("edition", claim(5), 9), number("edition", claim(6), 9))
	u.wantNumbers("edition", 0, 2, 0, 0, 1, 3)
}

func checkNumberRefusedRelease(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.edition(2)
	wantFull(t, u.try(key(1), "a", release("edition", claim(1)), refund("edition", claim(2)), reserve("none", claim(3), 1, 0)), "none")
	u.put(key(1), "b", number("edition", claim(3), 9))
	u.wantNumbers("edition", 1, 2, 3)
}

func checkNumberLimits(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	names := []string{"a", "ab", "a\x00", "a#n", "{a}", "版/7"}
	for round := range 2 {
		for _, name := range names {
			u.put(key(1), "x", number(name, claim(round), 9))
		}
	}
	u.put(key(1), "y", release("a", claim(0)))
	for _, name := range names {
		u.put(key(1), "z", number(name, claim(2), 9))
		want := []int64{1, 2, 3}
		if name == "a" {
			want = []int64{0, 2, 1}
		}
		if got := u.numbers(name, 0, 1, 2); !slices.Equal(got, want) {
			t.Errorf("numbers of limit %q: got %v, want %v", name, got, want)
		}
	}
}

func checkNumberMixed(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("edition", claim(1), 3, 5), number("edition", claim(2), 5))
	u.put(key(1), "b", number("edition", claim(3), 5))
	wantFull(t, u.try(key(1), "c", number("edition", claim(4), 5)), "edition")
	u.put(key(1), "d", release("edition", claim(1)), number("edition", claim(4), 5), number("edition", claim(1), 5))
	u.wantNumbers("edition", 4, 1, 2, 3)
}

// checkManyNumbers frees every third of a thousand and gives them again.
func checkManyNumbers(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	const many = 1000
	var first, second []ledger.LimitOp
	for i := range many {
		first = append(first, number("edition", claim(i), many))
		if i%3 == 0 {
			second = append(second, release("edition", claim(i)), number("edition", claim(many+i), many))
		}
	}
	u.put(key(1), "a", first...)
	u.put(key(1), "b", second...)
	u.wantUsage("edition", many)
	u.wantEachOnce("edition", 2*many, many)
}

// wantEachOnce asks that the claims below `claims` have each number from 1 to n once, and no others.
func (u user) wantEachOnce(limit string, claims, n int) {
	u.Helper()
	all := make([]int, claims)
	for i := range all {
		all[i] = i
	}
	held := make(map[int64]int)
	for _, got := range u.numbers(limit, all...) {
		held[got]++
	}
	delete(held, 0)
	for i := range n {
		if held[int64(i)+1] != 1 {
			u.Errorf("number %d of %d: %d claims have it, want one", i+1, n, held[int64(i)+1])
		}
	}
	if len(held) != n {
		u.Errorf("numbers given: %d, want %d", len(held), n)
	}
}
