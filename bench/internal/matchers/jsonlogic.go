package matchers

import (
	"github.com/diegoholiveira/jsonlogic/v3"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// jsonLogic is jsonlogic over decoded JSON: each rule a tree, applied to each profile.
type jsonLogic struct {
	rules  []any
	inputs []any
}

func (e *jsonLogic) Build(c *rules.Catalog) error {
	for _, r := range c.Rules {
		var clauses []any
		for _, clause := range r.Clauses {
			var atoms []any
			for _, a := range clause {
				atoms = append(atoms, logic(&c.Atoms[a], c.Flat(c.Atoms[a].Attribute)))
			}
			if len(atoms) > 1 {
				atoms = []any{apply("or", atoms...)}
			}
			clauses = append(clauses, atoms[0])
		}
		e.rules = append(e.rules, apply("and", clauses...))
	}
	return nil
}

func apply(operator string, operands ...any) any { return map[string]any{operator: operands} }

func logic(a *rules.Atom, name string) any {
	value := map[string]any{"var": name}
	list := make([]any, len(a.Values))
	for i, v := range a.Values {
		list[i] = v
	}
	switch a.Op {
	case rules.In:
		return apply("in", value, list)
	case rules.Not:
		return apply("!", apply("in", value, list))
	case rules.AtLeast:
		return apply(">=", value, float64(a.Number))
	case rules.Below:
		return apply("<", value, float64(a.Number))
	case rules.Yes, rules.No:
		return apply("==", value, a.Op == rules.Yes)
	case rules.Has:
		return apply("in", a.Values[0], value)
	default:
		return apply("!", apply("in", a.Values[0], value))
	}
}

func (e *jsonLogic) Prepare(c *rules.Catalog, profiles []rules.Profile) error {
	for _, p := range profiles {
		e.inputs = append(e.inputs, flatMap(c, p))
	}
	return nil
}

func (e *jsonLogic) Match(profile int, into []int32) ([]int32, error) {
	for i, r := range e.rules {
		got, err := jsonlogic.ApplyInterface(r, e.inputs[profile]) //nolint:staticcheck // what replaces it takes JSON as text, which is slower
		if err != nil {
			return into, err
		}
		if got == true {
			into = append(into, int32(i)) //nolint:gosec // far fewer
		}
	}
	return into, nil
}
