package recommend

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/surprise"
)

// query is one request, looked up and checked: all that gates and scores ask for.
type query struct {
	desk *desk
	// ctx ends the decision: whoever works for longer than the deadline stops, and the answer is an error.
	ctx      context.Context //nolint:containedctx // a query lives as long as its call
	req      *surprisev1.RecommendRequest
	cat      *catalog.Catalog
	matcher  match.Matcher
	calendar *calendar.Calendar
	room     Room
	customer *surprisev1.CustomerProfile
	moment   *surprisev1.Moment
	// journey and stage are nil for what is given at no stage.
	journey *catalog.Journey
	stage   *catalog.Stage
	// now is in the customer's time zone; today is its civil day.
	now      time.Time
	today    time.Time
	location *time.Location
	visitID  string
	words    words
	locale   int
	facts    *rule.Facts
	key      surprise.CustomerKey
	// household is the keyed hash of the household's id; empty: there is none.
	household string
	rec       *storev1.Record
	// wishes are those that may be granted, the oldest first.
	wishes []taggedWish
	// ticket is that of a waiting list whose turn is taken; nil: none.
	ticket *storev1.Ticket
	// memories are of earlier surprises, for the cards of offers.
	memories []*surprisev1.Memory
	// out is where the answer is written.
	out *answer
	// dissatisfied says why the customer must be made satisfied first; nil: there is no reason to.
	dissatisfied *surprise.Error

	// past are the surprises of the record that still count.
	past []earlier
	// What follows is found once somebody asks: stops that are the same for all templates, by category or for both, occasions by day, how usual
	// kinds are, whether limits have room.
	quiet, coolOff once[stop]
	caps           memo[string, stop]
	inHousehold    memo[shared, stop]
	occasions      memo[near, calendar.Finding]
	usual          memo[surprisev1.Kind, float64]
	limits         memo[takes, bool]
}

func (r *Recommender) newQuery(ctx context.Context, s *Snapshot, req *surprisev1.RecommendRequest) (*query, error) {
	d := r.desk()
	q := &d.query
	q.desk, q.ctx, q.req, q.cat, q.matcher, q.calendar, q.room = d, ctx, req, s.Catalog, s.Matcher, r.opts.Calendar, r.opts.Room
	q.customer, q.moment, q.key = req.GetCustomer(), req.GetMoment(), r.opts.Hash(req.GetCustomer().GetId())
	q.household = ledger.HouseholdKey(r.opts.Hash, req.GetCustomer().GetHouseholdId())
	if err := cmp.Or(q.findStage(), q.findLocation(), q.checkDates()); err != nil {
		return nil, err
	}
	q.setTime(r.opts.Clock())
	q.words = wordsOf(q.customer)
	q.locale = q.cat.MatchLocale(req.GetLocale(), q.customer.GetLocale())
	if err := q.gatherFacts(); err != nil {
		return nil, err
	}
	return q, nil
}

// words are the customer's, as catalog.Fold writes them: " Milk" and "milk" are the same allergy.
type words struct {
	likes, dislikes, allergies, pains []string
}

func wordsOf(c *surprisev1.CustomerProfile) words {
	return words{fold(c.GetLikes()), fold(c.GetDislikes()), fold(c.GetAllergies()), fold(c.GetPains())}
}

func fold(in []string) []string {
	if !slices.ContainsFunc(in, folds) {
		return in
	}
	out := make([]string, len(in))
	for i, w := range in {
		out[i] = catalog.Fold(w)
	}
	return out
}

// folds tells whether catalog.Fold could change a word. Most are lower-case ASCII already.
func folds(w string) bool {
	for i := range len(w) {
		if c := w[i]; c <= ' ' || c > '~' || 'A' <= c && c <= 'Z' {
			return true
		}
	}
	return false
}

func (q *query) findStage() error {
	j := q.cat.Journey(q.moment.GetJourney())
	if j == nil {
		return surprise.FieldErrorf(surprise.UnknownJourney, "moment.journey", "the catalogue has no journey %q; it has %s", q.moment.GetJourney(), strings.Join(q.cat.JourneyIDs(), ", "))
	}
	q.journey = j
	if q.stage = j.Stage(q.moment.GetStage()); q.stage == nil {
		return surprise.FieldErrorf(surprise.UnknownStage, "moment.stage", "the journey %q has no stage %q; its stages are %s", j.ID, q.moment.GetStage(), strings.Join(j.StageIDs(), ", "))
	}
	return nil
}

// stageID is empty for what is given at no stage.
func (q *query) stageID() string {
	if q.stage == nil {
		return ""
	}
	return q.stage.ID
}

func (q *query) findLocation() error {
	q.location = q.cat.Location
	name := q.customer.GetTimeZone()
	if name == "" {
		return nil
	}
	loc, ok := q.calendar.Zones.Find(name)
	if !ok {
		return surprise.FieldErrorf(surprise.UnknownTimeZone, "customer.time_zone", "there is no time zone %q; send an IANA name such as %q, or nothing", name, "Asia/Taipei")
	}
	q.location = loc
	return nil
}

// Decisions are about people alive.
const firstYear, lastYear = 1900, 2200

func (q *query) checkDates() error {
	if t := q.moment.GetTime(); t != nil && (t.CheckValid() != nil || t.AsTime().Year() < firstYear || t.AsTime().Year() > lastYear) {
		return surprise.FieldErrorf(surprise.InvalidRequest, "moment.time", "it is no time between the years %d and %d; leave it out for now", firstYear, lastYear)
	}
	if err := cmp.Or(
		checkDate("customer.member_since", q.customer.GetMemberSince()),
		checkDate("customer.visits.last", q.customer.GetVisits().GetLast()),
		checkDate("customer.complaint_resolved", q.customer.GetComplaintResolved()),
	); err != nil {
		return err
	}
	if err := q.checkBirthday("customer.birthday", q.customer.GetBirthday()); err != nil {
		return err
	}
	for i, rel := range q.customer.GetRelations() {
		if err := q.checkBirthday("", rel.GetBirthday()); err != nil {
			return q.checkBirthday(fmt.Sprintf("customer.relations[%d].birthday", i), rel.GetBirthday())
		}
	}
	return nil
}

func checkDate(field string, d *surprisev1.Date) error {
	if d == nil {
		return nil
	}
	if err := calendar.CheckDate(d); err != nil {
		return surprise.FieldErrorf(surprise.InvalidRequest, field, "%s", err)
	}
	return nil
}

func (q *query) checkBirthday(field string, b *surprisev1.Birthday) error {
	if b == nil {
		return nil
	}
	if err := q.calendar.CheckBirthday(b); err != nil {
		return surprise.FieldErrorf(surprise.InvalidRequest, field, "%s", err)
	}
	return nil
}

func (q *query) setTime(clock time.Time) {
	q.now = clock.In(q.location)
	if t := q.moment.GetTime(); t != nil {
		q.now = t.AsTime().In(q.location)
	}
	q.today = calendar.DayOf(q.now)
	// Without a visit id the customer's day stands for the visit.
	q.visitID = q.moment.GetVisitId()
	if q.visitID == "" {
		q.visitID = ledger.DayVisit(q.now)
	}
}

func (q *query) gatherFacts() error {
	facts := &q.desk.facts
	if err := q.cat.Rules.Fill(facts, q.customer, q.moment, q.now); err != nil {
		return wrongFact(err)
	}
	q.facts = facts
	facts.SetDaysTo(q.desk.daysTo)
	return nil
}

// wrongFact names the field of an attribute that is of another type than the catalogue says.
func wrongFact(err error) error {
	var wrong *rule.AttributeError
	if errors.As(err, &wrong) {
		return surprise.FieldErrorf(surprise.InvalidRequest, wrong.Field, "%s", wrong)
	}
	return err
}

// daysTo answers the occasions of rules.
func (q *query) daysTo(occasion string) (int, bool) {
	spec, ok := q.cat.Occasion(occasion)
	if !ok {
		return 0, false
	}
	return q.calendar.Find(spec, q.customer, q.cat.Policies.Calendar, q.today, calendar.Window{}).DaysTo(q.today)
}

// terms are those of the visit as a whole.
func (q *query) terms() ledger.Terms {
	return ledger.Terms{Purpose: surprisev1.Purpose_DELIGHT, Channel: q.moment.GetChannel(), VisitID: q.visitID, Caps: q.cat.Policies.Caps, Household: q.household, Location: q.location}
}

const (
	defaultOffers = 3
)

func (q *query) maxOffers() int {
	if n := int(q.req.GetMaxOffers()); n > 0 {
		return n
	}
	return defaultOffers
}

// assessSatisfaction asks the catalogue's gate whether the customer must be made satisfied first.
func (q *query) assessSatisfaction() {
	gate := &q.cat.Policies.Satisfaction
	if !gate.On {
		return
	}
	switch open := q.customer.GetOpenComplaints(); {
	case open > gate.MaxComplaints:
		q.dissatisfied = surprise.Errorf(surprise.NotSatisfied, "the customer has open complaints (%d): make them satisfied first", open)
	case gate.Min != nil && q.customer.Satisfaction != nil && q.customer.GetSatisfaction() < *gate.Min:
		q.dissatisfied = surprise.Errorf(surprise.NotSatisfied, "the customer's satisfaction is %g, below %g: make them satisfied first", q.customer.GetSatisfaction(), *gate.Min)
	case gate.Rule != nil:
		// A rule that cannot be evaluated closes the gate: better a kind word too many than a joke at the wrong time.
		if !gate.Rule.False(q.facts) {
			q.dissatisfied = surprise.Errorf(surprise.NotSatisfied, "the catalogue's satisfaction rule asks to make this customer satisfied first")
		}
	}
}
