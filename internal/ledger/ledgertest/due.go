package ledgertest

import (
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func dueChecks() []check {
	return []check{
		{"due/earliest first", checkDueOrder},
		{"due/includes its own moment", checkDueBoundary},
		{"due/at most n", checkDueCount},
		{"due/asking removes nothing", checkDueStays},
		{"due/no time removes", checkDueRemoved},
		{"due/another time replaces", checkDueReplaced},
	}
}

// schedule writes the record of a customer with a due time.
func (u user) schedule(k surprise.CustomerKey, due time.Time) {
	u.Helper()
	u.apply(ledger.Change{Key: k, Expect: u.load(k)[0].Version, Data: []byte("scheduled"), Due: due})
}

func checkDueOrder(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.schedule(key(3), noon())
	u.schedule(key(1), noon().Add(time.Hour))
	u.schedule(key(2), noon().Add(-time.Hour))
	u.schedule(key(4), time.Date(1969, 7, 20, 0, 0, 0, 0, time.UTC))
	u.schedule(key(5), time.Date(2199, 1, 1, 0, 0, 0, 0, time.FixedZone("east", 8*60*60)))
	u.put(key(6), "never due")

	u.wantDue(noon(), 10, key(4), key(2), key(3))
	u.wantDue(noon().AddDate(200, 0, 0), 10, key(4), key(2), key(3), key(1), key(5))
}

func checkDueBoundary(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	at := noon().Add(123_456_789 * time.Nanosecond)
	u.schedule(key(1), at)
	u.wantDue(at.Add(-time.Millisecond), 10)
	u.wantDue(at, 10, key(1))
	u.wantDue(at.Add(time.Millisecond), 10, key(1))
}

func checkDueCount(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	for n := range 5 {
		u.schedule(key(n), noon().Add(time.Duration(n)*time.Second))
	}
	later := noon().Add(time.Hour)
	u.wantDue(later, 0)
	u.wantDue(later, 2, key(0), key(1))
	u.wantDue(later, 5, key(0), key(1), key(2), key(3), key(4))
}

func checkDueStays(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.schedule(key(1), noon())
	u.wantDue(noon(), 10, key(1))
	u.wantDue(noon(), 10, key(1))
}

func checkDueRemoved(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.schedule(key(1), noon())
	u.schedule(key(2), noon())
	u.put(key(1), "no longer due")
	u.wantDue(noon(), 10, key(2))
}

func checkDueReplaced(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.schedule(key(1), noon())
	u.schedule(key(1), noon().Add(2*time.Hour))
	u.wantDue(noon().Add(time.Hour), 10)
	u.wantDue(noon().Add(2*time.Hour), 10, key(1))
	u.schedule(key(1), noon().Add(-time.Hour))
	u.wantDue(noon().Add(-time.Hour), 10, key(1))
	u.wantDue(noon().Add(3*time.Hour), 10, key(1))
}
