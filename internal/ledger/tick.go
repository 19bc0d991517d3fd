package ledger

import (
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// tick does what time alone brings about in a record, each once: it ends holds and gives back what they took, returns cards that nobody got to,
// reminds of trials and ends them, lets wishes lapse and turns pass. The reaper calls it when due says so, and so does every command for which it
// matters.
func (m *machine) tick() {
	m.expire()
	m.tickLeases()
	m.tickTrials()
	m.tickWishes()
	m.tickTickets()
}

// due returns when tick has something to do; zero: never.
func (m *machine) due() time.Time {
	return earliest(m.dueHolds(), m.dueLeases(), m.dueTrials(), m.dueWishes(), m.dueTickets())
}

// earliest returns the earliest of some times; zero ones do not count.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// expire ends the holds that ran out and gives back what they took.
func (m *machine) expire() {
	for _, e := range m.rec.GetEntries() {
		if e.GetState() == surprisev1.ClaimState_HELD && !e.GetHoldUntil().AsTime().After(m.now) {
			m.end(e, surprisev1.ClaimState_EXPIRED)
			m.op(e, Release)
		}
	}
}

func (m *machine) dueHolds() time.Time {
	var first time.Time
	for _, e := range m.rec.GetEntries() {
		if e.GetState() == surprisev1.ClaimState_HELD {
			first = earliest(first, e.GetHoldUntil().AsTime())
		}
	}
	return first
}
