package protocolcheck

import "fmt"

// claims is how many there are, all of one limit: a1 and a2 of customer a, b1 of customer b, c1 of customer c.
const claims = 4

// customer is whose claim it is.
func customer(claim int) int { return max(0, claim-1) }

// claimName is how traces call a claim: a letter for the customer, and a digit.
func claimName(claim int) string {
	return fmt.Sprintf("%c%d", 'a'+customer(claim), claim-customer(claim)+1)
}

// record is what C says of one claim id.
type record uint8

const (
	absent record = iota
	held
	denied
	confirmed
	cancelled
	expired
)

func (r record) terminal() bool { return r > held }

// given tells whether a unit is promised or handed out by this record.
func (r record) given() bool { return r == held || r == confirmed }

// unit is what L says of one claim id.
type unit uint8

const (
	free unit = iota
	reserved
	posted
)

// entry is one claim id: what C and L say of it, and what is on its way.
//
// Flags are set by one step and never cleared. So whatever a process has read or decided may take effect at once, later, again, or never:
// crashes, pauses, retries, repeated messages and any number of replicas are all in this one rule.
type entry struct {
	record record
	unit   unit
	// claiming: somebody was told that the unit is reserved, and may write C.
	claiming bool
	// listed: a reaper found the entry overdue in L, and may ask C.
	listed bool
	// releasing, posting: somebody decided to release or to post the entry in L.
	releasing, posting bool
}

// id selects one of the two entries of a claim.
type id int

const (
	own  id = iota // under the id of the offer
	late           // under the id of a Confirm after the hold ran out
	ids
)

// claim is one offer that a customer may claim.
type claim struct {
	entries [ids]entry
	// acked: a Confirm was answered.
	acked bool
	// refused: a late Confirm found no room in L.
	refused bool
	// over: C has the delivery as OVER_LIMIT, which no unit stands for.
	over bool
	// decided is for blindWrite: somebody read that the claim may be given, and will write it.
	decided bool
}

func (c *claim) delivered() bool {
	return c.entries[own].record == confirmed || c.entries[late].record == confirmed || c.over
}

// active tells whether the claim keeps its customer from another surprise. Cooldowns do not end here.
func (c *claim) active() bool { return c.entries[own].record == held || c.delivered() }

// state is all that C and L know, and what every process has in hand.
type state struct {
	claims [claims]claim
	// counter is for bareCounter: all that L knows there.
	counter uint8
}

// busy tells whether another claim of the same customer is active.
func (s *state) busy(claim int) bool {
	for i := range s.claims {
		if i != claim && customer(i) == customer(claim) && s.claims[i].active() {
			return true
		}
	}
	return false
}

// count is how many entries f is true for.
func (s *state) count(f func(entry) bool) int {
	n := 0
	for i := range s.claims {
		for _, e := range s.claims[i].entries {
			if f(e) {
				n++
			}
		}
	}
	return n
}

// given is how many units C promises or has handed out, those over the limit left out.
func (s *state) given() int { return s.count(func(e entry) bool { return e.record.given() }) }
