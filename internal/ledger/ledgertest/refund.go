package ledgertest

import "github.com/surprise-service/surprised/internal/ledger"

func refundChecks() []check {
	return []check{
		{"refund/gives back what was reserved or posted, once", checkRefund},
		{"refund/without an entry does nothing", checkRefundMissing},
		{"refund/makes room within one change", checkRefundThenReserve},
	}
}

func checkRefund(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("budget", claim(1), 3, 10), reserve("budget", claim(2), 4, 10), post("budget", claim(2)))
	u.put(key(1), "b", refund("budget", claim(2)))
	u.wantUsage("budget", 3)
	u.put(key(1), "c", refund("budget", claim(2)), refund("budget", claim(1)))
	u.wantUsage("budget", 0)
	u.put(key(1), "d", post("budget", claim(2)), reserve("budget", claim(2), 9, 10))
	u.wantUsage("budget", 9)
	u.put(key(1), "e", release("budget", claim(2)))
	u.wantUsage("budget", 0)
}

func checkRefundMissing(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	ghost := refund("budget", claim(1))
	ghost.Amount, ghost.Capacity = 5, 10
	u.put(key(1), "a", ghost)
	u.wantUsage("budget", 0)
	u.put(key(1), "b", reserve("budget", claim(2), 10, 10), refund("budget", claim(1)), refund("never used", claim(2)))
	u.wantUsage("budget", 10)
	u.wantUsage("never used", 0)
}

func checkRefundThenReserve(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "a", reserve("budget", claim(1), 10, 10), post("budget", claim(1)))
	wantFull(t, u.try(key(1), "b", reserve("budget", claim(2), 1, 10), refund("budget", claim(1))), "budget")
	u.put(key(1), "c", refund("budget", claim(1)), reserve("budget", claim(2), 10, 10))
	u.wantUsage("budget", 10)
	u.put(key(1), "d", refund("budget", claim(1)))
	u.wantUsage("budget", 10)
}
