package recommend

import (
	"slices"
	"strings"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// option is a template on its way through the gates: what they find out is kept for the score and the offer.
type option struct {
	template   *catalog.Template
	occurrence string
	level      *catalog.Level
	score      *surprisev1.ScoreBreakdown
}

// gate stands between a matching template and the customer. Nil lets it pass.
type gate func(q *query, o *option) *surprise.Error

// gates returns all gates in the order in which they are asked, the cheap ones first.
func gates() []gate {
	return []gate{purposeGate, consentGate, validityGate, contentGate, occasionGate, termsGate, levelGate, scoreGate}
}

// purposeGate keeps delight for the satisfied and recovery for the others.
func purposeGate(q *query, o *option) *surprise.Error {
	recovery := o.template.Purpose == surprisev1.Purpose_RECOVERY
	switch {
	case q.dissatisfied != nil && !recovery:
		return q.dissatisfied
	case q.dissatisfied == nil && recovery:
		return surprise.Errorf(surprise.NothingToRecover, "it makes up for a bad experience; this customer had none")
	default:
		return nil
	}
}

func consentGate(q *query, o *option) *surprise.Error {
	c := q.customer.GetConsents()
	const withheld = surprisev1.Consent_WITHHELD
	switch {
	case c.GetSurprises() == withheld:
		return surprise.Errorf(surprise.ConsentWithheld, "the customer does not want surprises")
	case c.GetPersonalOccasions() == withheld && o.template.Occasion != nil:
		return surprise.Errorf(surprise.ConsentWithheld, "the customer does not want personal dates to be used")
	case c.GetPublicDelivery() == withheld && o.template.Visibility == surprisev1.Visibility_PUBLIC:
		return surprise.Errorf(surprise.ConsentWithheld, "the customer does not want to be surprised in public")
	default:
		return nil
	}
}

func validityGate(q *query, o *option) *surprise.Error {
	t := o.template
	switch {
	case !t.From.IsZero() && q.now.Before(t.From):
		return &surprise.Error{Reason: surprise.NotValidNow, Until: t.From, Message: "it begins on " + t.From.In(q.location).Format(time.DateOnly)}
	case !t.Until.IsZero() && !q.now.Before(t.Until):
		return surprise.Errorf(surprise.NotValidNow, "it ended on %s", t.Until.In(q.location).Format(time.DateOnly))
	default:
		return nil
	}
}

// contentGate protects from allergies, and from what the customer dislikes.
func contentGate(q *query, o *option) *surprise.Error {
	contains := o.template.Source.GetContains()
	if a, ok := common(contains, q.customer.GetAllergies()); ok {
		return surprise.Errorf(surprise.Allergy, "it contains %s, to which the customer is allergic", a)
	}
	if d, ok := common(contains, q.customer.GetDislikes()); ok {
		return surprise.Errorf(surprise.Disliked, "it contains %s, which the customer dislikes", d)
	}
	return nil
}

// common returns a word that is in both lists, whatever its case.
func common(a, b []string) (string, bool) {
	for _, x := range a {
		if slices.ContainsFunc(b, func(y string) bool { return strings.EqualFold(x, y) }) {
			return x, true
		}
	}
	return "", false
}

func occasionGate(q *query, o *option) *surprise.Error {
	occ := o.template.Occasion
	if occ == nil {
		return nil
	}
	b := q.customer.GetBirthday()
	if b == nil {
		return surprise.Errorf(surprise.NoOccasion, "the customer's birthday is not known")
	}
	found, in := q.calendar.Birthday(b, q.cat.Policies.LeapDay, q.today, occ.Before, occ.After)
	if !in {
		out := surprise.Errorf(surprise.NoOccasion, "the birthday is not near")
		if !found.Day.IsZero() {
			out.Until = calendar.Start(found.Day.AddDate(0, 0, -occ.Before), q.location)
		}
		return out
	}
	o.occurrence = found.ID
	return nil
}

// termsGate asks the ledger's rules: cooldowns, caps and occasions that were used.
func termsGate(q *query, o *option) *surprise.Error {
	terms := ledger.TermsFor(q.cat, o.template, q.moment.GetChannel(), q.visitID, o.occurrence, q.location)
	return terms.Check(q.rec, q.now)
}

// levelGate finds the best level whose rule holds and for which the limits have room.
func levelGate(q *query, o *option) *surprise.Error {
	stop := surprise.Errorf(surprise.NoLevel, "no level fits this customer and scene")
	for i := len(o.template.Levels) - 1; i >= 0; i-- {
		l := &o.template.Levels[i]
		if l.Rule != nil {
			if holds, err := l.Rule.Holds(q.facts); err != nil || !holds {
				continue
			}
		}
		full := q.exhausted(o.template, l)
		if full == nil {
			o.level = l
			return nil
		}
		stop = full
	}
	return stop
}

func (q *query) exhausted(t *catalog.Template, l *catalog.Level) *surprise.Error {
	for _, lim := range t.Limits {
		if !q.room.Fits(lim.Key(q.now, q.moment.GetStore()), lim.Amount(l.CostMinor), lim.Capacity) {
			return &surprise.Error{Reason: surprise.LimitExhausted, Until: lim.NextPeriod(q.now), Message: "nothing is left of " + lim.ID}
		}
	}
	return nil
}

// scoreGate scores the option and leaves out what would not surprise, or costs more than it gives.
func scoreGate(q *query, o *option) *surprise.Error {
	s := q.score(o.template, o.level)
	o.score = breakdown(s)
	switch {
	case o.template.Purpose == surprisev1.Purpose_DELIGHT && s.Gap < q.cat.Policies.MinGap:
		return surprise.Errorf(surprise.Expected, "the customer expects it: the gap is %.3g, below %.3g", s.Gap, q.cat.Policies.MinGap)
	case s.Total <= 0:
		return surprise.Errorf(surprise.NotWorthCost, "it costs more than it gives: the score is %.3g", s.Total)
	default:
		return nil
	}
}
