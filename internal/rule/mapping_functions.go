package rule

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/parser"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func dateType() *cel.Type { return cel.ObjectType("surprise.v1.Date") }

// dates makes dates that CEL can compute with.
type dates struct{ adapter types.Adapter }

// mappingFunctions are the functions of a mapping. Numbers are of nullable types, so that "known ? n : null" type-checks.
func mappingFunctions(d dates) []cel.EnvOption {
	double, integer := cel.NullableType(cel.DoubleType), cel.NullableType(cel.IntType)
	text, layouts := cel.StringType, cel.ListType(cel.StringType)
	return []cel.EnvOption{
		cel.Function("number",
			cel.Overload("number_string", []*cel.Type{text}, double, cel.UnaryBinding(func(s ref.Val) ref.Val { return number(s, nil) })),
			cel.Overload("number_string_default", []*cel.Type{text, double}, double, cel.BinaryBinding(number))),
		cel.Function("integer",
			cel.Overload("integer_string", []*cel.Type{text}, integer, cel.UnaryBinding(func(s ref.Val) ref.Val { return wholeNumber(s, nil) })),
			cel.Overload("integer_string_default", []*cel.Type{text, integer}, integer, cel.BinaryBinding(wholeNumber))),
		cel.Function("date",
			cel.Overload("date_string", []*cel.Type{text}, dateType(), cel.UnaryBinding(func(s ref.Val) ref.Val { return d.parse(s, isoLayouts()) })),
			cel.Overload("date_string_layouts", []*cel.Type{text, layouts}, dateType(), cel.BinaryBinding(d.parse))),
		cel.Function("@days_before",
			cel.Overload("days_before_date", []*cel.Type{dateType(), integer}, dateType(), cel.BinaryBinding(d.daysBefore))),
		cel.Macros(cel.GlobalMacro("days_ago", 1, func(eh parser.ExprHelper, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
			return eh.NewCall("@days_before", eh.NewIdent(runDateVariable), args[0]), nil
		})),
	}
}

// number reads a decimal number. The default, if any, stands in for an empty text only: what is there and no number is an error.
func number(s, def ref.Val) ref.Val {
	text := strings.TrimSpace(string(s.(types.String)))
	if text == "" && def != nil {
		return def
	}
	f, ok := decimal(text)
	if !ok {
		return notA("number", text)
	}
	return types.Double(f)
}

// wholeNumber is number for whole ones. "12.0" is one too: spreadsheets write them so.
func wholeNumber(s, def ref.Val) ref.Val {
	text := strings.TrimSpace(string(s.(types.String)))
	if text == "" && def != nil {
		return def
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return types.Int(n)
	}
	f, ok := decimal(text)
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return notA("whole number", text)
	}
	return types.Int(f)
}

// decimal leaves out what strconv reads besides: hexadecimal digits, underscores, infinity and NaN.
func decimal(text string) (float64, bool) {
	if strings.Trim(text, "0123456789.+-eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && !math.IsInf(f, 0)
}

func notA(what, text string) ref.Val {
	if text == "" {
		return types.NewErr("the text is empty, not a %s; a default can stand in for it", what)
	}
	return types.NewErr("%s is not a %s", quoted(text), what)
}

// quoted shows a value of a table, shortened.
func quoted(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return strconv.Quote(string(r[:most])) + "..."
	}
	return strconv.Quote(text)
}

func isoLayouts() ref.Val {
	return types.NewStringList(types.DefaultTypeAdapter, []string{"YYYY-MM-DD"})
}

// parse reads a day in the first layout that fits.
func (d dates) parse(s, layouts ref.Val) ref.Val {
	text := strings.TrimSpace(string(s.(types.String)))
	var tried []string
	for it := layouts.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		name := fmt.Sprint(it.Next().Value())
		l, err := parseLayout(name)
		if err != nil {
			return types.NewErr("%s", err)
		}
		tried = append(tried, name)
		year, month, day, ok := l.read(text)
		if !ok {
			continue
		}
		if _, err := midnight(year, month, day); err != nil {
			return types.NewErr("%s, read as %s, is not a day of the calendar", quoted(text), name)
		}
		return d.value(year, month, day)
	}
	return types.NewErr("%s is not a date of the form %s", quoted(text), strings.Join(tried, " or "))
}

// maxDaysAgo is about 300 years: more is surely not a number of days.
const maxDaysAgo = 110_000

func (d dates) daysBefore(date, days ref.Val) ref.Val {
	n, ok := days.(types.Int)
	if !ok {
		return types.NullValue // an unknown number of days is an unknown date
	}
	if n < 0 || n > maxDaysAgo {
		return types.NewErr("days_ago: %d is not between 0 and %d", n, maxDaysAgo)
	}
	t, err := asDate(date)
	if err != nil {
		return types.NewErr("days_ago: %s", err)
	}
	year, month, day := t.Add(-time.Duration(n) * 24 * time.Hour).Date()
	return d.value(year, int(month), day)
}

func (d dates) value(year, month, day int) ref.Val {
	return d.adapter.NativeToValue(&surprisev1.Date{Year: int32(year), Month: int32(month), Day: int32(day)}) //nolint:gosec // a calendar date fits
}
