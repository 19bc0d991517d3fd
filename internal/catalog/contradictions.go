package catalog

import (
	"fmt"

	"github.com/surprise-service/surprised/internal/rule"
)

// checkRules warns of a template, or a level of it, whose rules can never hold.
func (c *compiler) checkRules(t *Template, at place) {
	if found := rule.Contradict(t.Rule); found != nil {
		c.contradiction(at.in("rule"), fmt.Sprintf("template %q can never be offered", t.ID), found)
		return
	}
	for i, l := range t.Levels {
		found := rule.Contradict(t.Rule, l.Rule)
		if l.Rule != nil && found != nil {
			c.contradiction(at.in("levels", i, "rule"), fmt.Sprintf("level %q of template %q can never be offered", l.ID, t.ID), found)
		}
	}
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
