package recommend

import (
	"fmt"
	"strings"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/rank"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/surprise"
)

// option is a template on its way through the gates: what they find out is kept for the score and the offer.
type option struct {
	template *catalog.Template
	// occasion is the occurrence that it celebrates; zero: none.
	occasion calendar.Occurrence
	level    *catalog.Level
	// wish is the one that it grants; nil: none.
	wish *storev1.Wish
	// score is found once there is a level.
	score      rank.Score
	propensity float64
}

// gate stands between a template and the customer.
type gate struct {
	check func(q *query, o *option) stop
	// idle tells that it stops nothing of a query, whatever the template. Nil: that cannot be told.
	idle func(q *query) bool
	// spares tells that it stops a template for no customer. Nil: none.
	spares func(t *catalog.Template) bool
	// needs tells that check can only be asked of options that have a level, or a score.
	needs func(o *option) bool
	// atoms returns the false parts of the rule that it asks, for explanations.
	atoms func(q *query, t *catalog.Template) []*surprisev1.FalseAtom
}

// matching are what a Matcher answers at once: they define it. Explanations ask them one by one.
func matching() []gate {
	return []gate{{check: stageGate}, {check: channelGate}, {check: audienceGate, atoms: audienceAtoms}}
}

// barring returns the gates for templates that match which are the same at every stage, in the order in which they are asked: the cheap ones first.
func barring() []gate {
	return []gate{
		{check: delightGate, idle: (*query).satisfied, spares: recovers}, {check: recoveryGate, idle: (*query).unsatisfied, spares: delights},
		{check: consentGate, idle: (*query).consents}, {check: validityGate, spares: alwaysValid},
		{check: quietGate, idle: (*query).neverQuiet, spares: recovers}, {check: visibilityGate, spares: seemly},
		{check: contentGate, idle: (*query).getsAnything, spares: ofNothing}, {check: openGate, idle: (*query).withoutStores, spares: inNoCorner},
		{check: wishGate, spares: grantsNoWish}, {check: coolOffGate, idle: (*query).neverCoolsOff, spares: recovers},
		{check: occasionGate, spares: atAnyTime}, {check: leadTimeGate, spares: quicklyReady}, {check: cooldownGate, idle: (*query).withoutPast},
		{check: capGate, idle: (*query).uncapped, spares: recovers}, {check: householdGate, idle: (*query).single},
	}
}

// grading returns the gates that are asked after those, and look at how well an option is carried out at the stage.
func grading() []gate {
	return []gate{{check: levelGate, atoms: levelAtoms}, {check: scoreGate, needs: hasLevel}, {check: worthGate, needs: hasLevel}}
}

func hasLevel(o *option) bool { return o.level != nil }

func stageGate(q *query, o *option) stop {
	if o.template.OnStage(q.stage) {
		return stop{}
	}
	return stopf(surprise.WrongStage, "it is given at %s, not at %s", strings.Join(o.template.Source.GetStages(), ", "), q.stage.ID)
}

func channelGate(q *query, o *option) stop {
	if o.template.OnChannel(q.moment.GetChannel()) {
		return stop{}
	}
	names := make([]string, len(o.template.Source.GetChannels()))
	for i, c := range o.template.Source.GetChannels() {
		names[i] = c.String()
	}
	return stopf(surprise.WrongChannel, "it is given on %s, not on %s", strings.Join(names, ", "), q.moment.GetChannel())
}

func audienceGate(q *query, o *option) stop {
	if o.template.Rule == nil {
		return stop{}
	}
	switch holds, err := o.template.Rule.Holds(q.facts); {
	case err != nil:
		return stopf(surprise.RuleError, "its rule cannot be evaluated for this customer: %s", err)
	case !holds:
		return stop{reason: surprise.AudienceMismatch, text: "its rule is not true of this customer and moment"}
	default:
		return stop{}
	}
}

func audienceAtoms(q *query, t *catalog.Template) []*surprisev1.FalseAtom {
	return falseAtoms(t.Rule.FalseAtoms(q.facts), func(a rule.Atom) catalog.Position { return q.cat.RulePosition(t, a) })
}

// delightGate keeps delight for the satisfied.
func delightGate(q *query, o *option) stop {
	if q.satisfied() || recovers(o.template) {
		return stop{}
	}
	return stopped(q.dissatisfied)
}

// recoveryGate keeps recovery for the others.
func recoveryGate(q *query, o *option) stop {
	if q.unsatisfied() || delights(o.template) {
		return stop{}
	}
	return stop{reason: surprise.NothingToRecover, text: "it makes up for a bad experience; this customer had none"}
}

func consentGate(q *query, o *option) stop {
	c := q.customer.GetConsents()
	const withheld = surprisev1.Consent_WITHHELD
	switch {
	case c.GetSurprises() == withheld:
		return stop{reason: surprise.ConsentWithheld, text: "the customer does not want surprises"}
	case c.GetPersonalOccasions() == withheld && o.template.Occasion != nil && personal(o.template.Occasion):
		return stop{reason: surprise.ConsentWithheld, text: "the customer does not want personal dates to be used"}
	case c.GetPublicDelivery() == withheld && o.template.Visibility == surprisev1.Visibility_PUBLIC:
		return stop{reason: surprise.ConsentWithheld, text: "the customer does not want to be surprised in public"}
	default:
		return stop{}
	}
}

// personal tells the days of a person from those of everybody.
func personal(o *catalog.Occasion) bool {
	return o.Spec.Festival == "" && o.Spec.Day == 0
}

// visibilityGate spares customers an unearned perk in front of others, which embarrasses rather than delights (Jiang, Hoegg and Dahl,
// Journal of Consumer Research 2013).
func visibilityGate(_ *query, o *option) stop {
	if seemly(o.template) {
		return stop{}
	}
	return stop{reason: surprise.UnearnedPublic, text: "others would see it, and nothing says how the customer earned it"}
}

// capGate asks the ledger's rules, which answer Claim as well. Templates of categories without a cap of their own share an answer.
func capGate(q *query, o *option) stop {
	if recovers(o.template) {
		return stop{}
	}
	category := ""
	for i := range q.cat.Policies.Caps {
		if q.cat.Policies.Caps[i].Category == o.template.Category {
			category = o.template.Category
		}
	}
	return q.caps.get(category, func() stop { return stopped(q.termsOf(o).CheckCaps(q.rec, q.now)) })
}

func (q *query) checkCooldowns(o *option) *surprise.Error {
	return q.termsOf(o).CheckCooldowns(q.rec, q.now)
}

func (q *query) termsOf(o *option) ledger.Terms {
	t := ledger.TermsFor(q.cat, o.template, q.moment.GetChannel(), q.visitID, o.occasion.ID, q.location)
	t.Household = q.household
	return t
}

func levelGate(q *query, o *option) stop { return q.chooseLevel(o, q.facts) }

// chooseLevel finds the best level whose rule holds and for which the limits have room.
func (q *query) chooseLevel(o *option, facts *rule.Facts) stop {
	none := stop{reason: surprise.NoLevel, text: "no level fits this customer and scene"}
	for i := len(o.template.Levels) - 1; i >= 0; i-- {
		l := &o.template.Levels[i]
		if l.Rule != nil && !l.Rule.True(facts) {
			continue
		}
		full := q.exhausted(o.template, l)
		if !full.stops() {
			o.level = l
			return stop{}
		}
		none = full
	}
	return none
}

// levelAtoms explains the plainest level, which asks for the least.
func levelAtoms(q *query, t *catalog.Template) []*surprisev1.FalseAtom {
	if t.Levels[0].Rule == nil {
		return nil
	}
	return falseAtoms(t.Levels[0].Rule.FalseAtoms(q.facts), func(a rule.Atom) catalog.Position { return q.cat.LevelRulePosition(t, 0, a) })
}

// scoreGate scores the option and leaves out what would not surprise.
func scoreGate(q *query, o *option) stop {
	o.wish = q.granted(o.template)
	o.score = q.score(o)
	if o.template.Purpose != surprisev1.Purpose_DELIGHT || o.score.Gap >= q.cat.Policies.MinGap {
		return stop{}
	}
	return stop{reason: surprise.Expected, write: func(q *query, o *option) string {
		return fmt.Sprintf("the customer expects it: the gap is %.3g, below %.3g", o.score.Gap, q.cat.Policies.MinGap)
	}}
}

// worthGate leaves out what costs more than it gives at this stage. It is the only gate that asks for the stage's factor.
func worthGate(_ *query, o *option) stop {
	if o.score.Total > 0 {
		return stop{}
	}
	return stop{reason: surprise.NotWorthCost, write: func(_ *query, o *option) string {
		return fmt.Sprintf("it costs more than it gives here: the score is %.3g", o.score.Total)
	}}
}
