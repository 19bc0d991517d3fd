package rule

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/parser"
)

const (
	occasionPrefix = "@occasion:"
	daysToPrefix   = "@days_to:"
)

// DaysTo returns the days from today to the next day of an occasion, 0 on the day itself; ok is false where that is not known.
type DaysTo func(occasion string) (days int, ok bool)

// occasionOptions declares occasion("name") and days_to("name") for the occasions of a catalogue.
func (s *Set) occasionOptions() []cel.EnvOption {
	known := make(map[string]bool, len(s.schema.Occasions))
	opts := []cel.EnvOption{cel.Macros(s.occasionMacro("occasion", occasionPrefix, known), s.occasionMacro("days_to", daysToPrefix, known))}
	for _, n := range s.schema.Occasions {
		known[n] = true
		opts = append(opts, cel.Variable(occasionPrefix+n, cel.BoolType), cel.Variable(daysToPrefix+n, cel.IntType))
	}
	return opts
}

// occasionMacro turns a call into a variable, which Facts looks up when it is asked for.
func (s *Set) occasionMacro(function, prefix string, known map[string]bool) cel.Macro {
	return cel.GlobalMacro(function, 1, func(eh parser.ExprHelper, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		name, ok := stringLiteral(args[0])
		if !ok {
			return nil, eh.NewError(args[0].ID(), function+`() takes a name in quotes, for example `+function+`("birthday")`)
		}
		if known[name] {
			return eh.NewIdent(prefix + name), nil
		}
		msg := fmt.Sprintf("occasion %q does not exist", name)
		if hint := s.schema.Speller.DidYouMean(name, func() []string { return s.schema.Occasions }); hint != "" {
			msg += ", " + hint
		}
		return nil, eh.NewError(args[0].ID(), msg)
	})
}

// SetDaysTo tells the facts how to look occasions up, before any rule is asked. Without it no occasion is known.
func (f *Facts) SetDaysTo(d DaysTo) {
	f.daysTo = d
	clear(f.days)
}

// daysMemo is what was found of one occasion.
type daysMemo struct {
	asked, known bool
	days         int
}

// daysToOccasion asks for an occasion, by its place in the schema, once for each request.
func (f *Facts) daysToOccasion(index int) (days int, known bool) {
	for len(f.days) <= index {
		f.days = append(f.days, daysMemo{})
	}
	m := &f.days[index]
	if !m.asked && f.daysTo != nil {
		m.days, m.known = f.daysTo(f.set.schema.Occasions[index])
		m.asked = true
	}
	return m.days, m.known
}

// occasion resolves the variables of the macros. A day that is not known is no occasion, and how far it is an error.
func (f *Facts) occasion(variable string) (any, bool) {
	name, isOccasion := strings.CutPrefix(variable, occasionPrefix)
	if !isOccasion {
		var isDays bool
		if name, isDays = strings.CutPrefix(variable, daysToPrefix); !isDays {
			return nil, false
		}
	}
	index, declared := f.set.occasions[name]
	if !declared {
		return nil, false
	}
	switch days, known := f.daysToOccasion(index); {
	case isOccasion:
		return types.Bool(known && days == 0), true
	case !known:
		return types.NewErr("days_to(%q): the day is not known", name), true
	default:
		return types.Int(days), true
	}
}
