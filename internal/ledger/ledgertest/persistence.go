package ledgertest

import (
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
)

// RunPersistence checks that a store keeps everything when it is closed and opened again. open opens the same store each time, empty
// at first; the suite closes it.
func RunPersistence(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Helper()
	written := open(t)
	fill(t, written)
	if err := written.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	again := open(t)
	defer func() { _ = again.Close() }()
	checkFilled(t, again)
	checkGoesOn(t, again)
}

func fill(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "first")
	u.put(key(1), "second", reserve("cake", claim(1), 3, 10), reserve("cake", claim(2), 4, 10), post("cake", claim(2)))
	u.put(key(2), "")
	u.schedule(key(3), noon())
	u.secret("token key", "the secret")
	u.edition(3)
	u.put(key(1), "second", release("edition", claim(2)), post("edition", claim(3)))
	u.letters()
	u.tell("a", "b", "c")
	u.trim(farOff(), 1)
}

func checkFilled(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.wantRecord(key(1), 6, "second")
	u.wantRecord(key(2), 1, "")
	u.wantDue(noon(), 10, key(3))
	u.wantUsage("cake", 7)
	u.wantNumbers("edition", 1, 0, 3)
	u.wantRange("wall", nil, 9, "a", "b", "c", "d", "e")
	u.wantEntry("wall", indexEntry(20, "b", "of b"))
	u.wantEvents("", 9, "b", "c")
	if got := u.secret("token key", "another"); got != "the secret" {
		t.Errorf("secret after opening again: got %q, want the one stored before", got)
	}
}

// checkGoesOn checks that entries, not only their sum, were kept.
func checkGoesOn(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	wantConflict(t, s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: 1}))
	u.put(key(1), "third", release("cake", claim(1)), release("cake", claim(2)))
	u.wantUsage("cake", 4)
	u.put(key(3), "no longer due")
	u.wantDue(noon(), 10)
	last := u.lastEvent()
	u.tell("d")
	u.wantEvents(last, 9, "d")
	u.put(key(1), "fourth", number("edition", claim(4), 9), number("edition", claim(5), 9), release("edition", claim(3)))
	u.wantNumbers("edition", 1, 0, 3, 2, 4)
	u.reindex(put("wall", 1, "e", ""), remove("wall", "a"))
	u.wantRange("wall", nil, 9, "e", "b", "c", "d")
}
