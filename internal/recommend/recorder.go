package recommend

import (
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/surprise"
)

// explanation records everything that stops options. There is one way to decide; what is recorded of it differs.
type explanation struct {
	blocks  map[*catalog.Template][]*surprisev1.Block
	options map[*catalog.Template]*option
	// summary is what Recommend tells: the first gate of each template, those of matching counted together.
	summary    blocks
	mismatched int
}

func newExplanation() *explanation {
	return &explanation{blocks: map[*catalog.Template][]*surprisev1.Block{}, options: map[*catalog.Template]*option{}}
}

func (e *explanation) count(o *option, why stop) {
	switch why.reason {
	case surprise.WrongStage, surprise.WrongChannel, surprise.AudienceMismatch, surprise.RuleError:
		e.mismatched++
	default:
		e.summary.add(o, why)
	}
}

func (e *explanation) blocked(q *query, o *option, g gate, why stop) {
	t := o.template
	e.options[t] = o
	if len(e.blocks[t]) == 0 {
		e.count(o, why)
	}
	b := why.asBlock(q, o)
	if g.atoms != nil && asksRule(why.reason) {
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
