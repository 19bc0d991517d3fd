package protocolcheck

// reap is a reaper at one entry, which it may find overdue at any moment: the clock is an adversary.
func (p protocol) reap(e entry, which id, do doer) {
	if p.overdue(e) {
		do(which, reapL, "its time is over, so C is to be asked", func(_ *state, _ *claim, e *entry) { e.listed = true })
	}
	if e.listed {
		name, note := p.verdict(e, which)
		do(which, name, note, func(_ *state, _ *claim, e *entry) { p.judge(e, which) })
	}
}

// overdue tells whether the reaper can find an entry. With a counter there is nothing to walk but C.
func (p protocol) overdue(e entry) bool {
	if p.fault == bareCounter {
		return e.record == held
	}
	return e.unit == reserved
}

// judge is what a reaper does in C with an entry that it found overdue in L, and what L is to do then.
func (p protocol) judge(e *entry, which id) {
	switch e.record {
	case absent, held:
		if e.record == held || p.leavesTombstone(which) {
			e.record = expired
		}
		e.releasing = true
	case confirmed:
		e.posting = e.posting || p.fault != confirmedReleased
		e.releasing = e.releasing || p.fault == confirmedReleased
	case denied, cancelled, expired:
		e.releasing = true
	}
}

func (p protocol) leavesTombstone(which id) bool {
	return p.fault != reaperNoTombstone && (p.fault != lateNoTombstone || which != late)
}

// verdict says in words what judge does.
func (p protocol) verdict(was entry, which id) (name, note string) {
	is := was
	p.judge(&is, which)
	switch {
	case is.record == absent:
		return wrong, "C does not know the claim and is not told, and L is to release"
	case was.record == absent:
		return writeEnd, "as a tombstone, and L is to release"
	case was.record == held:
		return writeEnd, "the hold ran out, and L is to release"
	case is.posting && !is.releasing:
		return askC, "it is CONFIRMED, so L is to post"
	default:
		return askC, "it has ended, so L is to release"
	}
}

// settle is what a reaper alone makes of s, after everybody else is gone with all that was on its way. It needs no room and its steps
// concern one entry each, so that the order of entries does not matter.
func (p protocol) settle(s state) state {
	for i := range s.claims {
		for which := own; which < ids; which++ {
			p.settleEntry(&s, &s.claims[i].entries[which], which)
		}
	}
	return s
}

func (p protocol) settleEntry(s *state, e *entry, which id) {
	if !p.overdue(*e) {
		return
	}
	e.releasing, e.posting = false, false
	p.judge(e, which)
	if e.releasing {
		p.release(s, e)
	}
	if e.posting {
		p.post(e)
	}
}
