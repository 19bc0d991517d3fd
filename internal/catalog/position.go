package catalog

import "github.com/surprise-service/surprised/internal/rule"

// Position is a place in the source of the catalogue, counted from 1.
type Position struct {
	File         string
	Line, Column int
}

// RulePosition returns where an atom of a template's rule is written: in the template, or in the segment that it belongs to.
func (c *Catalog) RulePosition(t *Template, a rule.Atom) Position {
	return c.position(t.ruleAt, a)
}

// LevelRulePosition does the same for the rule of a level.
func (c *Catalog) LevelRulePosition(t *Template, level int, a rule.Atom) Position {
	return c.position(t.Levels[level].ruleAt, a)
}

func (c *Catalog) position(at place, a rule.Atom) Position {
	if a.Segment != "" {
		at = c.segmentPlaces[a.Segment]
	}
	p := at.ruleProblem(rule.Problem{Line: a.Line, Column: a.Column})
	return Position{File: p.File, Line: p.Line, Column: p.Column}
}
