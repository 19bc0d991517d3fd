package catalog

import (
	"slices"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Pickup is a daily span, from midnight in the catalogue's time zone.
type Pickup struct {
	From, To time.Duration
}

// Trial is a free trial.
type Trial struct {
	Product              string
	Length, RemindBefore surprise.Period // RemindBefore zero: no reminder
}

// Caution is a warning for customers with one of some words.
type Caution struct {
	// When is in the form of Fold.
	When  []string
	texts []string
}

// Text returns the warning in a catalogue locale.
func (c *Caution) Text(locale int) string { return c.texts[locale] }

const (
	waitKeep    = 24 * time.Hour
	maxWaitKeep = 30 * day
)

// mergeServices takes the parts of a file that are not lists of their own.
func (c *compiler) mergeServices(f *file, root place) {
	if f.msg.GetWallet() != nil && c.once("wallet", root.in("wallet")) {
		c.src.Wallet = f.msg.GetWallet()
	}
	if f.msg.GetWishes() != nil && c.once("wishes", root.in("wishes")) {
		c.src.Wishes = f.msg.GetWishes()
	}
	if f.msg.GetSincerity() != nil && c.once("sincerity", root.in("sincerity")) {
		c.src.Sincerity = f.msg.GetSincerity()
	}
	if len(f.msg.GetShifts()) > 0 && c.once("shifts", root.in("shifts")) {
		c.src.Shifts = f.msg.GetShifts()
	}
}

func (c *compiler) compileServices() {
	c.compileStores()
	c.compileShifts()
	c.compileWallet()
	c.compileWishes()
}

// services reads what the services need beyond a template.
func (c *compiler) services(t *Template, at place) {
	src := t.Source
	t.PerOrder, t.HouseholdMax = src.GetPerOrder(), int64(src.GetHouseholdMax())
	t.Pickup = c.pickup(t, at.in("pickup"))
	t.Trial = c.trial(src.GetTrial(), at.in("trial"))
	t.WaitKeep = c.waitlist(t, at.in("waitlist"))
	t.Grants = c.grants(src.GetGrants(), at.in("grants"))
	for i, cs := range src.GetCautions() {
		texts := c.plainTexts(cs.GetTexts(), at.in("cautions", i, "texts"), "a caution", "")
		t.Cautions = append(t.Cautions, Caution{When: foldAll(cs.GetWhen()), texts: texts})
	}
	c.checkNumbered(t, at.in("limits"))
	c.checkHold(t, at)
	if t.Kind == surprisev1.Kind_CORNER && c.cat.HasStores() && !c.hasCorner() {
		c.warnf(at.in("kind"), "add a corner: to a store", "template %q is never offered: no store has a corner", t.ID)
	}
}

func (c *compiler) pickup(t *Template, at place) *Pickup {
	src := t.Source.GetPickup()
	if src == nil {
		return nil
	}
	p := &Pickup{From: clock(src.GetFrom()), To: clock(src.GetTo())}
	if p.From >= p.To {
		c.hintf(at.in("to"), "a pick-up is on one day", "the pick-up ends at %s, which is not after %s", src.GetTo(), src.GetFrom())
	}
	if t.Occasion == nil {
		c.warnf(at, "", "pickup has no effect without an occasion")
	}
	return p
}

func (c *compiler) trial(src *surprisev1.Trial, at place) *Trial {
	if src == nil {
		return nil
	}
	t := &Trial{Product: src.GetProduct(), Length: c.period(at.in("length"), src.GetLength()), RemindBefore: c.period(at.in("remind_before"), src.GetRemindBefore())}
	shortest := atLeast(t.Length)
	switch {
	case src.GetLength() != "" && shortest <= 0:
		c.hintf(at.in("length"), `write for example "14d"`, "a trial cannot be %q long", src.GetLength())
	case t.RemindBefore.AtMost() >= shortest && !t.RemindBefore.IsZero():
		c.hintf(at.in("remind_before"), "make it shorter than the trial", "the reminder %q before the end comes before a trial of %q begins", src.GetRemindBefore(), src.GetLength())
	}
	c.keep(t.Length)
	return t
}

// atLeast returns the length of a period where the calendar makes it shortest.
func atLeast(p surprise.Period) time.Duration {
	shortest := p.AtMost()
	for month := time.January; month <= time.December; month++ {
		from := time.Date(2001, month, 1, 0, 0, 0, 0, time.UTC)
		shortest = min(shortest, p.AddTo(from, time.UTC).Sub(from))
	}
	return shortest
}

// waitlist returns how long one is kept for the next in line; 0: nobody waits.
func (c *compiler) waitlist(t *Template, at place) time.Duration {
	src := t.Source.GetWaitlist()
	if src == nil {
		return 0
	}
	known := len(t.Limits) == len(t.Source.GetLimits()) // the others are reported
	if known && !slices.ContainsFunc(t.Limits, (*Limit).canRunOut) {
		c.hintf(at, "add a limit with the period FOREVER and the unit UNITS, SERIALS or CODES", "nobody needs to wait for template %q: none of its limits can run out for good", t.ID)
	}
	return c.exact(at.in("keep"), src.GetKeep(), waitKeep, maxWaitKeep)
}

// canRunOut reports whether what there is of it comes back only from claims that end.
func (l *Limit) canRunOut() bool {
	return l.Period == surprisev1.LimitPeriod_FOREVER && (l.Unit == surprisev1.LimitUnit_UNITS || l.Numbered())
}

// grants warns of tags that wishes hardly name.
func (c *compiler) grants(tags []string, at place) []string {
	var known []string
	for _, s := range c.src.GetWishes().GetSynonyms() {
		known = append(known, s.GetTag())
	}
	seen := map[string]bool{}
	for i, tag := range tags {
		if seen[tag] {
			c.errorf(at.in(i), "tag %q is here twice", tag)
		}
		seen[tag] = true
		if slices.Contains(known, tag) {
			continue
		}
		hint := "name it under wishes: synonyms:"
		if len(known) > 0 {
			hint += " beside " + surprise.List(slices.Sorted(slices.Values(known)))
		}
		c.warnf(at.in(i), hint, "tag %q has no synonyms: only wishes that have the word itself match", tag)
	}
	return tags
}

// checkNumbered finds claims that would have two numbers or times of one sort.
func (c *compiler) checkNumbered(t *Template, at place) {
	first := map[surprisev1.LimitUnit]string{}
	for _, l := range t.Limits {
		if !l.Numbered() && !l.Imported() {
			continue
		}
		if before, twice := first[l.Unit]; twice {
			i := slices.Index(t.Source.GetLimits(), l.ID)
			c.hintf(at.in(i), "keep one of them", "template %q has two limits of %s, %q and %q: a claim can have one", t.ID, l.Unit, before, l.ID)
			continue
		}
		first[l.Unit] = l.ID
	}
}

// checkHold warns of claims that expire before what they are for is ready.
func (c *compiler) checkHold(t *Template, at place) {
	if t.Occasion == nil || t.Hold >= t.LeadTime.AtMost() {
		return
	}
	where := at.in("lead_time")
	if t.Source.GetHold() != "" {
		where = at.in("hold")
	}
	c.warnf(where, "add for example hold: "+(surprise.Period{Exact: t.LeadTime.AtMost()}).String(),
		"a claim is held for %s, shorter than the lead_time of %s: it would expire before it can be handed over", surprise.Period{Exact: t.Hold}, t.LeadTime)
}
