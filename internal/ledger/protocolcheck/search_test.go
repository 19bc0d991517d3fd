package protocolcheck

import (
	"fmt"
	"strings"
)

// search walks breadth first through every state that a protocol can reach, so that the first way to a broken promise is a shortest one.
type search struct {
	protocol protocol
	lookFor  []invariant
	// found are the states in the order in which they were found, and from those at which place each was reached first.
	found []key
	from  []int32
	known map[key]struct{}
	// taken counts the steps that led anywhere, by their names.
	taken map[string]int
}

// outcome is the end of a search.
type outcome struct {
	states int
	taken  map[string]int
	broken invariant // empty: none of those looked for
	trace  []step
}

// explore searches until one of the invariants breaks, or to the end.
func explore(p protocol, lookFor ...invariant) outcome {
	s := search{protocol: p, lookFor: lookFor, known: map[key]struct{}{}, taken: map[string]int{}}
	s.add(key{}, -1)
	for at := 0; at < len(s.found); at++ {
		if broken := s.expand(int32(at)); broken != "" {
			return outcome{states: len(s.found), taken: s.taken, broken: broken, trace: s.trace(broken)}
		}
	}
	return outcome{states: len(s.found), taken: s.taken}
}

// expand adds all that follows from one state. If a step breaks something, the state it leads to is the last that was added.
func (s *search) expand(at int32) invariant {
	before := s.found[at].state()
	var broken invariant
	s.protocol.steps(before, func(next step) {
		if broken != "" || next.to == before {
			return
		}
		s.taken[next.name]++
		broken = s.breaks(&before, &next.to)
		k := next.to.key()
		// A step can break something on its way to a state that is known and fine.
		if _, known := s.known[k]; !known || broken != "" {
			s.add(k, at)
		}
	})
	return broken
}

func (s *search) breaks(before, to *state) invariant {
	for _, i := range s.lookFor {
		if s.protocol.breaks(i, before, to) {
			return i
		}
	}
	return ""
}

func (s *search) add(k key, from int32) {
	s.known[k] = struct{}{}
	s.found = append(s.found, k)
	s.from = append(s.from, from)
}

// trace is the way to the state that was added last. Keys have interchangeable claims sorted, so the way is walked again, state by state.
func (s *search) trace(broken invariant) []step {
	var keys []key // from the last to the first
	for at := int32(len(s.found) - 1); at > 0; at = s.from[at] {
		keys = append(keys, s.found[at])
	}
	var (
		steps []step
		now   state
	)
	for i := len(keys) - 1; i >= 0; i-- {
		next := s.stepTo(now, keys[i], func(to *state) bool { return i > 0 || s.protocol.breaks(broken, &now, to) })
		steps, now = append(steps, next), next.to
	}
	return steps
}

// stepTo is a step from a state to a key that is as wanted.
func (s *search) stepTo(now state, k key, wanted func(*state) bool) step {
	var found step
	s.protocol.steps(now, func(next step) {
		if next.to.key() == k && wanted(&next.to) {
			found = next
		}
	})
	return found
}

// tell writes a trace in words, with a mark where a step is of the late id.
func tell(steps []step) string {
	var b strings.Builder
	for i, s := range steps {
		of := claimName(s.claim)
		if s.id == late {
			of += " late"
		}
		fmt.Fprintf(&b, "%4d. %s: %s: %s\n", i+1, of, s.name, s.note)
	}
	return b.String()
}
