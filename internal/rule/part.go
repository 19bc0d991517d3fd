package rule

import (
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// part is a piece of a rule that is not understood, or a rule that could cost too much: CEL evaluates it, once for each request.
type part struct {
	// index counts the parts of a set from 0.
	index   int
	byStage bool
	verdict func(f *Facts) verdict
}

// part returns the part of the set with this text. Rules are without side effects, so what is written alike is alike.
func (n *interned) part(text string, build func() *part) *part {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.parts[text]
	if p == nil || text == "" {
		p = build()
		p.index = n.partCount
		n.partCount++
		n.parts[text] = p
	}
	return p
}

// expressionPart lets CEL evaluate one expression of a rule. It is planned when first needed: what planning could refuse was refused with
// the whole rule. It needs no limit of cost, for its rule cannot reach it.
func (s *Set) expressionPart(checked *ast.AST, e ast.Expr) *part {
	text := conjunctReader{checked}.written(e)
	return s.interned.part(text, func() *part {
		plan := sync.OnceValues(func() (cel.Program, error) {
			own := ast.NewCheckedAST(ast.NewAST(e, checked.SourceInfo()), checked.TypeMap(), checked.ReferenceMap())
			return s.env.PlanProgram(own, cel.EvalOptions(cel.OptOptimize))
		})
		return &part{byStage: s.readsStage(e), verdict: func(f *Facts) verdict {
			program, err := plan()
			if err != nil {
				return failed
			}
			out, _, err := program.Eval(f)
			return verdictOf(out == types.True, err)
		}}
	})
}

// limitedPart is a whole rule that could reach the limit of cost.
func (s *Set) limitedPart(r *Rule) *part {
	return s.interned.part("limited: "+r.source, func() *part {
		return &part{byStage: r.Mentions(stagePath), verdict: func(f *Facts) verdict { return verdictOf(r.Holds(f)) }}
	})
}

func verdictOf(holds bool, err error) verdict {
	if err != nil {
		return failed
	}
	return wanted(holds)
}

// readsStage tells whether an expression, or a segment in it, reads the stage.
func (s *Set) readsStage(e ast.Expr) bool {
	var paths []string
	walkReads(e, nil, func(read ast.Expr) { paths = append(paths, strings.TrimPrefix(pathOf(read), ".")) })
	return slices.ContainsFunc(paths, func(path string) bool {
		name, isSegment := strings.CutPrefix(path, segmentPrefix)
		return overlap(path, stagePath) || isSegment && s.segmentMentions(name, stagePath, map[string]bool{})
	})
}

// verdicts keeps what parts found, by their index.
type verdicts []verdict

func (v *verdicts) of(index int) *verdict {
	if index >= len(*v) {
		*v = append(*v, make([]verdict, index+1-len(*v))...)
	}
	return &(*v)[index]
}

// verdictOf evaluates a part, unless it was before for this request, or for this stage of it.
func (f *Facts) verdictOf(p *part) verdict {
	kept := &f.verdicts
	if p.byStage {
		kept = &f.stageVerdicts
	}
	if found := *kept.of(p.index); found != unknown {
		return found
	}
	found := p.verdict(f)
	// Evaluation can lead to other parts, so the place is looked up again.
	*kept.of(p.index) = found
	return found
}
