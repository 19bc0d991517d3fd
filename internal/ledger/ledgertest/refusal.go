package ledgertest

import (
	"math"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func refusalChecks() []check {
	return []check{
		{"refusal/names the limit that is full", checkLimitErrorName},
		{"refusal/leaves nothing written", checkLimitErrorWritesNothing},
		{"refusal/of operations without meaning", checkNonsense},
	}
}

func checkLimitErrorName(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("full", claim(1), 5, 5), reserve("full too", claim(1), 5, 5))
	wantFull(t, u.try(key(2), "b", reserve("free", claim(2), 1, 5), reserve("full", claim(2), 1, 5)), "full")
	wantFull(t, u.try(key(2), "b", reserve("full too", claim(2), 1, 5), reserve("full", claim(2), 1, 5)), "full too")
	wantFull(t, u.try(key(2), "b", post("full", claim(2)), release("full", claim(2)), reserve("full too", claim(2), 1, 5)), "full too")
}

// checkLimitErrorWritesNothing has the last of several operations fail, of each kind and on each side of the full limit.
func checkLimitErrorWritesNothing(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.apply(ledger.Change{
		Key: key(1), Data: []byte("kept"), Due: noon(),
		Limits: []ledger.LimitOp{reserve("full", claim(1), 5, 5), reserve("released", claim(1), 2, 5), reserve("posted", claim(1), 3, 5)},
	})
	err := s.Apply(u.ctx, ledger.Change{
		Key: key(1), Expect: 1, Data: []byte("lost"), Due: noon().AddDate(1, 0, 0),
		Limits: []ledger.LimitOp{
			reserve("fresh", claim(2), 1, 5), release("released", claim(1)), post("posted", claim(1)),
			reserve("full", claim(2), 1, 5), reserve("after", claim(2), 1, 5),
		},
	})
	wantFull(t, err, "full")
	u.wantRecord(key(1), 1, "kept")
	u.wantDue(noon(), 10, key(1))
	for limit, want := range map[string]int64{"full": 5, "released": 2, "posted": 3, "fresh": 0, "after": 0} {
		u.wantUsage(limit, want)
	}
	u.put(key(1), "released now", release("posted", claim(1)))
	u.wantUsage("posted", 0)
}

// checkNonsense keeps money safe from a caller's mistake: a negative amount would make room, a huge one would overflow the sum.
func checkNonsense(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "kept", reserve("cake", claim(1), 5, 10))
	nonsense := map[string]ledger.LimitOp{
		"no action":          {Limit: "cake", ClaimID: claim(2), Amount: 1, Capacity: 10},
		"an unknown action":  {Limit: "cake", Action: 99, ClaimID: claim(2), Amount: 1, Capacity: 10},
		"no limit":           reserve("", claim(2), 1, 10),
		"no claim":           reserve("cake", surprise.ClaimID(""), 1, 10),
		"a negative amount":  reserve("cake", claim(2), -1, 10),
		"a huge amount":      reserve("cake", claim(2), math.MaxInt64, 10),
		"a huge capacity":    reserve("cake", claim(2), 1, large+1),
		"two for a number":   {Limit: "cake", Action: ledger.Reserve, ClaimID: claim(2), Amount: 2, Capacity: 10, Numbered: true},
		"a negative ceiling": reserve("cake", claim(2), 0, math.MinInt64),
	}
	for name, op := range nonsense {
		err := s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: 1, Data: []byte("lost"), Limits: []ledger.LimitOp{op}})
		wantFailure(t, "an operation with "+name, err)
	}
	for name, op := range map[string]ledger.IndexOp{
		"no index":         put("", 1, "a", ""),
		"no member":        put("wall", 1, "", ""),
		"a negative score": put("wall", -1, "a", ""),
	} {
		err := s.Apply(u.ctx, ledger.Change{Key: key(1), Expect: 1, Data: []byte("lost"), Index: []ledger.IndexOp{op}})
		wantFailure(t, "an operation with "+name, err)
	}
	u.wantRecord(key(1), 1, "kept")
	u.wantUsage("cake", 5)
	u.wantRange("wall", nil, 9)
}
