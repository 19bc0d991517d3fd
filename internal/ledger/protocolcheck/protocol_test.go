package protocolcheck

// protocol is the thing under test: the order of steps, with at most one fault put in on purpose.
type protocol struct {
	units int
	fault fault
}

// The steps, as the store for a cluster names them.
const (
	reserveL    = "reserve L"
	releaseL    = "release L"
	postL       = "post L"
	reapL       = "reap L"
	writeHeld   = "write C HELD"
	writeDenied = "write C DENIED"
	writeGiven  = "write C CONFIRMED"
	writeCancel = "write C CANCELLED"
	writeEnd    = "write C EXPIRED"
	reserveLate = "reserve L late"
	writeLate   = "write C CONFIRMED late"
	writeOver   = "write C OVER_LIMIT"
	askC        = "ask C" // the reaper reads, and has nothing to write
	wrong       = "WRONG" // only a protocol with a fault has it
)

// step is one atomic operation on C or on L.
type step struct {
	name  string
	claim int
	id    id
	// note says in words what comes of it.
	note string
	to   state
}

// doer takes a step of one claim: change works on a copy of the state, of which c and e are the claim and its entry.
type doer func(which id, name, note string, change func(s *state, c *claim, e *entry))

// steps calls take with every step that some process can do next in s.
func (p protocol) steps(s state, take func(step)) {
	for i := range s.claims {
		do := func(which id, name, note string, change func(*state, *claim, *entry)) {
			to := s
			c := &to.claims[i]
			change(&to, c, &c.entries[which])
			take(step{name: name, claim: i, id: which, note: note, to: to})
		}
		p.claim(&s, i, do)
		p.confirm(&s, i, do)
		p.confirmLate(&s, i, do)
		p.cancel(&s, i, do)
		for which := own; which < ids; which++ {
			p.reap(s.claims[i].entries[which], which, do)
			p.limit(s.claims[i].entries[which], which, do)
		}
		p.prune(&s, i, do)
	}
}

// claim is Claim. It may be called any number of times with the same id.
func (p protocol) claim(s *state, i int, do doer) {
	c := &s.claims[i]
	e := c.entries[own]
	// Claim looks into C before: that only spares steps, since what it read may be outdated by the time it reserves.
	if p.room(s, e.unit) {
		do(own, reserveL, "the unit is the claim's", func(s *state, _ *claim, e *entry) {
			p.reserve(s, e)
			e.claiming = true
		})
	}
	if c.decided {
		do(own, writeHeld, "over whatever C says by now", func(_ *state, _ *claim, e *entry) { e.record = held })
	}
	if !e.claiming || e.record != absent {
		return // C has it already: the answer is what the record says, and whoever ended it releases
	}
	if !s.busy(i) {
		p.give(do)
	}
	p.deny(do)
}

func (p protocol) give(do doer) {
	if p.fault == blindWrite {
		do(own, wrong, "it reads in C that the claim may be given", func(_ *state, c *claim, _ *entry) { c.decided = true })
		return
	}
	do(own, writeHeld, "the claim is given", func(_ *state, _ *claim, e *entry) { e.record = held })
}

// deny refuses for the cooldown, or for whatever else: another limit is full, a cap is reached.
func (p protocol) deny(do doer) {
	if p.fault == refusalUnrecorded {
		do(own, wrong, "it is refused, C is not told, and L is to release", func(_ *state, _ *claim, e *entry) { e.releasing = true })
		return
	}
	do(own, writeDenied, "it is refused, and L is to release", func(_ *state, _ *claim, e *entry) { e.record, e.releasing = denied, true })
}

// confirm is Confirm in time.
func (p protocol) confirm(s *state, i int, do doer) {
	c := &s.claims[i]
	switch e := c.entries[own]; {
	case e.record != held:
	case p.fault == postFirst && !e.posting:
		do(own, wrong, "it is confirmed, C is not told yet, and L is to post", func(_ *state, _ *claim, e *entry) { e.posting = true })
	case p.fault == answerFirst && !c.acked:
		do(own, wrong, "Confirm is answered, and C is not told yet", func(_ *state, c *claim, _ *entry) { c.acked = true })
	default:
		do(own, writeGiven, "Confirm is answered, and L is to post", deliver)
	}
}

func deliver(_ *state, c *claim, e *entry) { e.record, e.posting, c.acked = confirmed, true, true }

// cancel is Cancel, which may overtake the claim.
func (p protocol) cancel(s *state, i int, do doer) {
	switch e := s.claims[i].entries[own]; {
	case e.record != held && e.record != absent:
	case p.fault == cancelReleasesFirst && !e.releasing:
		do(own, wrong, "it is cancelled, C is not told yet, and L is to release", func(_ *state, _ *claim, e *entry) { e.releasing = true })
	case p.fault == cancelNoTombstone && e.record == absent:
		do(own, wrong, "it is cancelled, C is not told, and L is to release", func(_ *state, _ *claim, e *entry) { e.releasing = true })
	default:
		do(own, writeCancel, "L is to release", func(_ *state, _ *claim, e *entry) { e.record, e.releasing = cancelled, true })
	}
}

// prune is what must not happen while a claimer may still be on its way.
func (p protocol) prune(s *state, i int, do doer) {
	if r := s.claims[i].entries[own].record; p.fault == prunedEarly && r.terminal() && r != confirmed {
		do(own, wrong, "C forgets that it has ended", func(_ *state, _ *claim, e *entry) { e.record = absent })
	}
}
