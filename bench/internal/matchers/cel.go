package matchers

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/rules"
)

// celEngine is cel-go over the messages of the service: a program for each rule. Custom attributes are variables of their types.
type celEngine struct {
	programs []cel.Program
	inputs   []cel.Activation
}

func (e *celEngine) Build(c *rules.Catalog) (err error) {
	options := []cel.EnvOption{
		cel.Types(&surprisev1.CustomerProfile{}, &surprisev1.Moment{}),
		cel.Variable("customer", cel.ObjectType("surprise.v1.CustomerProfile")), cel.Variable("moment", cel.ObjectType("surprise.v1.Moment")),
	}
	for i := range c.Attributes {
		if a := &c.Attributes[i]; strings.Contains(a.Path, ".attributes.") {
			options = append(options, cel.Variable(celName(a), celType(a.Kind)), cel.Variable(hasName(a), cel.BoolType))
		}
	}
	e.programs, err = celPrograms(c, func(i int) string { return celName(&c.Attributes[i]) }, options)
	return err
}

// celName is the path, or for a custom attribute the name of its variable.
func celName(a *rules.Attribute) string {
	if strings.Contains(a.Path, ".attributes.") {
		return a.Name
	}
	return a.Path
}

// hasName is that of the variable that tells whether a custom attribute is there: CEL's has() asks for fields only.
func hasName(a *rules.Attribute) string { return "has_" + a.Name }

func celType(k rules.Kind) *cel.Type {
	return []*cel.Type{cel.StringType, cel.IntType, cel.BoolType, cel.ListType(cel.StringType)}[k]
}

func celPrograms(c *rules.Catalog, names rules.Names, options []cel.EnvOption) ([]cel.Program, error) {
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, err
	}
	programs := make([]cel.Program, len(c.Rules))
	for i, r := range c.Rules {
		text := c.Text(r.Clauses, names)
		for j := range c.Attributes {
			if a := &c.Attributes[j]; a.Optional() {
				text = strings.ReplaceAll(text, "has("+names(j)+")", hasName(a))
			}
		}
		ast, issues := env.Compile(text)
		if issues.Err() != nil {
			return nil, fmt.Errorf("%s: %w", text, issues.Err())
		}
		if programs[i], err = env.Program(ast, cel.EvalOptions(cel.OptOptimize)); err != nil {
			return nil, err
		}
	}
	return programs, nil
}

func (e *celEngine) Prepare(c *rules.Catalog, profiles []rules.Profile) error {
	for i, p := range profiles {
		req := c.Request(p, fmt.Sprint(i))
		values := map[string]any{"customer": req.GetCustomer(), "moment": req.GetMoment()}
		for j := range c.Attributes {
			if a := &c.Attributes[j]; strings.Contains(a.Path, ".attributes.") {
				values[celName(a)], values[hasName(a)] = celValue(a.Kind, p[j]), types.Bool(!p[j].Absent)
			}
		}
		input, err := cel.NewActivation(values)
		if err != nil {
			return err
		}
		e.inputs = append(e.inputs, input)
	}
	return nil
}

func celValue(k rules.Kind, v rules.Value) ref.Val {
	switch k {
	case rules.Number:
		return types.Int(v.Number)
	case rules.Flag:
		return types.Bool(v.Flag)
	case rules.Words:
		return types.NewStringList(types.DefaultTypeAdapter, v.Words)
	default:
		return types.String(v.Word)
	}
}

func (e *celEngine) Match(profile int, into []int32) ([]int32, error) {
	return evalAll(e.programs, e.inputs[profile], into)
}

func evalAll(programs []cel.Program, input cel.Activation, into []int32) ([]int32, error) {
	for i, p := range programs {
		got, _, err := p.Eval(input)
		if err != nil {
			return into, err
		}
		if got == types.True {
			into = append(into, int32(i)) //nolint:gosec // far fewer
		}
	}
	return into, nil
}

// celFlat is cel-go with a variable for each attribute, whose values are wrapped for CEL before the clock starts: its kindest form.
type celFlat struct{ celEngine }

func (e *celFlat) Build(c *rules.Catalog) (err error) {
	var options []cel.EnvOption
	for i := range c.Attributes {
		options = append(options, cel.Variable(c.Flat(i), celType(c.Attributes[i].Kind)))
	}
	e.programs, err = celPrograms(c, c.Flat, options)
	return err
}

func (e *celFlat) Prepare(c *rules.Catalog, profiles []rules.Profile) error {
	for _, p := range profiles {
		values := celValues{}
		for j, v := range p {
			values[c.Flat(j)] = celValue(c.Attributes[j].Kind, v)
		}
		e.inputs = append(e.inputs, values)
	}
	return nil
}

// celValues are variables that are values of CEL already.
type celValues map[string]ref.Val

func (v celValues) ResolveName(name string) (any, bool) {
	x, ok := v[name]
	return x, ok
}

func (v celValues) Parent() cel.Activation { return nil }
