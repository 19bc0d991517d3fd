package protocolcheck

// limit is L, which does what it is told to, sooner or later.
func (p protocol) limit(e entry, which id, do doer) {
	if e.releasing {
		do(which, releaseL, "the unit is back", func(s *state, _ *claim, e *entry) { p.release(s, e) })
	}
	if e.posting {
		do(which, postL, "the unit is gone for good", func(_ *state, _ *claim, e *entry) { p.post(e) })
	}
	if p.fault == limitTTL {
		do(which, wrong, "the entry in L runs out by itself", func(s *state, _ *claim, e *entry) { p.release(s, e) })
	}
}

// taken is how many units L counts as gone.
func (p protocol) taken(s *state) int {
	if p.fault == bareCounter {
		return int(s.counter)
	}
	return s.count(func(e entry) bool { return e.unit != free })
}

// room tells whether L reserves for an entry that has u now: it has its unit already, or there is one left.
func (p protocol) room(s *state, u unit) bool { return u != free || p.taken(s) < p.units }

// reserve enters an entry. One that exists already stays as it is; a counter cannot know that.
func (p protocol) reserve(s *state, e *entry) {
	switch {
	case p.fault == bareCounter:
		s.counter++
	case e.unit == free:
		e.unit = reserved
	}
}

// release removes an entry that is reserved. A posted or missing one is left alone; a counter cannot know that.
func (p protocol) release(s *state, e *entry) {
	switch {
	case p.fault == bareCounter:
		s.counter -= min(s.counter, 1)
	case e.unit == reserved:
		e.unit = free
	}
}

// post makes an entry final. A missing one is left alone.
func (p protocol) post(e *entry) {
	if e.unit == reserved {
		e.unit = posted
	}
}
