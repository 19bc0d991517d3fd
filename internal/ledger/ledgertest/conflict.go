package ledgertest

import (
	"github.com/surprise-service/surprised/internal/ledger"
)

func conflictChecks() []check {
	return []check{
		{"conflict/another version was expected", checkConflict},
		{"conflict/leaves nothing written", checkConflictWritesNothing},
		{"conflict/comes before a full limit", checkConflictFirst},
	}
}

func checkConflict(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a")
	u.put(key(1), "b")
	for _, expect := range []uint64{0, 1, 3, 1 << 60} {
		wantConflict(t, s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: expect, Data: []byte("x")}))
	}
	wantConflict(t, s.Apply(u.ctx, ledger.Change{Key: key(2), Expect: 1, Data: []byte("x")}))
	u.wantRecord(key(1), 2, "b")
	u.wantRecord(key(2), 0, "")
}

func checkConflictWritesNothing(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.apply(ledger.Change{
		Key: key(1), Data: []byte("kept"), Due: noon(),
		Limits: []ledger.LimitOp{reserve("held", claim(1), 3, 10)},
	})
	wantConflict(t, s.Apply(u.ctx, ledger.Change{
		Key: key(1), Expect: 7, Data: []byte("lost"),
		Limits: []ledger.LimitOp{reserve("fresh", claim(2), 5, 10), release("held", claim(1)), reserve("held", claim(2), 1, 10)},
	}))
	u.wantRecord(key(1), 1, "kept")
	u.wantDue(noon(), 10, key(1))
	u.wantUsage("held", 3)
	u.wantUsage("fresh", 0)
}

func checkConflictFirst(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("full", claim(1), 1, 1))
	wantConflict(t, s.Apply(u.ctx, ledger.Change{
		Key: key(1), Data: []byte("b"), Limits: []ledger.LimitOp{reserve("full", claim(2), 1, 1)},
	}))
}
