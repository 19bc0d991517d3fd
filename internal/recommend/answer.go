package recommend

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// tenure says how long an answer lives.
type tenure bool

const (
	// kept answers are the caller's.
	kept tenure = false
	// lent answers lie on the desk, and are over when that is cleared.
	lent tenure = true
)

// answer is the room that an answer is written into: one allocation for each kind of its parts, or none where there was an answer before.
type answer struct {
	response     surprisev1.RecommendResponse
	hold         surprisev1.Hold
	offers       messages[written, *surprisev1.Offer]
	propensities messages[surprisev1.Propensity, *surprisev1.Propensity]
	reasons      messages[surprisev1.ReasonDetail, *surprisev1.ReasonDetail]
	expires      timestamppb.Timestamp
}

// written is an offer with its parts.
type written struct {
	offer surprisev1.Offer
	score surprisev1.ScoreBreakdown
	card  surprisev1.TaskCard
}

// messages is room for a list of messages of one kind, each with its parts.
type messages[M, P any] struct {
	room []M
	list []P
}

// take returns empty room for so many, with a list of the same length to point to it.
func (m *messages[M, P]) take(n int) (room []M, list []P) {
	if n > cap(m.room) {
		m.room, m.list = make([]M, n), make([]P, n)
	}
	m.room, m.list = m.room[:n], m.list[:n]
	return m.room, m.list
}

func (m *messages[M, P]) clear() { m.room, m.list = emptied(m.room), emptied(m.list) }

// clear lets go of all that was written.
func (a *answer) clear() {
	a.response.Reset()
	a.hold.Reset()
	a.expires.Reset()
	a.offers.clear()
	a.propensities.clear()
	a.reasons.clear()
}
