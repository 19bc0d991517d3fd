package protocolcheck

// invariant names a promise by how it breaks.
type invariant string

const (
	oversold invariant = "more units are given than there are"
	unbacked invariant = "a claim is given, and its unit is free to be given again"
	cooldown invariant = "a customer gets a second surprise within the cooldown"
	lost     invariant = "a confirmed delivery is lost"
	reopened invariant = "a claim that has ended changes"
	leaked   invariant = "a unit is not given, and never comes back"
)

func invariants() []invariant {
	return []invariant{oversold, unbacked, cooldown, lost, reopened, leaked}
}

// breaks tells whether s, or the step from before to s, breaks a promise.
func (p protocol) breaks(i invariant, before, s *state) bool {
	switch i {
	case oversold:
		return s.given() > p.units
	case unbacked:
		return p.unbacked(s)
	case cooldown:
		return gives(before, s)
	case lost:
		return s.loses()
	case reopened:
		return reopens(before, s)
	case leaked:
		return p.leaks(*s)
	}
	return true // a promise that nobody wrote down
}

func (p protocol) unbacked(s *state) bool {
	if p.fault == bareCounter {
		return p.taken(s) < s.given()
	}
	return s.count(func(e entry) bool { return e.record.given() && e.unit == free }) > 0
}

// gives tells whether a step gives a claim to a customer who has another. A late Confirm may: what was handed out was handed out.
func gives(before, s *state) bool {
	for i := range s.claims {
		if s.claims[i].entries[own].record == held && before.claims[i].entries[own].record != held && before.busy(i) {
			return true
		}
	}
	return false
}

// loses tells whether a Confirm was answered, so that no till asks again, and the claim has ended without a delivery.
func (s *state) loses() bool {
	for i := range s.claims {
		if c := &s.claims[i]; c.acked && !c.delivered() && c.entries[own].record != held {
			return true
		}
	}
	return false
}

// reopens tells whether a step changes a terminal record.
func reopens(before, s *state) bool {
	for i := range s.claims {
		was, is := &before.claims[i], &s.claims[i]
		if was.over && !is.over {
			return true
		}
		for which, e := range was.entries {
			if e.record.terminal() && is.entries[which].record != e.record {
				return true
			}
		}
	}
	return false
}

// leaks tells whether a unit stays away for nothing after the reaper has been everywhere.
func (p protocol) leaks(s state) bool {
	s = p.settle(s)
	return p.taken(&s) > s.count(func(e entry) bool { return e.record == confirmed })
}
