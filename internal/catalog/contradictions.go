package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/surprise-service/surprised/internal/rule"
)

// checkRules warns of a template, or a level of it, whose rules can never hold where it is given.
func (c *compiler) checkRules(t *Template, at place) {
	where := c.whereRule(t)
	if found := rule.Contradict(where, t.Rule); found != nil {
		c.contradiction(at.in("rule"), fmt.Sprintf("template %q can never be offered", t.ID), found)
		return
	}
	for i, l := range t.Levels {
		found := rule.Contradict(where, t.Rule, l.Rule)
		if l.Rule != nil && found != nil {
			c.contradiction(at.in("levels", i, "rule"), fmt.Sprintf("level %q of template %q can never be offered", l.ID, t.ID), found)
		}
	}
}

// whereRule says as a rule at which stages and on which channels a template is given. It is nil for the many templates whose rules do not
// ask for either.
func (c *compiler) whereRule(t *Template) *rule.Rule {
	if c.rules == nil || !asks(t, "moment.stage") && !asks(t, "moment.channel") {
		return nil
	}
	var parts []string
	if asks(t, "moment.stage") {
		parts = append(parts, "moment.stage in ["+quoted(c.stagesOf(t))+"]")
	}
	if channels := t.Source.GetChannels(); len(channels) > 0 && asks(t, "moment.channel") {
		names := make([]string, len(channels))
		for i, ch := range channels {
			names[i] = "Channel." + ch.String()
		}
		parts = append(parts, "moment.channel in ["+strings.Join(names, ", ")+"]")
	}
	if len(parts) == 0 {
		return nil
	}
	r, _ := c.rules.Compile(strings.Join(parts, " && "))
	return r
}

func asks(t *Template, path string) bool {
	if t.Rule != nil && t.Rule.Mentions(path) {
		return true
	}
	return slices.ContainsFunc(t.Levels, func(l Level) bool { return l.Rule != nil && l.Rule.Mentions(path) })
}

// stagesOf returns the ids of the stages at which a template is given.
func (c *compiler) stagesOf(t *Template) []string {
	var out []string
	for _, j := range c.cat.journeys {
		for _, s := range j.Stages {
			if t.OnStage(s) {
				out = append(out, s.ID)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strconv.Quote(w)
	}
	return strings.Join(out, ", ")
}

func (c *compiler) checkSegments() {
	for name, at := range c.places.segments {
		if found := rule.Contradict(c.rules.Segment(name)); found != nil {
			c.contradiction(at, fmt.Sprintf("segment %q can never be true", name), found)
		}
	}
}

func (c *compiler) contradiction(at place, what string, found *rule.Contradiction) {
	c.add(at.ruleProblem(rule.Problem{Line: found.Line, Column: found.Column, Message: what + ": " + found.String(), Warning: true}))
}
