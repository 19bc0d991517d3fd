package recommend

import (
	"strings"
	"time"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/surprise"
)

// option is a template on its way through the gates: what they find out is kept for the score and the offer. There is one for every template
// that matches, so it is kept small.
type option struct {
	template *catalog.Template
	// occasion is the occurrence that it celebrates; nil: none.
	occasion *calendar.Occurrence
	level    *catalog.Level
	// wish is the one that it grants; nil: none.
	wish       *storev1.Wish
	score      *surprisev1.ScoreBreakdown
	propensity float64
}

// occurrence returns the id of what it celebrates, and its day; zero: nothing.
func (o *option) occurrence() (id string, day time.Time) {
	if o.occasion == nil {
		return "", time.Time{}
	}
	return o.occasion.ID, o.occasion.Day
}

// gate stands between a template and the customer.
type gate struct {
	// check returns nil to let an option pass.
	check func(q *query, o *option) *surprise.Error
	// needs tells that check can only be asked of options that have a level, or a score.
	needs func(o *option) bool
	// atoms returns the false parts of the rule that it asks, for explanations.
	atoms func(q *query, t *catalog.Template) []*surprisev1.FalseAtom
}

// matchGates are what a Matcher answers at once: they define it. Explanations ask them one by one.
func matchGates() []gate {
	return []gate{{check: stageGate}, {check: channelGate}, {check: audienceGate, atoms: audienceAtoms}}
}

// gates returns the gates for templates that match, in the order in which they are asked: the cheap ones first.
func gates() []gate {
	return []gate{
		{check: purposeGate}, {check: consentGate}, {check: validityGate}, {check: quietGate}, {check: visibilityGate}, {check: contentGate},
		{check: openGate}, {check: wishGate}, {check: coolOffGate}, {check: occasionGate}, {check: leadTimeGate}, {check: cooldownGate}, {check: capGate}, {check: householdGate},
		{check: levelGate, atoms: levelAtoms}, {check: scoreGate, needs: hasLevel}, {check: worthGate, needs: hasLevel},
	}
}

func hasLevel(o *option) bool { return o.level != nil }

func stageGate(q *query, o *option) *surprise.Error {
	if o.template.OnStage(q.stage) {
		return nil
	}
	return surprise.Errorf(surprise.WrongStage, "it is given at %s, not at %s", strings.Join(o.template.Source.GetStages(), ", "), q.stage.ID)
}

func channelGate(q *query, o *option) *surprise.Error {
	if o.template.OnChannel(q.moment.GetChannel()) {
		return nil
	}
	names := make([]string, len(o.template.Source.GetChannels()))
	for i, c := range o.template.Source.GetChannels() {
		names[i] = c.String()
	}
	return surprise.Errorf(surprise.WrongChannel, "it is given on %s, not on %s", strings.Join(names, ", "), q.moment.GetChannel())
}

func audienceGate(q *query, o *option) *surprise.Error {
	if o.template.Rule == nil {
		return nil
	}
	switch holds, err := o.template.Rule.Holds(q.facts); {
	case err != nil:
		return surprise.Errorf(surprise.RuleError, "its rule cannot be evaluated for this customer: %s", err)
	case !holds:
		return surprise.Errorf(surprise.AudienceMismatch, "its rule is not true of this customer and moment")
	default:
		return nil
	}
}

func audienceAtoms(q *query, t *catalog.Template) []*surprisev1.FalseAtom {
	return falseAtoms(t.Rule.FalseAtoms(q.facts), func(a rule.Atom) catalog.Position { return q.cat.RulePosition(t, a) })
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
	case c.GetPersonalOccasions() == withheld && o.template.Occasion != nil && personal(o.template.Occasion):
		return surprise.Errorf(surprise.ConsentWithheld, "the customer does not want personal dates to be used")
	case c.GetPublicDelivery() == withheld && o.template.Visibility == surprisev1.Visibility_PUBLIC:
		return surprise.Errorf(surprise.ConsentWithheld, "the customer does not want to be surprised in public")
	default:
		return nil
	}
}

// personal tells the days of a person from those of everybody.
func personal(o *catalog.Occasion) bool {
	return o.Spec.Festival == "" && o.Spec.Day == 0
}

// visibilityGate spares customers an unearned perk in front of others, which embarrasses rather than delights (Jiang, Hoegg and Dahl,
// Journal of Consumer Research 2013).
func visibilityGate(_ *query, o *option) *surprise.Error {
	t := o.template
	if t.Visibility != surprisev1.Visibility_PUBLIC || t.Purpose == surprisev1.Purpose_RECOVERY || t.Source.GetEarnedReason() != "" {
		return nil
	}
	return surprise.Errorf(surprise.UnearnedPublic, "others would see it, and nothing says how the customer earned it")
}

// cooldownGate and capGate ask the ledger's rules, which answer Claim as well.
func cooldownGate(q *query, o *option) *surprise.Error {
	return q.termsOf(o).CheckCooldowns(q.rec, q.now)
}

func capGate(q *query, o *option) *surprise.Error { return q.termsOf(o).CheckCaps(q.rec, q.now) }

func (q *query) termsOf(o *option) ledger.Terms {
	occurrence, _ := o.occurrence()
	t := ledger.TermsFor(q.cat, o.template, q.moment.GetChannel(), q.visitID, occurrence, q.location)
	t.Household = q.household
	return t
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

// levelAtoms explains the plainest level, which asks for the least.
func levelAtoms(q *query, t *catalog.Template) []*surprisev1.FalseAtom {
	if t.Levels[0].Rule == nil {
		return nil
	}
	return falseAtoms(t.Levels[0].Rule.FalseAtoms(q.facts), func(a rule.Atom) catalog.Position { return q.cat.LevelRulePosition(t, 0, a) })
}

// scoreGate scores the option and leaves out what would not surprise.
func scoreGate(q *query, o *option) *surprise.Error {
	o.wish = q.granted(o.template)
	s := q.score(o)
	o.score = breakdown(s)
	if o.template.Purpose == surprisev1.Purpose_DELIGHT && s.Gap < q.cat.Policies.MinGap {
		return surprise.Errorf(surprise.Expected, "the customer expects it: the gap is %.3g, below %.3g", s.Gap, q.cat.Policies.MinGap)
	}
	return nil
}

// worthGate leaves out what costs more than it gives at this stage. It is the only gate that asks for the stage's factor.
func worthGate(_ *query, o *option) *surprise.Error {
	if total := o.score.GetScore(); total <= 0 {
		return surprise.Errorf(surprise.NotWorthCost, "it costs more than it gives here: the score is %.3g", total)
	}
	return nil
}
