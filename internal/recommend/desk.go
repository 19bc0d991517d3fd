package recommend

import (
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/offer"
	"github.com/surprise-service/surprised/internal/rank"
	"github.com/surprise-service/surprised/internal/rule"
)

// desk is where one decision is made. It is cleared afterwards, and its room is used again: nothing of an answer that is kept is part of it.
type desk struct {
	query  query
	facts  rule.Facts
	survey survey
	blocks blocks
	// record is room for the customer's, signing for the tokens of offers.
	record  ledger.RecordReader
	signing offer.Decision
	// scores are those that are chosen from, chooser and verdict what becomes of it.
	scores  []float64
	chooser rank.Chooser
	verdict verdict
	// answer is where answers are written that are only lent.
	answer answer
	// random is room for the random part of a decision's id.
	random [12]byte
	// daysTo is that of the query.
	daysTo rule.DaysTo
}

// desk returns an empty one. Only decisions that are made often give theirs back.
func (r *Recommender) desk() *desk {
	if d, ok := r.desks.Get().(*desk); ok {
		return d
	}
	d := new(desk)
	d.daysTo = d.query.daysTo
	return d
}

// leave gives the desk of a query back. Nothing may be asked of the query any more.
func (r *Recommender) leave(q *query) {
	d := q.desk
	d.query.clear()
	d.survey.clear()
	d.facts.Reset()
	d.answer.clear()
	d.record.Reset()
	d.verdict = verdict{chosen: emptied(d.verdict.chosen)}
	d.blocks = emptied(d.blocks)
	r.desks.Put(d)
}

// muchRoom is how many elements of a list may have been there for its room to be kept.
const muchRoom = 256

// emptied returns the room of a list that is not needed any more.
func emptied[S ~[]E, E any](list S) S {
	if cap(list) > muchRoom {
		return nil
	}
	clear(list[:cap(list)])
	return list[:0]
}

func (q *query) clear() {
	*q = query{
		past: emptied(q.past), wishes: emptied(q.wishes), caps: emptied(q.caps), inHousehold: emptied(q.inHousehold), occasions: emptied(q.occasions),
		usual: emptied(q.usual), limits: emptied(q.limits),
	}
}

func (s *survey) clear() {
	*s = survey{here: emptied(s.here), stages: emptied(s.stages), nodes: emptied(s.nodes), scores: emptied(s.scores), edges: emptied(s.edges), facts: emptied(s.facts), planner: s.planner}
}
