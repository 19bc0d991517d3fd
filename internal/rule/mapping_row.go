package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types/ref"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// RowError is one value of a row that cannot become part of a request.
type RowError struct {
	// Field is the path in the request, or "let.NAME".
	Field string
	// Message names the columns and their values.
	Message string
}

// Error names the field and says what is wrong.
func (e RowError) Error() string { return e.Field + ": " + e.Message }

// Request computes the request of a row. With errors, it has what could be computed. RunDate is what run_date and days_ago count from.
func (m *Mapping) Request(row map[string]string, runDate *surprisev1.Date) (*surprisev1.RecommendRequest, []RowError) {
	f := &rowFacts{values: map[string]ref.Val{
		rowVariable:     m.adapter.NativeToValue(row),
		runDateVariable: m.adapter.NativeToValue(runDate),
	}}
	var errs []RowError
	failed := map[string]bool{}
	for _, s := range m.lets {
		v, err := s.eval(f, row, failed)
		if err != nil {
			failed[s.name] = true
			errs = append(errs, rowErrors("let."+s.name, err)...)
			continue
		}
		f.values[s.name] = v
	}
	// Both are always there: neither is optional in a request.
	req := &surprisev1.RecommendRequest{Customer: &surprisev1.CustomerProfile{}, Moment: &surprisev1.Moment{}}
	for _, s := range m.fields {
		v, err := s.eval(f, row, failed)
		if err == nil {
			err = s.explain(s.target.set(req.ProtoReflect(), v), row)
		}
		errs = append(errs, rowErrors(s.name, err)...)
	}
	return req, errs
}

// errFollows says that an expression cannot be computed because of an error that is known already.
var errFollows = errors.New("uses a name that has an error")

func rowErrors(field string, err error) []RowError {
	if err == nil || errors.Is(err, errFollows) {
		return nil
	}
	return []RowError{{Field: field, Message: err.Error()}}
}

func (s *step) eval(f *rowFacts, row map[string]string, failed map[string]bool) (ref.Val, error) {
	if slices.ContainsFunc(s.uses, func(name string) bool { return failed[name] }) {
		return nil, errFollows
	}
	v, _, err := s.program.Eval(f)
	if err != nil {
		return nil, s.explain(err, row)
	}
	return v, nil
}

// explain adds the columns that the expression reads, with their values. Otherwise "is not a number" would not say where.
func (s *step) explain(err error, row map[string]string) error {
	if err == nil {
		return nil
	}
	message := strings.TrimPrefix(evalError(err).Error(), "rule: ")
	var read []string
	for _, c := range s.columns {
		if text := fmt.Sprintf("column %s = %s", c.Name, quoted(row[c.Name])); !slices.Contains(read, text) {
			read = append(read, text)
		}
	}
	if len(read) > 0 {
		message += " (" + strings.Join(read, ", ") + ")"
	}
	return errors.New(message)
}

// rowFacts has the values of one row, for one goroutine.
type rowFacts struct {
	values map[string]ref.Val
}

// ResolveName returns the value of a variable to CEL.
func (f *rowFacts) ResolveName(name string) (any, bool) {
	v, ok := f.values[name]
	return v, ok
}

// Parent returns nil: rows stand alone.
func (f *rowFacts) Parent() cel.Activation { return nil }
