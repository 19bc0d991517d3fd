package rule

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	rowVariable     = "row"
	runDateVariable = "run_date"
)

func mappingEnv() (*cel.Env, error) {
	registry, err := types.NewRegistry(&surprisev1.Date{})
	if err != nil {
		return nil, err
	}
	return cel.NewEnv(append(mappingFunctions(dates{registry}),
		cel.Container("surprise.v1"),
		cel.Types(&surprisev1.RecommendRequest{}),
		cel.Variable(rowVariable, cel.MapType(cel.StringType, cel.StringType)),
		cel.Variable(runDateVariable, dateType()),
		cel.ParserExpressionSizeLimit(MaxSourceLen),
		cel.ParserRecursionLimit(100),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
	)...)
}

// typeOf returns the type of an expression; of one with problems, nil, a type that fits everywhere.
func typeOf(checked *cel.Ast) *cel.Type {
	if checked == nil {
		return cel.DynType
	}
	return checked.OutputType()
}

// compile returns an expression's step, and its checked form if there are no problems.
func (c *mappingCompiler) compile(place MappingPlace, source string) (step, *cel.Ast) {
	s := step{place: place}
	if strings.TrimSpace(source) == "" {
		c.problem(place, Problem{Message: "the expression is empty", Hint: "leave the entry out, or write null"})
		return s, nil
	}
	checked, issues := c.env.Compile(source)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			message := plain(e.Message)
			c.problem(place, Problem{Line: e.Location.Line(), Column: max(e.Location.Column(), 0), Message: message, Hint: c.hint(message, source)})
		}
		return s, nil
	}
	program, err := c.env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(CostLimit))
	if err != nil {
		c.problem(place, Problem{Message: err.Error()})
		return s, nil
	}
	s.program, s.uses, s.columns = program, c.usedLets(checked), columnsOf(checked, place)
	c.checkLayouts(place, checked)
	return s, checked
}

// hint guesses what was meant by an expression that does not compile.
func (c *mappingCompiler) hint(message, source string) string {
	m := undeclaredName.FindStringSubmatch(message)
	switch {
	case strings.Contains(message, "'_?_:_'") && strings.Contains(message, "null"):
		return "write dyn(...) around the value that is not null"
	case m == nil:
		return ""
	}
	known := []string{rowVariable, runDateVariable, "number", "integer", "date", "days_ago", "has", "size", "string", "int", "double"}
	known = append(known, slices.Sorted(maps.Keys(c.lets))...)
	if h := surprise.DidYouMean(m[1], known); h != "" {
		return h
	}
	if regexp.MustCompile(`^\w+$`).MatchString(source) {
		return fmt.Sprintf(`for the text itself write '"%s"'`, source)
	}
	return ""
}

func (c *mappingCompiler) usedLets(checked *cel.Ast) []string {
	var out []string
	visit(checked, func(e ast.Expr) {
		if e.Kind() == ast.IdentKind && c.lets[e.AsIdent()] {
			out = append(out, e.AsIdent())
		}
	})
	return out
}

// columnsOf finds row.NAME and row["NAME"]. What only asks whether there is such a column, has(row.NAME), needs none.
func columnsOf(checked *cel.Ast, place MappingPlace) []ColumnUse {
	var out []ColumnUse
	visit(checked, func(e ast.Expr) {
		row, name, ok := columnOf(e)
		if !ok {
			return
		}
		loc := checked.NativeRep().SourceInfo().GetStartLocation(row.ID())
		out = append(out, ColumnUse{MappingPlace: place, Line: max(loc.Line(), 1), Column: max(loc.Column(), 0), Name: name})
	})
	return out
}

func columnOf(e ast.Expr) (row ast.Expr, name string, ok bool) {
	switch {
	case e.Kind() == ast.SelectKind && !e.AsSelect().IsTestOnly():
		row, name, ok = e.AsSelect().Operand(), e.AsSelect().FieldName(), true
	case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.Index:
		row = e.AsCall().Args()[0]
		name, ok = stringLiteral(e.AsCall().Args()[1])
	}
	return row, name, ok && isRow(row)
}

func isRow(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == rowVariable }

// checkLayouts reads the layouts of date() that are written out, so that a slip in one is not left to the rows.
func (c *mappingCompiler) checkLayouts(place MappingPlace, checked *cel.Ast) {
	visit(checked, func(e ast.Expr) {
		if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != "date" || len(e.AsCall().Args()) != 2 {
			return
		}
		layouts := e.AsCall().Args()[1]
		if layouts.Kind() != ast.ListKind {
			return
		}
		for _, l := range layouts.AsList().Elements() {
			text, ok := stringLiteral(l)
			if !ok {
				continue
			}
			if _, err := parseLayout(text); err != nil {
				loc := checked.NativeRep().SourceInfo().GetStartLocation(l.ID())
				c.problem(place, Problem{Line: loc.Line(), Column: loc.Column(), Message: err.Error()})
			}
		}
	})
}
