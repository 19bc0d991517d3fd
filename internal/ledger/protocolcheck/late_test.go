package protocolcheck

// confirmLate is Confirm after the hold ran out. The ended record stays; the delivery gets an entry under an id of its own.
func (p protocol) confirmLate(s *state, i int, do doer) {
	c := &s.claims[i]
	if c.entries[own].record != expired || c.delivered() {
		return
	}
	switch p.fault {
	case lateUnreserved:
		do(late, writeLate, "Confirm is answered, and no unit was reserved", deliver)
	case lateOldID:
		p.reserveLate(s, c, own, do)
		p.writeLate(c, own, do)
	default:
		p.reserveLate(s, c, late, do)
		p.writeLate(c, late, do)
	}
}

func (p protocol) reserveLate(s *state, c *claim, which id, do doer) {
	if !p.room(s, c.entries[which].unit) {
		do(which, reserveLate, "there is no room", func(_ *state, c *claim, _ *entry) { c.refused = true })
		return
	}
	do(which, reserveLate, "the unit is the delivery's", func(s *state, c *claim, e *entry) {
		p.reserve(s, e)
		c.entries[late].claiming = true
	})
}

func (p protocol) writeLate(c *claim, which id, do doer) {
	e := c.entries[late]
	if e.claiming && e.record == absent {
		do(which, writeLate, "Confirm is answered, and L is to post", deliver)
	}
	// After a tombstone a store may try a third id, which would be the second over again. Here it gives up at once.
	if c.refused || e.claiming && e.record == expired {
		do(which, writeOver, "Confirm is answered, with an alarm", func(_ *state, c *claim, _ *entry) { c.over, c.acked = true, true })
	}
}
