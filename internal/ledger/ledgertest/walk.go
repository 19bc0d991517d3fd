package ledgertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// RunWalk checks that a store keeps the contract of ledger.Walker. open returns a new, empty store each time; whoever opens also closes.
func RunWalk(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Helper()
	for _, c := range walkChecks() {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

func walkChecks() []check {
	return []check{
		{"walk/every record with its due time", checkWalkRecords},
		{"walk/every limit with its entries", checkWalkLimits},
		{"walk/a limit with many entries", checkWalkLargeLimit},
		{"walk/every entry of every index", checkWalkIndexes},
		{"walk/an empty store", checkWalkEmpty},
		{"walk/stops at an error", checkWalkStops},
		{"walk/a visit may use the store", checkWalkVisits},
		{"walk/a cancelled context", checkWalkCancelled},
		{"walk/drop forgets a limit", checkDropLimit},
		{"walk/repair sets entries and sum", checkRepair},
		{"walk/repair frees the numbers between", checkRepairNumbers},
	}
}

// walker is a user of a store that can be walked.
type walker struct {
	user
	w ledger.Walker
}

func useWalker(t TB, s ledger.Store) (w walker, stop func()) {
	t.Helper()
	u, stop := use(t, s)
	walk, ok := s.(ledger.Walker)
	if !ok {
		t.Fatalf("%T is no Walker", s)
	}
	return walker{user: u, w: walk}, stop
}

// seen is a record as a walk shows it.
type seen struct {
	version uint64
	data    string
	due     time.Time
}

func (w walker) records() map[surprise.CustomerKey]seen {
	w.Helper()
	all := make(map[surprise.CustomerKey]seen)
	err := w.w.WalkRecords(w.ctx, func(key surprise.CustomerKey, r ledger.Versioned, due time.Time) error {
		all[key] = seen{r.Version, string(r.Data), due.UTC()}
		return nil
	})
	if err != nil {
		w.Fatalf("WalkRecords: %v", err)
	}
	return all
}

// limits returns the limits that hold anything, their entries by claim id.
func (w walker) limits() map[string]string {
	w.Helper()
	all := make(map[string]string)
	err := w.w.WalkLimits(w.ctx, func(limit string, sum int64, entries []ledger.LimitEntry) error {
		if sum != 0 || len(entries) > 0 {
			all[limit] = show(sum, entries...)
		}
		return nil
	})
	if err != nil {
		w.Fatalf("WalkLimits: %v", err)
	}
	return all
}

func show(sum int64, entries ...ledger.LimitEntry) string {
	sorted := slices.SortedFunc(slices.Values(entries), func(a, b ledger.LimitEntry) int { return cmp.Compare(a.ClaimID, b.ClaimID) })
	return fmt.Sprintf("%d %q", sum, fmt.Sprint(sorted))
}

func (w walker) wantLimits(want map[string]string) {
	w.Helper()
	if got := w.limits(); !maps.Equal(got, want) {
		w.Errorf("limits of a walk: got %.400q, want %.400q", got, want)
	}
}

func checkWalkRecords(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	const many = 300 // more than stores read at once
	want := make(map[surprise.CustomerKey]seen)
	for n := range many {
		k, data, due := key(n), fmt.Sprint("data ", n), time.Time{}
		if n%3 == 0 {
			due = noon().Add(time.Duration(n) * time.Second)
		}
		w.apply(ledger.Change{Key: k, Data: []byte(data), Due: due})
		want[k] = seen{1, data, due}
	}
	w.apply(ledger.Change{Key: key(1), Expect: 1, Due: time.Unix(0, 0)})
	want[key(1)] = seen{2, "", time.Unix(0, 0).UTC()}
	if got := w.records(); !maps.Equal(got, want) {
		t.Errorf("records of a walk: got %d, want %d, or they differ", len(got), len(want))
	}
}

func checkWalkLimits(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	want := make(map[string]string)
	for i, name := range []string{"a", "ab", "a\x00b", "a:b", "{a}", "生日/store 7", "*", "[a]"} {
		n := int64(i) + 1
		w.put(key(1), "x", reserve(name, "b c\x00", n, 100), number(name, "d", 100), reserve(name, "#", 10, 100), number(name, "e", 100))
		w.put(key(1), "x", post(name, "d"), release(name, "e"))
		want[name] = show(n+11, ledger.LimitEntry{ClaimID: "b c\x00", Amount: n}, ledger.LimitEntry{ClaimID: "#", Amount: 10},
			ledger.LimitEntry{ClaimID: "d", Amount: 1, Posted: true, Number: 1})
	}
	w.put(key(1), "x", reserve("large", claim(1), large, large))
	want["large"] = show(large, ledger.LimitEntry{ClaimID: claim(1), Amount: large})
	w.wantLimits(want)
}

func checkWalkLargeLimit(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	const many = 12_000
	var ops []ledger.LimitOp
	var entries []ledger.LimitEntry
	for n := range many {
		ops = append(ops, reserve("cake", claim(n), 2, large))
		entries = append(entries, ledger.LimitEntry{ClaimID: claim(n), Amount: 2})
	}
	w.put(key(1), "x", ops...)
	w.put(key(1), "x", reserve("gift", claim(1), 1, 1))
	w.wantLimits(map[string]string{"cake": show(2*many, entries...), "gift": show(1, ledger.LimitEntry{ClaimID: claim(1), Amount: 1})})
}

func checkWalkIndexes(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	want := make(map[string][]ledger.IndexEntry)
	for name, n := range map[string]int{"wall": 600, "w": 1, "wa\x00": 2, "線": 3} {
		var ops []ledger.IndexOp
		for i := range n {
			e := indexEntry(int64(i/3), fmt.Sprintf("member\x00%05d", i), fmt.Sprint("of ", name, i))
			ops = append(ops, ledger.IndexOp{Index: name, IndexEntry: e})
			want[name] = append(want[name], e)
		}
		w.reindex(ops...)
	}
	w.reindex(put("gone", 1, "x", ""))
	w.reindex(remove("gone", "x"))
	got := make(map[string][]ledger.IndexEntry)
	err := w.w.WalkIndexes(w.ctx, func(index string, e ledger.IndexEntry) error {
		got[index] = append(got[index], e)
		return nil
	})
	same := func(a, b []ledger.IndexEntry) bool {
		return slices.EqualFunc(a, b, func(x, y ledger.IndexEntry) bool {
			return x.IndexPlace == y.IndexPlace && string(x.Data) == string(y.Data)
		})
	}
	if err != nil || !maps.EqualFunc(got, want, same) {
		t.Errorf("indexes of a walk: got %.300v, want %.300v, error %v", got, want, err)
	}
}

func checkWalkEmpty(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	w.wantLimits(map[string]string{})
	if got := w.records(); len(got) != 0 {
		t.Errorf("records of an empty store: got %v", got)
	}
	err := w.w.WalkIndexes(w.ctx, func(index string, _ ledger.IndexEntry) error { return fmt.Errorf("there is an index %q", index) })
	if err != nil {
		t.Errorf("WalkIndexes of an empty store: %v", err)
	}
}

// walks walks over everything, and calls visit each time.
func (w walker) walks(ctx context.Context, visit func() error) map[string]error {
	return map[string]error{
		"WalkRecords": w.w.WalkRecords(ctx, func(surprise.CustomerKey, ledger.Versioned, time.Time) error { return visit() }),
		"WalkLimits":  w.w.WalkLimits(ctx, func(string, int64, []ledger.LimitEntry) error { return visit() }),
		"WalkIndexes": w.w.WalkIndexes(ctx, func(string, ledger.IndexEntry) error { return visit() }),
	}
}

func (w walker) fillAll() {
	w.Helper()
	for n := range 3 {
		limit, index := fmt.Sprint("limit ", n), fmt.Sprint("index ", n)
		w.apply(ledger.Change{Key: key(n), Limits: []ledger.LimitOp{reserve(limit, claim(n), 1, 1)}, Index: []ledger.IndexOp{put(index, 1, "x", "")}})
	}
}

func checkWalkStops(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	w.fillAll()
	enough, visits := errors.New("enough"), 0
	for name, err := range w.walks(w.ctx, func() error { visits++; return enough }) {
		if !errors.Is(err, enough) {
			t.Errorf("%s: got error %v, want that of the visit", name, err)
		}
	}
	if visits != 3 {
		t.Errorf("visits in three walks that failed at once: got %d, want 3", visits)
	}
}

// checkWalkVisits would wait for ever where a walk holds what a change needs.
func checkWalkVisits(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	w.fillAll()
	visits := 0
	for name, err := range w.walks(w.ctx, func() error {
		visits++
		w.put(key(0), fmt.Sprint("data ", visits), reserve("limit 0", claim(0), 1, 1))
		return nil
	}) {
		if err != nil {
			t.Errorf("%s whose visits write: %v", name, err)
		}
	}
	if visits < 9 {
		t.Errorf("visits: got %d, want 9", visits)
	}
}

func checkWalkCancelled(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	w.fillAll()
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	all := w.walks(ctx, func() error { return nil })
	all["DropLimit"] = w.w.DropLimit(ctx, "limit 1")
	all["Repair"] = w.w.Repair(ctx, "limit 1", nil)
	for name, err := range all {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context: got error %v, want context.Canceled", name, err)
		}
	}
	w.wantUsage("limit 1", 1)
}

func checkDropLimit(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	w.edition(3)
	w.put(key(1), "x", release("edition", claim(2)), reserve("edition", claim(9), 5, 100), reserve("edition 2", claim(1), 1, 9), number("editio", claim(1), 9))
	for _, name := range []string{"edition", "never used"} {
		if err := w.w.DropLimit(w.ctx, name); err != nil {
			t.Errorf("DropLimit of %q: %v", name, err)
		}
	}
	w.wantUsage("edition", 0)
	w.wantNumbers("edition", 0, 0, 0)
	w.wantLimits(map[string]string{
		"edition 2": show(1, ledger.LimitEntry{ClaimID: claim(1), Amount: 1}), "editio": show(1, ledger.LimitEntry{ClaimID: claim(1), Amount: 1, Number: 1}),
	})
	w.put(key(1), "y", number("edition", claim(7), 2), number("edition", claim(8), 2))
	wantFull(t, w.try(key(1), "z", number("edition", claim(6), 2)), "edition")
	if got := w.numbers("edition", 7, 8); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("numbers after a drop: got %v, want 1 and 2", got)
	}
}

func checkRepair(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	w.put(key(1), "x", reserve("cake", claim(1), 3, 100), reserve("cake", claim(2), 4, 100), reserve("cake 2", claim(2), 4, 100))
	want := []ledger.LimitEntry{{ClaimID: claim(2), Amount: 7, Posted: true}, {ClaimID: "a b\x00#", Amount: 1}, {ClaimID: claim(5), Amount: large - 8}}
	if err := w.w.Repair(w.ctx, "cake", want); err != nil {
		t.Fatalf("Repair: %v", err)
	}
	if err := w.w.Repair(w.ctx, "new", want[:1]); err != nil {
		t.Fatalf("Repair of a limit that is not there: %v", err)
	}
	other := show(4, ledger.LimitEntry{ClaimID: claim(2), Amount: 4})
	w.wantLimits(map[string]string{"cake": show(large, want...), "new": show(7, want[:1]...), "cake 2": other})
	wantFull(t, w.try(key(1), "y", reserve("cake", claim(9), 1, large)), "cake")
	w.put(key(1), "y", release("cake", claim(2)), release("cake", "a b\x00#"))
	w.wantUsage("cake", large-1)
	if err := w.w.Repair(w.ctx, "cake", nil); err != nil {
		t.Fatalf("Repair with nothing: %v", err)
	}
	w.wantLimits(map[string]string{"new": show(7, want[:1]...), "cake 2": other})
}

func checkRepairNumbers(t TB, s ledger.Store) {
	w, stop := useWalker(t, s)
	defer stop()
	w.edition(6)
	w.put(key(1), "x", release("edition", claim(1)), release("edition", claim(4)))
	entries := []ledger.LimitEntry{{ClaimID: claim(2), Amount: 1, Number: 2}, {ClaimID: claim(5), Amount: 1, Posted: true, Number: 4}}
	if err := w.w.Repair(w.ctx, "edition", entries); err != nil {
		t.Fatalf("Repair: %v", err)
	}
	w.wantNumbers("edition", 0, 2, 0, 0, 4, 0)
	w.put(key(1), "y", number("edition", claim(7), 9), number("edition", claim(8), 9), number("edition", claim(9), 9))
	if got := w.numbers("edition", 7, 8, 9); !slices.Equal(got, []int64{1, 3, 5}) {
		t.Errorf("numbers after a repair: got %v, want 1, 3 and 5", got)
	}
	wantSound(w.ctx, t, s, "edition")
}

// wantSound has a store that keeps more of a limit than its entries keep what follows from them.
func wantSound(ctx context.Context, t TB, s ledger.Store, limit string) {
	t.Helper()
	auditor, ok := s.(ledger.Auditor)
	if !ok {
		return
	}
	state, err := auditor.AuditLimit(ctx, limit)
	if err != nil {
		t.Fatalf("AuditLimit: %v", err)
	}
	state.Numbers(func(kind string, id surprise.ClaimID, what string) {
		t.Errorf("limit %q: %s %s: %s", limit, kind, id, what)
	})
	open, sum := []surprise.ClaimID(nil), int64(0)
	for _, e := range state.Entries {
		sum += e.Amount
		if _, staged := s.(ledger.Staged); staged && !e.Posted {
			open = append(open, e.ClaimID)
		}
	}
	slices.Sort(open)
	slices.Sort(state.Open)
	if sum != state.Sum || !slices.Equal(open, state.Open) {
		t.Errorf("limit %q: the sum is %d, want %d, and %v are open, want %v", limit, state.Sum, sum, state.Open, open)
	}
}
