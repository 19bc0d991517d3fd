package rule

import "cel.dev/cel-go/cel"

// CostBound returns the bound that decides whether a rule is evaluated natively.
func (r *Rule) CostBound() float64 {
	return r.cost
}

// ActualCost returns what CEL counts, without a limit.
func (r *Rule) ActualCost(f *Facts) (uint64, error) {
	tree, err := r.checked()
	if err != nil {
		return 0, err
	}
	p, err := r.set.env.Program(tree, cel.EvalOptions(cel.OptOptimize), cel.CostTracking(nil))
	if err != nil {
		return 0, err
	}
	// A rule that fails has its cost, too.
	_, details, _ := p.Eval(f)
	return *details.ActualCost(), nil
}

// CompileWhole is Compile without clauses.
func (s *Set) CompileWhole(source string) (*Rule, []Problem) { return s.compileWhole(source) }
