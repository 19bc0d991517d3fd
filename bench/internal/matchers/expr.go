package matchers

import (
	"fmt"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// exprEngine is expr over a struct: a program for each rule, run by one machine. The struct is passed as a value: with a pointer expr
// allocates for every field that it reads.
type exprEngine struct {
	programs []*vm.Program
	machine  vm.VM
	inputs   []any // rows
}

func (e *exprEngine) Build(c *rules.Catalog) error {
	for _, r := range c.Rules {
		text := c.Text(r.Clauses, field)
		p, err := expr.Compile(text, expr.Env(row{}), expr.AsBool())
		if err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		e.programs = append(e.programs, p)
	}
	return nil
}

func (e *exprEngine) Prepare(_ *rules.Catalog, profiles []rules.Profile) error {
	for _, p := range profiles {
		e.inputs = append(e.inputs, *newRow(p))
	}
	return nil
}

func (e *exprEngine) Match(profile int, into []int32) ([]int32, error) {
	in := e.inputs[profile]
	for i, p := range e.programs {
		got, err := e.machine.Run(p, in)
		if err != nil {
			return into, err
		}
		if got == true {
			into = append(into, int32(i)) //nolint:gosec // far fewer
		}
	}
	return into, nil
}
