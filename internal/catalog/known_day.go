package catalog

import (
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// unknownDays is how wide the window of a public day must be, in days, so that nobody can tell the day.
const unknownDays = 7

// checkKnownDay warns of what everybody gets on a day that everybody knows.
func (c *compiler) checkKnownDay(t *Template, at place) {
	if t.Occasion == nil || t.Rule != nil || t.Source.GetRule() != "" || t.Purpose != surprisev1.Purpose_DELIGHT || c.cat.Policies.Withholding > 0 {
		return
	}
	public := t.Occasion.Spec.Festival != "" || t.Occasion.Spec.Day != 0
	wide := t.Occasion.Window.Before+t.Occasion.Window.After+1 >= unknownDays
	forAll := slices.ContainsFunc(t.Source.GetLevels(), func(l *surprisev1.Level) bool { return l.GetRule() == "" })
	if public && !wide && forAll {
		c.warnf(at.in("occasion", "name"), "add a rule, make the window a week wide, or set withholding_share in policies",
			"everybody gets template %q on a day that everybody knows: that is an announcement, not a surprise", t.ID)
	}
}
