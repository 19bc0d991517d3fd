package catalog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/surprise"
)

func (c *compiler) compileOccasions() {
	for name, src := range c.src.GetOccasions() {
		at := c.places.occasions[name]
		if !validID(name) {
			c.hintf(at, "use lower-case letters, digits and _", "occasion name %q is not allowed", name)
		}
		if _, builtIn := calendar.Named(name); builtIn {
			c.errorf(at, "occasion %q exists without being defined", name)
		}
		c.cat.occasions[name] = c.occasionRule(src, at)
	}
}

func (c *compiler) occasionRule(src *surprisev1.OccasionRule, at place) calendar.Spec {
	var s calendar.Spec
	set := 0
	for _, given := range []bool{src.GetRelative() != "", src.GetVisit() != 0, src.GetAbsent() != "", src.GetDate() != "", src.GetFestival() != ""} {
		if given {
			set++
		}
	}
	if set != 1 {
		c.hintf(at, "set one of relative, visit, absent, date, festival", "an occasion has exactly one rule, this one has %d", set)
		return s
	}
	s.Relative, s.Visit, s.Festival = src.GetRelative(), int(src.GetVisit()), src.GetFestival()
	if src.GetAbsent() != "" {
		s.Absent = c.days(at.in("absent"), src.GetAbsent(), surprise.MaxPeriod)
	}
	if src.GetDate() != "" {
		s.Month, s.Day = c.monthDay(at.in("date"), src.GetDate())
	}
	if s.Festival != "" && !slices.Contains(calendar.Festivals(), s.Festival) {
		c.hintf(at.in("festival"), "festivals are "+strings.Join(calendar.Festivals(), ", "), "festival %q does not exist", s.Festival)
	}
	return s
}

// monthDay reads "MM-DD"; 29 February is a day.
func (c *compiler) monthDay(at place, text string) (time.Month, int) {
	t, err := time.Parse("2006-01-02", "2000-"+text)
	if err != nil {
		c.hintf(at, `write "MM-DD", for example "05-20"`, "%q is not a day of the year", text)
	}
	return t.Month(), t.Day()
}

// findOccasionNames returns all names that templates and rules may use.
func (c *compiler) findOccasionNames() []string {
	names := calendar.Names()
	for n := range c.src.GetOccasions() {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// maxWindow bounds an occasion's window on each side.
const maxWindow = 365 * day

func (c *compiler) occasion(src *surprisev1.Occasion, at place) *Occasion {
	if src == nil {
		return nil
	}
	spec, ok := c.cat.Occasion(src.GetName())
	if !ok {
		hint := c.speller.DidYouMean(src.GetName(), c.occasionNames)
		if hint == "" {
			hint = "occasions are " + surprise.List(c.occasionNames())
		}
		c.hintf(at.in("name"), hint, "occasion %q does not exist", src.GetName())
	}
	w := calendar.Window{Before: c.days(at.in("before"), src.GetBefore(), maxWindow), After: c.days(at.in("after"), src.GetAfter(), maxWindow)}
	if (spec.Visit > 0 || spec.Absent > 0) && w != (calendar.Window{}) {
		c.errorf(at, "occasion %q is a moment, not a day: it has no window before or after it", src.GetName())
	}
	if time.Duration(w.Before+w.After+1)*day > maxWindow {
		c.errorf(at, "the window of %s before and %s after is longer than a year", src.GetBefore(), src.GetAfter())
	}
	return &Occasion{Name: src.GetName(), Spec: spec, Window: w}
}

// days reads a number of whole days, at most limit.
func (c *compiler) days(at place, text string, limit time.Duration) int {
	p := c.period(at, text)
	total := p.Exact + time.Duration(p.Days)*day
	switch {
	case total != p.AtMost() || total%day != 0:
		c.hintf(at, `write for example "3d"`, "%q is not a number of whole days", text)
	case total > limit:
		c.errorf(at, "%q is longer than %s", text, fmt.Sprintf("%d days", limit/day))
	}
	return int(total / day)
}
