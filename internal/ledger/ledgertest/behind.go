package ledgertest

import (
	"errors"

	"github.com/surprise-service/surprised/internal/ledger"
)

func behindChecks() []check {
	return []check{
		{"behind/refuses while others wait", checkBehind},
		{"behind/sees the line as it was before the change", checkBehindBefore},
		{"behind/comes before a full limit", checkBehindFirst},
		{"behind/leaves an entry that exists alone", checkBehindExisting},
		{"behind/writes nothing", checkBehindWritesNothing},
	}
}

// behind makes a reservation stand behind a line.
func behind(op ledger.LimitOp, line string) ledger.LimitOp {
	op.Behind = line
	return op
}

// queue is the change that puts a member into an index, or several.
func (u user) queue(index string, members ...string) {
	u.Helper()
	var ops []ledger.IndexOp
	for i, member := range members {
		ops = append(ops, put(index, int64(i), member, ""))
	}
	u.reindex(ops...)
}

// wantBehind asks for a LimitError that names limit and says that others wait.
func wantBehind(t TB, err error, limit string) {
	t.Helper()
	var full *ledger.LimitError
	if !errors.As(err, &full) || full.Limit != limit || !full.Behind {
		t.Errorf("got error %#v, want a LimitError of limit %q because others wait", err, limit)
	}
}

func checkBehind(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", behind(number("edition", claim(1), 9), "line"))
	u.queue("line", "x", "y")
	u.queue("liner", "x")
	wantBehind(t, u.try(key(1), "b", behind(number("edition", claim(2), 9), "line")), "edition")
	wantBehind(t, u.try(key(1), "b", reserve("cake", claim(2), 1, 9), behind(reserve("gift", claim(2), 1, 9), "line")), "gift")
	u.put(key(1), "c", number("edition", claim(2), 9), behind(reserve("cake", claim(2), 0, 9), "lin"))
	u.reindex(remove("line", "x"))
	wantBehind(t, u.try(key(1), "d", behind(number("edition", claim(3), 9), "line")), "edition")
	u.reindex(remove("line", "y"))
	u.put(key(1), "e", behind(number("edition", claim(3), 9), "line"))
	u.wantNumbers("edition", 1, 2, 3)
}

func checkBehindBefore(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	ops := []ledger.LimitOp{behind(number("edition", claim(1), 9), "line")}
	u.apply(ledger.Change{Key: key(1), Limits: ops, Index: []ledger.IndexOp{put("line", 1, "x", "")}})
	ops = []ledger.LimitOp{behind(number("edition", claim(2), 9), "line")}
	wantBehind(t, s.Apply(u.ctx, ledger.Change{Key: key(2), Limits: ops, Index: []ledger.IndexOp{remove("line", "x")}}), "edition")
	u.wantNumbers("edition", 1, 0)
	u.wantRange("line", nil, 9, "x")
}

func checkBehindFirst(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.edition(1)
	wantFull(t, u.try(key(1), "a", behind(number("edition", claim(2), 1), "line")), "edition")
	u.queue("line", "x")
	wantBehind(t, u.try(key(1), "b", behind(number("edition", claim(2), 1), "line")), "edition")
	wantFull(t, u.try(key(1), "c", reserve("none", claim(2), 1, 0), behind(number("edition", claim(2), 1), "line")), "none")
}

func checkBehindExisting(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.edition(2)
	u.queue("line", "x")
	u.put(key(1), "a", behind(number("edition", claim(1), 9), "line"), behind(post("edition", claim(1)), "line"))
	u.put(key(1), "b", behind(release("edition", claim(2)), "line"), behind(refund("edition", claim(1)), "line"))
	u.wantUsage("edition", 0)
}

func checkBehindWritesNothing(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.queue("line", "x")
	u.put(key(1), "kept", reserve("cake", claim(1), 2, 9))
	wantBehind(t, u.try(key(1), "lost", release("cake", claim(1)), behind(number("edition", claim(1), 9), "line")), "edition")
	u.wantRecord(key(1), 1, "kept")
	u.wantUsage("cake", 2)
	u.wantUsage("edition", 0)
}
