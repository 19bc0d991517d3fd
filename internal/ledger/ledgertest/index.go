package ledgertest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func indexChecks() []check {
	return []check{
		{"index/sorted by score, then by member", checkIndexOrder},
		{"index/goes on after a place", checkIndexFrom},
		{"index/backwards", checkIndexBackwards},
		{"index/at most n", checkIndexCount},
		{"index/put replaces", checkIndexReplace},
		{"index/remove", checkIndexRemove},
		{"index/operations keep their order", checkIndexOpOrder},
		{"index/find keeps the order of members", checkFindOrder},
		{"index/any byte is kept", checkIndexBytes},
		{"index/names do not run into each other", checkIndexNames},
		{"index/a refused change leaves it alone", checkIndexRefused},
		{"index/10,000 members in one change", checkImport},
		{"index/bytes stay", checkIndexBytesStay},
	}
}

func put(index string, score int64, member, data string) ledger.IndexOp {
	return ledger.IndexOp{Index: index, IndexEntry: indexEntry(score, member, data)}
}

func remove(index, member string) ledger.IndexOp {
	return ledger.IndexOp{Index: index, IndexEntry: indexEntry(0, member, ""), Remove: true}
}

func indexEntry(score int64, member, data string) ledger.IndexEntry {
	return ledger.IndexEntry{IndexPlace: ledger.IndexPlace{Score: score, Member: member}, Data: []byte(data)}
}

// clerk is the customer whose record the changes of indexes and of the log are made with.
func clerk() surprise.CustomerKey { return surprise.CustomerKey{0xee} }

// reindex applies operations of indexes.
func (u user) reindex(ops ...ledger.IndexOp) {
	u.Helper()
	u.apply(ledger.Change{Key: clerk(), Expect: u.load(clerk())[0].Version, Index: ops})
}

func (u user) entries(index string, from *ledger.IndexPlace, n int, backwards bool) []ledger.IndexEntry {
	u.Helper()
	got, err := u.s.Range(u.ctx, index, from, n, backwards)
	if err != nil {
		u.Fatalf("Range of index %q: %v", index, err)
	}
	return got
}

func members(entries []ledger.IndexEntry) []string {
	var found []string
	for _, e := range entries {
		found = append(found, e.Member)
	}
	return found
}

// wantRange asks for the members after a place.
func (u user) wantRange(index string, from *ledger.IndexPlace, n int, want ...string) {
	u.Helper()
	if got := members(u.entries(index, from, n, false)); !slices.Equal(got, want) {
		u.Errorf("%d of index %q after %v: got %q, want %q", n, index, from, got, want)
	}
}

func (u user) wantRangeBack(index string, from *ledger.IndexPlace, n int, want ...string) {
	u.Helper()
	if got := members(u.entries(index, from, n, true)); !slices.Equal(got, want) {
		u.Errorf("%d of index %q before %v, backwards: got %q, want %q", n, index, from, got, want)
	}
}

// wantEntry asks for what Find and Range say of a member.
func (u user) wantEntry(index string, want ledger.IndexEntry) {
	u.Helper()
	found, err := u.s.Find(u.ctx, index, want.Member)
	if err != nil || len(found) != 1 {
		u.Fatalf("Find of %q: %d entries, error %v", want.Member, len(found), err)
	}
	ranged := u.entries(index, &ledger.IndexPlace{Score: want.Score - 1, Member: "\xff"}, 1<<20, false)
	at := slices.IndexFunc(ranged, func(e ledger.IndexEntry) bool { return e.Member == want.Member })
	if at < 0 {
		u.Errorf("entry %q is not in the range of its score %d", want.Member, want.Score)
		return
	}
	for _, got := range []ledger.IndexEntry{found[0], ranged[at]} {
		if got.IndexPlace != want.IndexPlace || string(got.Data) != string(want.Data) {
			u.Errorf("entry: got %+v, want %+v", got, want)
		}
	}
}

func checkIndexOrder(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.wantRange("wall", nil, 9)
	u.reindex(put("wall", 256, "b", ""), put("wall", 0, "zero", ""), put("wall", 255, "d", ""), put("wall", math.MaxInt64, "last", ""))
	u.reindex(put("wall", 256, "a", ""), put("wall", 256, "ab", ""), put("wall", 256, "B", ""), put("wall", 256, "ä", ""), put("wall", 1<<40, "c", ""))
	want := []string{"zero", "d", "B", "a", "ab", "b", "ä", "c", "last"}
	u.wantRange("wall", nil, 99, want...)
	slices.Reverse(want)
	u.wantRangeBack("wall", nil, 99, want...)
	u.wantEntry("wall", indexEntry(math.MaxInt64, "last", ""))
	u.wantEntry("wall", indexEntry(0, "zero", ""))
}

// letters has the members a to e at the scores 10, 20 ...
func (u user) letters() {
	u.Helper()
	for i, member := range []string{"a", "b", "c", "d", "e"} {
		u.reindex(put("wall", int64(10*i+10), member, "of "+member))
	}
}

func checkIndexFrom(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.letters()
	u.wantRange("wall", &ledger.IndexPlace{Score: 20, Member: "b"}, 9, "c", "d", "e")
	u.wantRange("wall", &ledger.IndexPlace{Score: 20, Member: "a"}, 9, "b", "c", "d", "e")
	u.wantRange("wall", &ledger.IndexPlace{Score: 20, Member: "ba"}, 9, "c", "d", "e")
	u.wantRange("wall", &ledger.IndexPlace{Score: 30}, 1, "c")
	u.wantRange("wall", &ledger.IndexPlace{Score: 50, Member: "e"}, 9)
	u.wantRange("wall", &ledger.IndexPlace{Score: math.MaxInt64, Member: "z"}, 9)
	u.wantRange("wall", &ledger.IndexPlace{}, 2, "a", "b")
	u.wantRange("wall", &ledger.IndexPlace{Score: -1, Member: "z"}, 2, "a", "b")
}

func checkIndexBackwards(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.letters()
	u.queue("wall1", "other")
	u.queue("wal", "another")
	u.wantRangeBack("wall", nil, 2, "e", "d")
	u.wantRangeBack("wall", &ledger.IndexPlace{Score: 40, Member: "d"}, 9, "c", "b", "a")
	u.wantRangeBack("wall", &ledger.IndexPlace{Score: 40, Member: "da"}, 1, "d")
	u.wantRangeBack("wall", &ledger.IndexPlace{Score: 99}, 9, "e", "d", "c", "b", "a")
	u.wantRangeBack("wall", &ledger.IndexPlace{Score: 10, Member: "a"}, 9)
	u.wantRangeBack("wall", &ledger.IndexPlace{Score: -1, Member: "z"}, 9)
	u.wantRangeBack("never used", nil, 9)
}

func checkIndexCount(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.letters()
	u.wantRange("wall", nil, 0)
	u.wantRange("wall", nil, -1)
	u.wantRangeBack("wall", nil, 0)
	u.wantRange("wall", nil, 2, "a", "b")
	u.wantRange("wall", nil, 5, "a", "b", "c", "d", "e")
	var walked []string
	var from *ledger.IndexPlace
	for range 4 {
		page := u.entries("wall", from, 2, false)
		walked = append(walked, members(page)...)
		if len(page) > 0 {
			from = &page[len(page)-1].IndexPlace
		}
	}
	if got := strings.Join(walked, ""); got != "abcde" {
		t.Errorf("pages of two, one after the other: got %s, want abcde", got)
	}
}

func checkIndexReplace(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.letters()
	u.reindex(put("wall", 45, "a", "moved"), put("wall", 30, "c", "rewritten"))
	u.wantRange("wall", nil, 9, "b", "c", "d", "a", "e")
	u.wantEntry("wall", indexEntry(45, "a", "moved"))
	u.wantEntry("wall", indexEntry(30, "c", "rewritten"))
	u.reindex(put("wall", 5, "a", ""))
	u.wantRange("wall", nil, 2, "a", "b")
	u.wantEntry("wall", indexEntry(5, "a", ""))
}

func checkIndexRemove(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.letters()
	gone := remove("wall", "b")
	gone.Score = 999 // what a removal says beyond the member means nothing
	u.reindex(gone, remove("wall", "never there"), remove("never used", "b"))
	u.wantRange("wall", nil, 9, "a", "c", "d", "e")
	if found, err := s.Find(u.ctx, "wall", "b", "a"); err != nil || fmt.Sprint(members(found)) != "[ a]" {
		t.Errorf("Find of a removed member and another: got %q, error %v, want only the other", members(found), err)
	}
	u.reindex(remove("wall", "a"), remove("wall", "c"), remove("wall", "d"), remove("wall", "e"))
	u.wantRange("wall", nil, 9)
	u.wantRangeBack("wall", nil, 9)
	u.reindex(put("wall", 1, "b", "again"))
	u.wantEntry("wall", indexEntry(1, "b", "again"))
}

func checkIndexOpOrder(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.reindex(put("wall", 1, "a", "first"), put("wall", 2, "a", "second"), put("wall", 3, "b", ""), remove("wall", "b"))
	u.wantRange("wall", nil, 9, "a")
	u.wantEntry("wall", indexEntry(2, "a", "second"))
	u.reindex(remove("wall", "a"), put("wall", 9, "a", "third"))
	u.wantEntry("wall", indexEntry(9, "a", "third"))
	u.wantRange("wall", nil, 9, "a")
}

func checkFindOrder(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.letters()
	found, err := s.Find(u.ctx, "wall", "d", "never there", "a", "d")
	if got := fmt.Sprint(members(found)); err != nil || got != "[d  a d]" {
		t.Errorf("Find of d, a missing one, a and d: got %s, error %v", got, err)
	}
	if len(found) == 4 && (string(found[2].Data) != "of a" || found[3].Score != 40 || found[1].Score != 0 || len(found[1].Data) != 0) {
		t.Errorf("Find of d, a missing one, a and d: got %+v", found)
	}
	if found, err := s.Find(u.ctx, "wall"); err != nil || len(found) != 0 {
		t.Errorf("Find of nothing: got %v, error %v", found, err)
	}
	if found, err := s.Find(u.ctx, "never used", "a"); err != nil || len(found) != 1 || found[0].Member != "" {
		t.Errorf("Find in an index never used: got %v, error %v", found, err)
	}
}

func checkIndexBytes(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	var all []byte
	for b := range 256 {
		all = append(all, byte(b))
	}
	e := indexEntry(7, string(all), "\r\n\x00"+string(all))
	u.reindex(ledger.IndexOp{Index: string(all), IndexEntry: e})
	u.wantEntry(string(all), e)
}

func checkIndexNames(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	names := []string{"a", "ab", "a\x00", "a\x00\x00\x00\x00\x00\x00\x00\x00b", "{a}", "許願牆|7"}
	for i, name := range names {
		u.reindex(put(name, int64(i), "b", name), put(name, 0, "\x00", ""), put(name, math.MaxInt64, "\xff", ""))
	}
	for i, name := range names {
		u.wantRange(name, nil, 9, "\x00", "b", "\xff")
		u.wantRangeBack(name, nil, 9, "\xff", "b", "\x00")
		u.wantEntry(name, indexEntry(int64(i), "b", name))
	}
}

func checkIndexRefused(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.letters()
	lost := []ledger.IndexOp{put("wall", 1, "f", ""), put("wall", 99, "a", "lost"), remove("wall", "b")}
	full := []ledger.LimitOp{reserve("none", claim(1), 1, 0)}
	wantFull(t, s.Apply(u.ctx, ledger.Change{Key: key(1), Index: lost, Limits: full}), "none")
	wantConflict(t, s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: 7, Index: lost}))
	u.wantRange("wall", nil, 9, "a", "b", "c", "d", "e")
	u.wantEntry("wall", indexEntry(10, "a", "of a"))
}

// checkImport has what importing a list of gift-card codes does.
func checkImport(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	const many = 10_000
	ops := make([]ledger.IndexOp, many)
	for i := range ops {
		ops[i] = put("codes", int64(i+1), fmt.Sprintf("CODE-%06d", (i*7919)%many), "")
	}
	u.reindex(ops...)
	if got := len(u.entries("codes", nil, 2*many, false)); got != many {
		t.Errorf("members after the import: got %d, want %d", got, many)
	}
	for _, n := range []int{0, 1, 4321, many - 1} {
		u.wantRange("codes", &ledger.IndexPlace{Score: int64(n + 1)}, 1, ops[n].Member)
	}
	for i := range ops {
		ops[i].Remove = i%2 == 0
	}
	u.reindex(ops...)
	if got := len(u.entries("codes", nil, 2*many, true)); got != many/2 {
		t.Errorf("members after removing every second: got %d, want %d", got, many/2)
	}
}

// checkIndexBytesStay catches a store that hands out memory which it uses again.
func checkIndexBytesStay(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	data := strings.Repeat("x", 3000)
	u.reindex(put("wall", 1, "a", data))
	ranged := u.entries("wall", nil, 1, false)
	found, err := s.Find(u.ctx, "wall", "a")
	if err != nil {
		t.Fatalf("Find: %v", err)
	}
	for n := range 50 {
		u.reindex(put("wall", int64(n), "a", strings.Repeat("#", 100*n)), put("wall", 1, fmt.Sprint(n), strings.Repeat("y", 3000)))
	}
	for _, got := range append(ranged, found...) {
		if got.Member != "a" || string(got.Data) != data {
			t.Errorf("entry after later changes: got %q with %.20q, want it as it was", got.Member, got.Data)
		}
	}
}
