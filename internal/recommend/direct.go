package recommend

import (
	"context"
	"strings"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A direct offer is one that somebody asked for by name: staff who grant a wish, a customer who waited in line. It does not take part in
// the choice. Of the gates only those that protect the customer are asked, by the same code as for everybody.

// protecting returns the gates for what was asked for. Without a profile those that need one let it pass.
func protecting() []gate {
	return []gate{
		{check: satisfiedGate}, {check: consentGate}, {check: validityGate}, {check: contentGate}, {check: openGate}, {check: cooldownGate}, {check: capGate},
	}
}

// granting are asked of wishes: nobody set anything aside for them, and one that is granted right after something went wrong looks like an
// attempt to win back.
func granting() []gate {
	return append(protecting(), gate{check: coolOffGate}, gate{check: householdGate}, gate{check: stockGate})
}

// satisfiedGate keeps delight from the dissatisfied. Unlike delightGate and recoveryGate it leaves recovery to whoever asks for it.
func satisfiedGate(q *query, o *option) stop {
	if recovers(o.template) {
		return stop{}
	}
	return stopped(q.dissatisfied)
}

// record reads one customer's record.
func (r *Recommender) record(ctx context.Context, key surprise.CustomerKey) (*storev1.Record, error) {
	loaded, err := r.opts.Records.Load(ctx, key)
	if err != nil {
		return nil, ledger.Unavailable(err)
	}
	return ledger.DecodeRecord(loaded[0].Data)
}

// directQuery asks for a customer whose key is known, at no stage; q.customer may be nil.
func (r *Recommender) directQuery(ctx context.Context, s *Snapshot, of query) (*query, error) {
	d := r.desk()
	d.query = of
	q := &d.query
	q.desk, q.out = d, new(answer)
	q.ctx, q.cat, q.calendar, q.room = ctx, s.Catalog, r.opts.Calendar, r.opts.Room
	if err := q.findLocation(); err != nil {
		return nil, err
	}
	q.setTime(r.opts.Clock())
	q.recallPast()
	q.locale = q.cat.MatchLocale(q.req.GetLocale(), q.customer.GetLocale())
	if q.customer == nil {
		return q, nil
	}
	if err := q.checkDates(); err != nil {
		return nil, err
	}
	q.words = wordsOf(q.customer)
	if err := q.gatherFacts(); err != nil {
		return nil, err
	}
	q.assessSatisfaction()
	return q, nil
}

// allowed asks gates in turn and returns what the first that stops the option says.
func (q *query) allowed(o *option, gates []gate) error {
	for _, g := range gates {
		if why := g.check(q, o); why.stops() {
			return why.err(q, o)
		}
	}
	return nil
}

// direct signs an option that has no rival.
func (r *Recommender) direct(q *query, o *option) (*surprisev1.Offer, error) {
	id, err := r.decisionID(q.desk)
	if err != nil {
		return nil, err
	}
	o.propensity = 1
	offers, err := r.offers(q, []*option{o}, id)
	if err != nil {
		return nil, err
	}
	return offers[0], nil
}

// named finds a template and the level to give it at: the one asked for, else the first that asks nothing of the customer.
func named(cat *catalog.Catalog, template, level string) (*option, error) {
	t := cat.Template(template)
	if t == nil {
		return nil, surprise.FieldErrorf(surprise.UnknownTemplate, "template", "the catalogue has no template %q", template)
	}
	if level != "" {
		if l := t.Level(level); l != nil {
			return &option{template: t, level: l}, nil
		}
		has := strings.Join(levelIDs(t), ", ")
		return nil, surprise.FieldErrorf(surprise.UnknownTemplate, "level", "the template %s has no level %q; it has %s", t.ID, level, has)
	}
	for i := range t.Levels {
		if t.Levels[i].Rule == nil {
			return &option{template: t, level: &t.Levels[i]}, nil
		}
	}
	return &option{template: t, level: &t.Levels[0]}, nil
}

func levelIDs(t *catalog.Template) []string {
	out := make([]string, len(t.Levels))
	for i := range t.Levels {
		out[i] = t.Levels[i].ID
	}
	return out
}
