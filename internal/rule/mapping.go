package rule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// MappingPart is one part of a mapping.
type MappingPart string

// The parts of a mapping.
const (
	PartRequestID MappingPart = "request_id"
	PartLet       MappingPart = "let"
	PartCustomer  MappingPart = "customer"
	PartMoment    MappingPart = "moment"
)

// Named is an expression with the name or the field path that it fills.
type Named struct {
	Name, Expression string
}

// MappingSource is a mapping as it was written: CEL expressions that turn the row of a table into a request. They compute with
//
//	row        the columns of the row as text: row.ID, row["Last visit"]
//	run_date   the day of the run, a surprise.v1.Date
//
// the names under Let that stand before them, and number(text), integer(text), date(text, layouts) and days_ago(days). The value null
// leaves a field unset.
type MappingSource struct {
	// RequestID is the expression of request_id; empty: there is none.
	RequestID string
	// Let names values, in order.
	Let []Named
	// Customer and Moment have paths of fields as names, for example "visits.last" or "attributes.kids".
	Customer, Moment []Named
}

// MappingPlace tells which expression of a MappingSource is meant.
type MappingPlace struct {
	Part MappingPart
	// Index counts within the part; -1 means the part as a whole.
	Index int
	// InName says that the name is meant and not the expression.
	InName bool
}

// MappingProblem is one thing that is wrong with a mapping. Line and Column are within the expression.
type MappingProblem struct {
	MappingPlace
	Problem
}

// Mapping turns rows into requests. It is immutable and safe for concurrent use.
type Mapping struct {
	adapter types.Adapter
	lets    []step
	fields  []step
}

// step is one compiled expression of a mapping.
type step struct {
	place   MappingPlace
	name    string // of the let, or the path in the request
	program cel.Program
	uses    []string // the let names that it refers to
	columns []ColumnUse
	target  *target // nil for a let
}

// ColumnUse is a place in a mapping that names a column.
type ColumnUse struct {
	MappingPlace
	// Line and Column are within the expression, as in Problem.
	Line, Column int
	// Name is that of the table's column.
	Name string
}

// Columns returns all uses of columns by their names, in the order of the source.
func (m *Mapping) Columns() []ColumnUse {
	var out []ColumnUse
	for _, steps := range [][]step{m.lets, m.fields} {
		for _, s := range steps {
			out = append(out, s.columns...)
		}
	}
	return out
}

// UndeclaredAttributes returns the paths of the custom attributes that the mapping fills and a catalogue does not declare. Such
// values are ignored, so they are likely misspelt.
func (m *Mapping) UndeclaredAttributes(declared *surprisev1.Attributes) []string {
	var out []string
	for _, s := range m.fields {
		if s.target.key == "" {
			continue
		}
		known := declared.GetCustomer()
		if s.place.Part == PartMoment {
			known = declared.GetMoment()
		}
		if _, ok := known[s.target.key]; !ok {
			out = append(out, s.name)
		}
	}
	return out
}

// CompileMapping checks all expressions against the rows' variables and the request's fields. The mapping is nil if there are problems.
func CompileMapping(src MappingSource) (*Mapping, []MappingProblem, error) {
	env, err := mappingEnv()
	if err != nil {
		return nil, nil, fmt.Errorf("rule: new environment of a mapping: %w", err)
	}
	c := &mappingCompiler{env: env, lets: map[string]bool{}, paths: map[string]string{}}
	for i, l := range src.Let {
		c.let(i, l)
	}
	if src.RequestID != "" {
		c.field(MappingPlace{Part: PartRequestID}, "request_id", src.RequestID)
	}
	c.part(PartCustomer, src.Customer, "id")
	c.part(PartMoment, src.Moment, "stage", "channel")
	if len(c.problems) > 0 {
		return nil, c.problems, nil
	}
	return &Mapping{adapter: env.CELTypeAdapter(), lets: c.letSteps, fields: c.fieldSteps}, nil, nil
}

// mappingCompiler collects what CompileMapping returns.
type mappingCompiler struct {
	env        *cel.Env
	lets       map[string]bool
	paths      map[string]string // of the fields set so far; the value is the path that a message was filled by
	letSteps   []step
	fieldSteps []step
	problems   []MappingProblem
}

func (c *mappingCompiler) problem(place MappingPlace, p Problem) {
	p.Line = max(p.Line, 1)
	c.problems = append(c.problems, MappingProblem{MappingPlace: place, Problem: p})
}

// let compiles a named value and declares its name for what follows, even if it has problems, so that these are told only once.
func (c *mappingCompiler) let(i int, l Named) {
	place := MappingPlace{Part: PartLet, Index: i}
	s, checked := c.compile(place, l.Expression)
	s.name = l.Name
	c.letSteps = append(c.letSteps, s)
	if err := c.checkName(l.Name); err != nil {
		place.InName = true
		c.problem(place, Problem{Message: err.Error()})
		return
	}
	c.lets[l.Name] = true
	env, err := c.env.Extend(cel.Variable(l.Name, typeOf(checked)))
	if err != nil {
		place.InName = true
		c.problem(place, Problem{Message: err.Error()})
		return
	}
	c.env = env
}

func (c *mappingCompiler) checkName(name string) error {
	_, issues := c.env.Compile(name)
	switch {
	case !regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`).MatchString(name):
		return fmt.Errorf("the name %q must be of small letters, digits and _, a letter first", name)
	case c.lets[name]:
		return fmt.Errorf("the name %q is here twice", name)
	case issues.Err() == nil, !strings.Contains(issues.Err().Error(), "undeclared reference"):
		return fmt.Errorf("the name %q has a meaning already; choose another one", name)
	}
	return nil
}

// part compiles the fields of the customer or the moment. Required fields need not be left to the validation of each single row.
func (c *mappingCompiler) part(part MappingPart, fields []Named, required ...string) {
	for i, f := range fields {
		c.field(MappingPlace{Part: part, Index: i}, string(part)+"."+f.Name, f.Expression)
	}
	for _, r := range required {
		if !slices.ContainsFunc(fields, func(f Named) bool { return f.Name == r }) {
			c.problem(MappingPlace{Part: part, Index: -1}, Problem{Message: fmt.Sprintf("%s.%s is missing: no request is valid without it", part, r)})
		}
	}
}

func (c *mappingCompiler) field(place MappingPlace, path, expression string) {
	s, checked := c.compile(place, expression)
	s.name = path
	inName := place
	inName.InName = true
	target, err := findTarget((&surprisev1.RecommendRequest{}).ProtoReflect().Descriptor(), path)
	if err != nil {
		c.problem(inName, asProblem(err))
		return
	}
	if other := c.overlap(path); other != "" {
		c.problem(inName, Problem{Message: fmt.Sprintf("%s and %s fill the same field", path, other), Hint: "keep one of them"})
	}
	if p := target.accepts(typeOf(checked)); p != nil {
		c.problem(place, *p)
	} else if checked != nil && target.field().Enum() != nil {
		c.checkEnum(place, target.field(), checked)
	}
	s.target = target
	c.fieldSteps = append(c.fieldSteps, s)
}

// overlap notes a path and returns another one that is part of it or that it is part of.
func (c *mappingCompiler) overlap(path string) string {
	found := ""
	for other := range c.paths {
		if other == path || strings.HasPrefix(other, path+".") || strings.HasPrefix(path, other+".") {
			found = max(found, other)
		}
	}
	c.paths[path] = path
	return found
}

// hinted is an error with the fix.
type hinted struct{ message, hint string }

func (e *hinted) Error() string { return e.message }

func asProblem(err error) Problem {
	var h *hinted
	if errors.As(err, &h) {
		return Problem{Message: h.message, Hint: h.hint}
	}
	return Problem{Message: err.Error()}
}
