package rule

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/parser"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	segmentPrefix       = "@segment:"
	todayVariable       = "@today"
	daysBetweenFunction = "@days_between"
)

var errDateNotSet = errors.New("days_since: the date is not set")

// Set is the rule language of one catalogue: its attributes and its segments. It is safe for concurrent use once it is made: rules add
// to what is interned only.
type Set struct {
	env      *cel.Env
	schema   Schema
	fields   *fields
	interned *interned
	clauses  *clauses
	segments map[string]*Rule
	// customers and moments are what the schema declares, ready for requests.
	customers, moments *declarations
	// occasions are the places of the schema's occasions.
	occasions map[string]int
	// segmentNames are those of all segments, broken ones too; these and the names of the attributes are in order.
	segmentNames, customerNames, momentNames []string
}

// NewSet compiles the segments. The problems of each segment are in the map under its name; a segment that has any is left out,
// and whatever uses it has a problem too.
func NewSet(schema Schema, segments map[string]string) (*Set, map[string][]Problem, error) {
	return NewSetContext(context.Background(), schema, segments)
}

// NewSetContext is NewSet that ends with the context's error once that is done.
func NewSetContext(ctx context.Context, schema Schema, segments map[string]string) (*Set, map[string][]Problem, error) {
	s := &Set{schema: schema, fields: newFields(), interned: newInterned(), clauses: newClauses(), segments: make(map[string]*Rule, len(segments)), occasions: map[string]int{},
		segmentNames: keys(segments), customerNames: names(schema.Customer), momentNames: names(schema.Moment)}
	if schema.Speller == nil {
		s.schema.Speller = surprise.NewSpeller(maxHints)
	}
	s.customers = newDeclarations(customerAttributes, 0, schema.Customer)
	s.moments = newDeclarations(momentAttributes, len(schema.Customer), schema.Moment)
	for i, name := range schema.Occasions {
		s.occasions[name] = i
	}
	env, err := cel.NewEnv(s.options(segments)...)
	if err != nil {
		return nil, nil, fmt.Errorf("rule: new environment: %w", err)
	}
	s.env = env
	problems := s.compileSegments(ctx, segments)
	if ctx.Err() != nil {
		return nil, nil, fmt.Errorf("rule: compile segments: %w", ctx.Err())
	}
	return s, problems, nil
}

// Segment returns the rule of a segment, or nil where there is none or it is broken.
func (s *Set) Segment(name string) *Rule { return s.segments[name] }

func (s *Set) options(segments map[string]string) []cel.EnvOption {
	opts := []cel.EnvOption{
		cel.Container("surprise.v1"),
		cel.Types(&surprisev1.CustomerProfile{}, &surprisev1.Moment{}),
		cel.Variable("customer", cel.ObjectType("surprise.v1.CustomerProfile")),
		cel.Variable("moment", cel.ObjectType("surprise.v1.Moment")),
		cel.Variable("now", cel.TimestampType),
		cel.Variable(todayVariable, cel.ObjectType("surprise.v1.Date")),
		cel.Macros(s.segmentMacro(segments), daysSinceMacro()),
		cel.EnableMacroCallTracking(), // explanations write macros as they were written
		daysBetween(),
		cel.ParserExpressionSizeLimit(MaxSourceLen),
		cel.ParserRecursionLimit(100),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
	}
	opts = append(opts, s.occasionOptions()...)
	for name := range segments {
		opts = append(opts, cel.Variable(segmentPrefix+name, cel.BoolType))
	}
	for name, t := range s.schema.Customer {
		opts = append(opts, cel.Variable("customer.attributes."+name, celType(t)))
	}
	for name, t := range s.schema.Moment {
		opts = append(opts, cel.Variable("moment.attributes."+name, celType(t)))
	}
	return opts
}

// segmentMacro turns segment("vip") into a variable, which Facts evaluates when it is asked for.
func (s *Set) segmentMacro(segments map[string]string) cel.Macro {
	return cel.GlobalMacro("segment", 1, func(eh parser.ExprHelper, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		name, ok := stringLiteral(args[0])
		if !ok {
			return nil, eh.NewError(args[0].ID(), `segment() takes a name in quotes, for example segment("vip")`)
		}
		if _, ok := segments[name]; !ok {
			return nil, eh.NewError(args[0].ID(), s.missingSegment(name))
		}
		return eh.NewIdent(segmentPrefix + name), nil
	})
}

func (s *Set) missingSegment(name string) string {
	msg := fmt.Sprintf("segment %q does not exist", name)
	if hint := s.schema.Speller.DidYouMean(name, func() []string { return s.segmentNames }); hint != "" {
		msg += ", " + hint
	}
	return msg
}

func stringLiteral(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().Value().(string)
	return s, ok
}

// daysSinceMacro turns days_since(date) into the days between the date and today.
func daysSinceMacro() cel.Macro {
	return cel.GlobalMacro("days_since", 1, func(eh parser.ExprHelper, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		return eh.NewCall(daysBetweenFunction, args[0], eh.NewIdent(todayVariable)), nil
	})
}

func daysBetween() cel.EnvOption {
	date := cel.ObjectType("surprise.v1.Date")
	return cel.Function(daysBetweenFunction, cel.Overload("days_between_dates", []*cel.Type{date, date}, cel.IntType,
		cel.BinaryBinding(func(from, to ref.Val) ref.Val {
			a, errA := asDate(from)
			b, errB := asDate(to)
			if errA != nil || errB != nil {
				return types.WrapErr(errDateNotSet)
			}
			return types.Int(daysFrom(a, b))
		})))
}

func keys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// compileSegments compiles each segment after those that it uses, and reports cycles.
func (s *Set) compileSegments(ctx context.Context, sources map[string]string) map[string][]Problem {
	problems := map[string][]Problem{}
	done := map[string]bool{}
	var visit func(name string, path []string)
	visit = func(name string, path []string) {
		if done[name] || ctx.Err() != nil {
			return
		}
		for i, p := range path {
			if p == name {
				done[name] = true
				problems[name] = append(problems[name], cycleProblem(append(path[i:], name)))
				return
			}
		}
		r, found := s.compile(sources[name])
		for _, used := range usedSegments(r) {
			visit(used, append(path, name))
		}
		done[name] = true
		if r != nil {
			found = append(found, r.finish()...)
		}
		problems[name] = append(problems[name], found...)
		if r != nil && len(problems[name]) == 0 || onlyWarnings(problems[name]) && r != nil {
			s.segments[name] = r
		}
	}
	for _, name := range s.segmentNames {
		visit(name, nil)
	}
	return problems
}

func cycleProblem(cycle []string) Problem {
	return Problem{Line: 1, Message: "segments use each other in a cycle: " + strings.Join(cycle, " -> ")}
}

func onlyWarnings(ps []Problem) bool {
	for _, p := range ps {
		if !p.Warning {
			return false
		}
	}
	return true
}
