package recommend

import (
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/surprise"
)

// recorder is told what stops options. There is one way to decide; what is recorded of it differs.
type recorder interface {
	// all asks for every gate of every template, not only for the first that stops one that matches.
	all() bool
	blocked(q *query, o *option, g gate, err *surprise.Error)
	unmatched(q *query, n int)
}

// explanation records everything.
type explanation struct {
	blocks  map[*catalog.Template][]*surprisev1.Block
	options map[*catalog.Template]*option
	// summary is what Recommend tells: the first gate of each template, those of matching counted together.
	summary    *blocks
	mismatched int
}

var _ recorder = (*explanation)(nil)

func newExplanation() *explanation {
	return &explanation{blocks: map[*catalog.Template][]*surprisev1.Block{}, options: map[*catalog.Template]*option{}, summary: newBlocks()}
}

func (e *explanation) all() bool { return true }

// unmatched is never called: where every template is asked, matching is not.
func (e *explanation) unmatched(*query, int) {}

func (e *explanation) count(t *catalog.Template, err *surprise.Error) {
	switch err.Reason {
	case surprise.WrongStage, surprise.WrongChannel, surprise.AudienceMismatch, surprise.RuleError:
		e.mismatched++
	default:
		e.summary.add(t, err)
	}
}

func (e *explanation) blocked(q *query, o *option, g gate, err *surprise.Error) {
	t := o.template
	e.options[t] = o
	if len(e.blocks[t]) == 0 {
		e.count(t, err)
	}
	b := block{reason: err.Reason, text: err.Message, earliest: err.Until}.proto()
	if g.atoms != nil && asksRule(err.Reason) {
		b.Atoms = g.atoms(q, t)
	}
	e.blocks[t] = append(e.blocks[t], b)
}

// asksRule tells the reasons that come from a rule: a level can also stop for a limit.
func asksRule(r surprise.Reason) bool {
	return r == surprise.AudienceMismatch || r == surprise.RuleError || r == surprise.NoLevel
}

// falseAtoms shows the false parts of a rule with their places in the catalogue.
func falseAtoms(atoms []rule.Atom, place func(rule.Atom) catalog.Position) []*surprisev1.FalseAtom {
	out := make([]*surprisev1.FalseAtom, len(atoms))
	for i, a := range atoms {
		at := place(a)
		out[i] = &surprisev1.FalseAtom{Expression: a.Expression, Was: a.Was, File: at.File, Line: int32(at.Line), Column: int32(at.Column)} //nolint:gosec // files are at most 1 MiB
	}
	return out
}
