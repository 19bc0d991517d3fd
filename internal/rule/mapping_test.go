package rule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// minimal has what every mapping must have.
func minimal(more ...Named) MappingSource {
	return MappingSource{
		Customer: append([]Named{{"id", `row.ID`}}, more...),
		Moment:   []Named{{"stage", `"after"`}, {"channel", `"CRM"`}},
	}
}

func compiled(t *testing.T, src MappingSource) *Mapping {
	t.Helper()
	m, problems, err := CompileMapping(src)
	if err != nil || m == nil {
		t.Fatalf("CompileMapping: %v, %v", problems, err)
	}
	return m
}

func runDate() *surprisev1.Date { return &surprisev1.Date{Year: 2014, Month: 7, Day: 1} }

func TestMappingFillsEveryKindOfField(t *testing.T) {
	m := compiled(t, MappingSource{
		RequestID: `"crm-" + row.ID`,
		Let:       []Named{{"spent", `number(row.Wine) + number(row.Meat)`}, {"rich", `spent > 100.0`}, {"year", `integer(row.Year, null)`}},
		Customer: []Named{
			{"id", `row.ID`},
			{"tier", `rich ? "gold" : ""`},
			{"lifetime_value_minor", `int(spent * 100.0)`},
			{"member_since", `date(row.Since, ["D/M/YYYY", "DD-MM-YYYY"])`},
			{"visits.last", `days_ago(integer(row.Recency))`},
			{"visits.total", `integer(row.Visits)`},
			{"birthday", `Birthday{month: 1, day: 2}`},
			{"satisfaction", `number(row.Rating, null)`},
			{"likes", `(rich ? ["wine"] : []) + [row["Also likes"]]`},
			{"consents.surprises", `row.Consent == "y" ? Consent.GIVEN : Consent.CONSENT_UNSPECIFIED`},
			{"relations", `[Relation{kind: "child", consent: Consent.GIVEN, birthday: Birthday{year: 2010, month: 3, day: 4}}]`},
			{"attributes.kids", `integer(row.Kids)`},
			{"attributes.rich", `rich`},
			{"attributes.words", `["a", row.ID]`},
			{"attributes.year", `year`},
		},
		Moment: []Named{
			{"stage", `"after"`}, {"channel", `"CRM"`}, {"weather.temperature", `integer(row.Degrees)`}, {"time", `timestamp("2014-07-01T12:00:00Z")`},
		},
	})
	got, errs := m.Request(map[string]string{
		"ID": "7", "Wine": "88.5", "Meat": "100", "Year": "", "Since": "4/9/2012", "Recency": "58", "Visits": "12.0", "Rating": "", "Consent": "y",
		"Kids": "2", "Degrees": "31", "Also likes": "tea",
	}, runDate())
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := &surprisev1.RecommendRequest{}
	if err := protojson.Unmarshal([]byte(`{"request_id": "crm-7", "customer": {
		"id": "7", "tier": "gold", "lifetime_value_minor": 18850, "member_since": {"year": 2012, "month": 9, "day": 4},
		"visits": {"last": {"year": 2014, "month": 5, "day": 4}, "total": 12}, "birthday": {"month": 1, "day": 2}, "consents": {"surprises": "GIVEN"}, "likes": ["wine", "tea"],
		"relations": [{"kind": "child", "consent": "GIVEN", "birthday": {"year": 2010, "month": 3, "day": 4}}],
		"attributes": {"kids": 2, "rich": true, "words": ["a", "7"]}},
		"moment": {"stage": "after", "channel": "CRM", "weather": {"temperature": 31}, "time": "2014-07-01T12:00:00Z"}}`), want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestMappingProblems(t *testing.T) {
	let := func(name, expression string) MappingSource {
		src := minimal()
		src.Let = []Named{{name, expression}}
		return src
	}
	for _, test := range []struct {
		name string
		src  MappingSource
		want string
	}{
		{"misspelt field", minimal(Named{"tierr", `"gold"`}), `customer[1] name 1:0 CustomerProfile has no field "tierr" [did you mean "tier"?]`},
		{"misspelt below", minimal(Named{"visits.las", `run_date`}), `customer[1] name 1:0 Visits has no field "las" [did you mean "last"?]`},
		{"below a scalar", minimal(Named{"tier.name", `"x"`}), `customer[1] name 1:0 tier has no fields of its own [write customer.tier]`},
		{"no attribute", minimal(Named{"attributes", `"x"`}), `customer[1] name 1:0 customer.attributes names no custom attribute`},
		{"attribute of a wrong name", minimal(Named{"attributes.Kids", `"x"`}), `customer[1] name 1:0 customer.attributes.Kids names no custom attribute`},
		{"same field twice", minimal(Named{"visits", `Visits{total: 1}`}, Named{"visits.total", `1`}), `customer[2] name 1:0 customer.visits.total and customer.visits fill the same field`},
		{"text for a number", minimal(Named{"open_complaints", `row.C`}), `customer[1] 1:0 open_complaints is of type int32, the expression is of type string [write integer(...)]`},
		{"double for an int", minimal(Named{"lifetime_value_minor", `number(row.C)`}), `customer[1] 1:0 lifetime_value_minor is of type int64, the expression is of type wrapper(double) [write int(...)]`},
		{"text for a date", minimal(Named{"member_since", `row.C`}), `customer[1] 1:0 member_since is of type Date, the expression is of type string [write date(..., ["YYYY-MM-DD"])]`},
		{"birthday for a date", minimal(Named{"member_since", `Birthday{month: 1}`}), `customer[1] 1:0 member_since is of type Date, the expression is of type surprise.v1.Birthday`},
		{"text for a list", minimal(Named{"likes", `"tea"`}), `customer[1] 1:0 likes is a list of string, the expression is of type string [write [...] around it]`},
		{"list of numbers", minimal(Named{"likes", `[1]`}), `customer[1] 1:0 likes is a list of string, the expression is of type list(int)`},
		{"unknown enum value", minimal(Named{"consents.surprises", `row.A == "" ? "GIVN" : "WITHHELD"`}), `customer[1] 1:14 Consent has no value "GIVN"; it has GIVEN, WITHHELD [did you mean "GIVEN"?]`},
		{"value of another enum", minimal(Named{"consents.surprises", `Channel.POS`}), `customer[1] 1:7 Channel.POS is not of the enum Consent`},
		{"date for an attribute", minimal(Named{"attributes.since", `run_date`}), `customer[1] 1:0 a custom attribute is a text, a number, a bool or a list of texts`},
		{"message literal", minimal(Named{"birthday", `Birthday{moth: 1}`}), `customer[1] 1:13 undefined field 'moth'`},
		{"bare text", minimal(Named{"tier", `afterwards`}), `customer[1] 1:0 undeclared reference to 'afterwards' [for the text itself write '"afterwards"']`},
		{"misspelt function", minimal(Named{"open_complaints", `intger(row.C)`}), `customer[1] 1:6 undeclared reference to 'intger' [did you mean "integer"?]`},
		{"misspelt row", minimal(Named{"tier", `rwo.ID`}), `customer[1] 1:0 undeclared reference to 'rwo' [did you mean "row"?]`},
		{"null beside a number", minimal(Named{"visits.total", `row.A == "" ? null : 1`}), `customer[1] 1:12 found no matching overload for '_?_:_' applied to '(bool, null, int)' [write dyn(...) around`},
		{"empty", minimal(Named{"tier", ` `}), `customer[1] 1:0 the expression is empty`},
		{"layout", minimal(Named{"member_since", `date(row.A, ["D/M/YY"])`}), `customer[1] 1:13 "D/M/YY" is no layout of a date`},
		{"syntax", minimal(Named{"tier", `"gold`}), `customer[1] 1:0 `},
		{"let: used before", MappingSource{Let: []Named{{"a", `b_value + 1`}, {"b_value", `1`}}, Customer: minimal().Customer, Moment: minimal().Moment}, `let[0] 1:0 undeclared reference to 'b_value'`},
		{"let: taken", let("row", `1`), `let[0] name 1:0 the name "row" has a meaning already`},
		{"let: keyword", let("for", `1`), `let[0] name 1:0 the name "for" has a meaning already`},
		{"let: type", let("int", `1`), `let[0] name 1:0 the name "int" has a meaning already`},
		{"let: capital", let("Wine", `1`), `let[0] name 1:0 the name "Wine" must be of small letters`},
		{"let: unfit in use", MappingSource{Let: []Named{{"a", `row.A`}}, Customer: append(minimal().Customer, Named{"visits.total", `a`}), Moment: minimal().Moment}, `customer[1] 1:0 total is of type int32, the expression is of type string`},
		{"request id", MappingSource{RequestID: `1`, Customer: minimal().Customer, Moment: minimal().Moment}, `request_id[0] 1:0 request_id is of type string, the expression is of type int [write string(...)]`},
		{"nothing", MappingSource{}, `customer[-1] 1:0 customer.id is missing`},
	} {
		m, problems, err := CompileMapping(test.src)
		if err != nil || m != nil || len(problems) == 0 {
			t.Errorf("%s: got %v, %v, want a problem", test.name, problems, err)
			continue
		}
		if got := describeMappingProblem(problems[0]); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func describeMappingProblem(p MappingProblem) string {
	s := fmt.Sprintf("%s[%d] ", p.Part, p.Index)
	if p.InName {
		s += "name "
	}
	s += fmt.Sprintf("%d:%d %s", p.Line, p.Column, p.Message)
	if p.Hint != "" {
		s += " [" + p.Hint + "]"
	}
	return s
}

func TestMappingReportsAllProblemsOnce(t *testing.T) {
	_, problems, _ := CompileMapping(MappingSource{
		Let:      []Named{{"bad", `rwo.X`}, {"fine", `bad`}},
		Customer: []Named{{"id", `fine`}, {"tier", `1`}},
		Moment:   []Named{{"stage", `bad`}},
	})
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%s[%d] %s", p.Part, p.Index, p.Message))
	}
	want := []string{
		"let[0] undeclared reference to 'rwo'", "customer[1] tier is of type string, the expression is of type int",
		"moment[-1] moment.channel is missing: no request is valid without it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestMappingValues(t *testing.T) {
	for _, test := range []struct{ field, expression, value, want string }{
		{"lifetime_value_minor", `int(number(row.X))`, " 12.9 ", `12`},
		{"lifetime_value_minor", `int(number(row.X))`, "1e3", `1000`},
		{"lifetime_value_minor", `int(number(row.X))`, "abc", `error: "abc" is not a number (column X = "abc")`},
		{"lifetime_value_minor", `int(number(row.X))`, "0x10", `error: "0x10" is not a number`},
		{"lifetime_value_minor", `int(number(row.X))`, "1,5", `error: "1,5" is not a number`},
		{"lifetime_value_minor", `int(number(row.X))`, "NaN", `error: "NaN" is not a number`},
		{"lifetime_value_minor", `int(number(row.X))`, "1e999", `error: "1e999" is not a number`},
		{"lifetime_value_minor", `int(number(row.X))`, "", `error: the text is empty, not a number; a default can stand in for it (column X = "")`},
		{"lifetime_value_minor", `int(number(row.X, 3.0))`, " ", `3`},
		{"lifetime_value_minor", `int(number(row.X, 3.0))`, "abc", `error: "abc" is not a number`},
		{"satisfaction", `number(row.X, null)`, "", ``},
		{"satisfaction", `number(row.X, null)`, "0.5", `0.5`},
		{"satisfaction", `row.X == "" ? null : dyn(number(row.X) / 10.0)`, "5", `0.5`},
		{"visits.total", `integer(row.X)`, "12", `12`},
		{"visits.total", `integer(row.X)`, "12.0", `12`},
		{"visits.total", `integer(row.X)`, "12.5", `error: "12.5" is not a whole number`},
		{"visits.total", `integer(row.X)`, "3000000000", `error: 3000000000 is too large for this field (column X = "3000000000")`},
		{"visits.total", `integer(row.X, 7)`, "", `7`},
		{"visits.total", `integer(row.X, null)`, "", ``},
		{"visits.total", `integer(row.X) > 5 ? integer(row.X) : null`, "3", ``},
		{"visits.total", `integer(row.Y)`, "3", `error: no such key: Y`},
		{"member_since", `date(row.X, ["D/M/YYYY", "DD-MM-YYYY"])`, "4/9/2012", `2012-9-4`},
		{"member_since", `date(row.X, ["D/M/YYYY", "DD-MM-YYYY"])`, "21-08-2013", `2013-8-21`},
		{"member_since", `date(row.X, ["D/M/YYYY", "DD-MM-YYYY"])`, "1-08-2013", `error: "1-08-2013" is not a date of the form D/M/YYYY or DD-MM-YYYY (column X = "1-08-2013")`},
		{"member_since", `date(row.X, ["D/M/YYYY", "DD-MM-YYYY"])`, "30/2/2013", `error: "30/2/2013", read as D/M/YYYY, is not a day of the calendar`},
		{"member_since", `date(row.X, ["D/M/YYYY"])`, "4/9/2012 10:00", `error: "4/9/2012 10:00" is not a date of the form D/M/YYYY`},
		{"member_since", `date(row.X, ["YYYYMMDD"])`, "20120904", `2012-9-4`},
		{"member_since", `date(row.X)`, "2012-09-04", `2012-9-4`},
		{"member_since", `row.X == "" ? null : date(row.X)`, "", ``},
		{"member_since", `days_ago(integer(row.X))`, "31", `2014-5-31`},
		{"member_since", `days_ago(integer(row.X, null))`, "", ``},
		{"member_since", `days_ago(integer(row.X))`, "-1", `error: days_ago: -1 is not between 0 and 110000`},
		{"member_since", `run_date`, "", `2014-7-1`},
		{"consents.surprises", `row.X`, "GIVEN", `1`},
		{"consents.surprises", `row.X`, "given", `error: Consent has no value "given"; it has GIVEN, WITHHELD`},
		{"attributes.n", `integer(row.X)`, "9007199254740993", `error: 9007199254740993 is too large for a custom attribute`},
		{"attributes.n", `row.X == "" ? dyn(1) : dyn(run_date)`, "x", `error: a custom attribute cannot be of type surprise.v1.Date`},
		{"tier", `row.X == "" ? dyn(1) : dyn(run_date)`, "x", `error: the field is of type string, the value is of type surprise.v1.Date`},
		{"tier", `row.X`, strings.Repeat("x", 100), strings.Repeat("x", 100)},
		{"visits.total", `integer(row.X)`, strings.Repeat("x", 100), `error: "` + strings.Repeat("x", 60) + `"... is not`},
	} {
		m := compiled(t, minimal(Named{test.field, test.expression}))
		req, errs := m.Request(map[string]string{"ID": "1", "X": test.value}, runDate())
		got := show(req, test.field)
		if len(errs) > 0 {
			got = "error: " + errs[0].Message
			if errs[0].Field != "customer."+test.field {
				t.Errorf("%s of %q: the error names %s", test.expression, test.value, errs[0].Field)
			}
		}
		if exact := !strings.HasPrefix(test.want, "error"); exact && got != test.want || !strings.HasPrefix(got, test.want) {
			t.Errorf("%s of %q:\n got %s\nwant %s", test.expression, test.value, got, test.want)
		}
	}
}

// show prints one field of the customer; nothing where it is unset.
func show(req *surprisev1.RecommendRequest, path string) string {
	target, err := findTarget(req.ProtoReflect().Descriptor(), "customer."+path)
	if err != nil {
		return err.Error()
	}
	m := req.ProtoReflect()
	for _, f := range target.path[:len(target.path)-1] {
		m = m.Get(f).Message()
	}
	if !m.Has(target.field()) {
		return ""
	}
	if d, ok := m.Get(target.field()).Interface().(interface{ Interface() any }); ok {
		return fmt.Sprint(d)
	}
	if target.field().Message() != nil {
		if d, ok := m.Get(target.field()).Message().Interface().(*surprisev1.Date); ok {
			return fmt.Sprintf("%d-%d-%d", d.GetYear(), d.GetMonth(), d.GetDay())
		}
	}
	return m.Get(target.field()).String()
}

func TestMappingReportsAllErrorsOfARow(t *testing.T) {
	src := minimal(Named{"open_complaints", `integer(row.C)`}, Named{"visits.total", `n`}, Named{"tier", `row.T`})
	src.Let = []Named{{"n", `integer(row.N)`}}
	req, errs := compiled(t, src).Request(map[string]string{"ID": "1", "C": "x", "N": "y", "T": "gold"}, runDate())
	want := []RowError{
		{Field: "let.n", Message: `"y" is not a whole number (column N = "y")`},
		{Field: "customer.open_complaints", Message: `"x" is not a whole number (column C = "x")`},
	}
	if diff := cmp.Diff(want, errs); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if req.GetCustomer().GetTier() != "gold" {
		t.Errorf("what could be computed is missing: %v", req)
	}
}

func TestMappingCostIsBounded(t *testing.T) {
	ten := `[0,1,2,3,4,5,6,7,8,9]`
	m := compiled(t, minimal(Named{"attributes.n", ten + `.all(a, ` + ten + `.all(b, ` + ten + `.all(c, ` + ten + `.all(d, ` + ten + `.all(e, true)))))`}))
	if _, errs := m.Request(map[string]string{"ID": "1"}, runDate()); len(errs) != 1 || !strings.Contains(errs[0].Message, "cost limit") {
		t.Errorf("got %v, want the cost limit", errs)
	}
}

func TestMappingColumns(t *testing.T) {
	src := minimal(Named{"tier", "has(row.Maybe)\n  ? row['Last visit'] : row.T"})
	src.Let = []Named{{"n", `integer(row.N)`}}
	var got []string
	for _, c := range compiled(t, src).Columns() {
		got = append(got, fmt.Sprintf("%s[%d] %d:%d %s", c.Part, c.Index, c.Line, c.Column, c.Name))
	}
	want := []string{"let[0] 1:8 N", "customer[0] 1:0 ID", "customer[1] 2:4 Last visit", "customer[1] 2:24 T"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

func TestMappingUndeclaredAttributes(t *testing.T) {
	m := compiled(t, minimal(Named{"attributes.kids", `1`}, Named{"attributes.kid", `1`}))
	got := m.UndeclaredAttributes(&surprisev1.Attributes{Customer: map[string]surprisev1.AttributeType{"kids": surprisev1.AttributeType_INT}})
	if diff := cmp.Diff([]string{"customer.attributes.kid"}, got); diff != "" {
		t.Errorf("undeclared (-want +got):\n%s", diff)
	}
}

// FuzzLayout holds date() to its word: whatever the texts, it does not panic, and what it reads is what the layout says.
func FuzzLayout(f *testing.F) {
	f.Add("D/M/YYYY", "4/9/2012")
	f.Add("YYYY-MM-DD", "2012-09-04")
	f.Add("DD.MM.YYYY.", "21.08.2013.")
	f.Fuzz(func(t *testing.T, layout, text string) {
		l, err := parseLayout(layout)
		if err != nil {
			return
		}
		y, m, d, ok := l.read(text)
		if ok && (y < 0 || y > 9999 || m < 0 || m > 99 || d < 0 || d > 99) {
			t.Errorf("%q of %q: got %d-%d-%d", text, layout, y, m, d)
		}
	})
}
