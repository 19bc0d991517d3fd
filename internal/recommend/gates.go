package recommend

import (
	"slices"
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/surprise"
)

// option is a template on its way through the gates: what they find out is kept for the score and the offer.
type option struct {
	template   *catalog.Template
	occurrence string
	level      *catalog.Level
	score      *surprisev1.ScoreBreakdown
	propensity float64
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
		{check: coolOffGate}, {check: occasionGate}, {check: leadTimeGate}, {check: cooldownGate}, {check: capGate}, {check: householdGate},
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

// contentGate protects from allergies, and from what the customer dislikes.
func contentGate(q *query, o *option) *surprise.Error {
	for _, c := range o.template.Contains {
		switch {
		case slices.Contains(q.words.allergies, c):
			return surprise.Errorf(surprise.Allergy, "it contains %s, to which the customer is allergic", c)
		case slices.Contains(q.words.dislikes, c):
			return surprise.Errorf(surprise.Disliked, "it contains %s, which the customer dislikes", c)
		}
	}
	return nil
}

// cooldownGate and capGate ask the ledger's rules, which answer Claim as well.
func cooldownGate(q *query, o *option) *surprise.Error {
	return q.termsOf(o).CheckCooldowns(q.rec, q.now)
}

func capGate(q *query, o *option) *surprise.Error { return q.termsOf(o).CheckCaps(q.rec, q.now) }

func (q *query) termsOf(o *option) ledger.Terms {
	return ledger.TermsFor(q.cat, o.template, q.moment.GetChannel(), q.visitID, o.occurrence, q.location)
}

// householdGate asks whether anybody of the household had a surprise of the category. The truth is in the store, at claim time.
func householdGate(q *query, o *option) *surprise.Error {
	h := ledger.Household{Key: q.household, Category: o.template.Category, Cooldown: o.template.Cooldowns.Household}
	steps := h.Steps(q.now)
	if len(steps) == 0 || q.room.Fits(steps[0], 1, 1) {
		return nil
	}
	out := surprise.Errorf(surprise.Cooldown, "somebody of the customer's household had a surprise of the category %s", h.Category)
	last, known := 0, true
	for i, step := range steps {
		if !q.room.Fits(step, 1, 1) {
			last = i
		}
		known = q.room.Known(step) && known
	}
	if known {
		out.Until = h.StepStart(q.now, last+1)
	}
	return out
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

func (q *query) exhausted(t *catalog.Template, l *catalog.Level) *surprise.Error {
	for _, lim := range t.Limits {
		amount := lim.Amount(l.CostMinor)
		if amount > lim.Capacity {
			return surprise.Errorf(surprise.LimitExhausted, "it takes %d of %s, which has only %d in all", amount, lim.ID, lim.Capacity)
		}
		if !q.room.Fits(lim.Key(q.now, q.moment.GetStore()), amount, lim.Capacity) {
			return &surprise.Error{Reason: surprise.LimitExhausted, Until: lim.NextPeriod(q.now), Message: "nothing is left of " + lim.ID}
		}
	}
	return nil
}

// scoreGate scores the option and leaves out what would not surprise.
func scoreGate(q *query, o *option) *surprise.Error {
	s := q.score(o.template, o.level)
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
