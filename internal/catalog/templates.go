package catalog

import (
	"context"
	"slices"
	"strings"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func (c *compiler) compileTemplates(ctx context.Context) {
	sources := c.src.GetTemplates()
	compiled := make([]*Template, len(sources))
	c.inShares(ctx, len(sources), func(c *compiler, from, to int) {
		for i := from; i < to; i++ {
			// They are in the order of their ids.
			if at := c.places.templates[i]; i > 0 && sources[i-1].GetId() == sources[i].GetId() {
				c.errorf(at.in("id"), "template %q is here twice", sources[i].GetId())
			} else {
				compiled[i] = c.template(sources[i], at)
			}
		}
	})
	if ctx.Err() == nil {
		c.addTemplates(compiled)
	}
	c.shareHouseholdCooldowns()
	c.checkCategories()
}

// addTemplates leaves those out whose id is there twice.
func (c *compiler) addTemplates(compiled []*Template) {
	for _, t := range compiled {
		if t == nil {
			continue
		}
		t.Position = len(c.cat.Templates)
		c.cat.byID[t.ID] = t
		c.cat.Templates = append(c.cat.Templates, t)
	}
}

// shareHouseholdCooldowns gives all templates of a category the longest household cooldown of any: whoever of a household had one of them, the
// others wait for the rest.
func (c *compiler) shareHouseholdCooldowns() {
	c.cat.household = map[string]time.Duration{}
	for _, t := range c.cat.Templates {
		c.cat.household[t.Category] = max(c.cat.household[t.Category], t.Cooldowns.Household)
	}
	for _, t := range c.cat.Templates {
		t.Cooldowns.Household = c.cat.household[t.Category]
	}
}

func (c *compiler) template(src *surprisev1.Template, at place) *Template {
	t := &Template{ID: src.GetId(), Kind: src.GetKind(), Purpose: src.GetPurpose(), Category: src.GetCategory(), Visibility: src.GetVisibility(), Source: src}
	if t.Category == "" {
		t.Category = CategoryOf(t.Kind)
	}
	if t.Purpose == surprisev1.Purpose_PURPOSE_UNSPECIFIED {
		t.Purpose = surprisev1.Purpose_DELIGHT
	}
	if t.Visibility == surprisev1.Visibility_VISIBILITY_UNSPECIFIED {
		t.Visibility = surprisev1.Visibility_PRIVATE
	}
	t.stages = c.stageSet(src.GetStages(), at.in("stages"))
	for _, ch := range src.GetChannels() {
		t.channels |= 1 << uint(ch)
	}
	if t.Rule = c.rule(at.in("rule"), src.GetRule()); t.Rule != nil {
		t.ruleAt = at.in("rule").alone()
	}
	t.Occasion = c.occasion(src.GetOccasion(), at.in("occasion"))
	t.Cooldowns = c.cooldowns(src.GetCooldowns(), at.in("cooldowns"))
	t.Limits = c.limitsOf(src.GetLimits(), at.in("limits"))
	t.Hold = c.exact(at.in("hold"), src.GetHold(), c.cat.Policies.Hold, maxHold)
	t.LeadTime = c.period(at.in("lead_time"), src.GetLeadTime())
	c.validity(t, at)
	c.levels(t, at)
	t.Contains, t.AppealsTo, t.Solves = foldAll(src.GetContains()), foldAll(src.GetAppealsTo()), foldAll(src.GetSolves())
	c.services(t, at)
	t.ByStage = byStage(t)
	c.checkRules(t, at)
	c.checkPublic(t, at)
	c.checkKnownDay(t, at)
	c.checkUseless(t, at)
	return t
}

// byStage reports whether a rule of a level asks for the stage.
func byStage(t *Template) bool {
	return slices.ContainsFunc(t.Levels, func(l Level) bool { return l.Rule != nil && l.Rule.Mentions("moment.stage") })
}

// checkUseless warns of a lead time without an occasion, and of levels that no limit can ever pay for.
func (c *compiler) checkUseless(t *Template, at place) {
	if !t.LeadTime.IsZero() && t.Occasion == nil {
		p := at.in("lead_time").problem("lead_time has no effect without an occasion")
		p.Warning = true
		c.add(p)
	}
	for i, l := range t.Levels {
		for _, lim := range t.Limits {
			if amount := lim.Amount(l.CostMinor); amount > lim.Capacity && !lim.Imported() {
				p := at.in("levels", i, "cost_minor").problem("level %q can never be given: it takes %d of limit %q, which has %d", l.ID, amount, lim.ID, lim.Capacity)
				p.Warning = true
				c.add(p)
			}
		}
	}
}

// checkPublic warns of what could never be offered.
func (c *compiler) checkPublic(t *Template, at place) {
	if t.Visibility == surprisev1.Visibility_PUBLIC && t.Source.GetEarnedReason() == "" && t.Purpose == surprisev1.Purpose_DELIGHT {
		p := at.in("visibility").problem("template %q is PUBLIC without an earned_reason and is never offered", t.ID)
		p.Warning, p.Hint = true, "say in earned_reason why this customer has it, or make it PRIVATE"
		c.add(p)
	}
}

// CategoryOf returns the category of templates of a kind that name none.
func CategoryOf(k surprisev1.Kind) string { return strings.ToLower(k.String()) }

func (c *compiler) cooldowns(src *surprisev1.Cooldowns, at place) Cooldowns {
	out := Cooldowns{
		Template:     c.period(at.in("template"), src.GetTemplate()),
		Category:     c.period(at.in("category"), src.GetCategory()),
		AfterRefusal: c.period(at.in("after_refusal"), src.GetAfterRefusal()),
	}
	c.keep(out.Template)
	c.keep(out.Category)
	c.keep(out.AfterRefusal)
	if src.GetHousehold() != "" {
		out.Household = c.exact(at.in("household"), src.GetHousehold(), 0, surprise.MaxPeriod)
	}
	return out
}

func (c *compiler) validity(t *Template, at place) {
	if f := t.Source.GetValidFrom(); f != nil {
		t.From = f.AsTime()
	}
	if u := t.Source.GetValidUntil(); u != nil {
		t.Until = u.AsTime()
	}
	if !t.From.IsZero() && !t.Until.IsZero() && !t.From.Before(t.Until) {
		c.errorf(at.in("valid_until"), "valid_until is not after valid_from")
	}
}

func (c *compiler) levels(t *Template, at place) {
	texts := c.textsOf(t.Source, at)
	seen := map[string]bool{}
	for i, src := range t.Source.GetLevels() {
		lat := at.in("levels", i)
		if seen[src.GetId()] {
			c.errorf(lat.in("id"), "level %q is here twice", src.GetId())
		}
		seen[src.GetId()] = true
		if i > 0 && src.GetValue() < t.Source.GetLevels()[i-1].GetValue() {
			c.hintf(lat.in("value"), "order the levels from the plainest to the best", "the value of level %q is below that of the level before it", src.GetId())
		}
		t.Levels = append(t.Levels, Level{
			ID: src.GetId(), Value: src.GetValue(), CostMinor: src.GetCostMinor(),
			Rule: c.rule(lat.in("rule"), src.GetRule()), texts: c.levelTexts(texts, src, lat),
		})
		if last := &t.Levels[i]; last.Rule != nil {
			last.ruleAt = lat.in("rule").alone()
		}
	}
}

// checkCategories finds caps on categories that no template has.
func (c *compiler) checkCategories() {
	known := map[string]bool{}
	for _, t := range c.cat.Templates {
		known[t.Category] = true
	}
	for i, cp := range c.cat.Policies.Caps {
		if cp.Category != "" && !known[cp.Category] {
			p := c.places.policies.in("caps", i, "category").problem("no template has the category %q", cp.Category)
			p.Warning = true
			c.add(p)
		}
	}
}
