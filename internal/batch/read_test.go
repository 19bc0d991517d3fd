package batch

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// readAll describes every entry: its line and its id or what is wrong.
func readAll(t *testing.T, src Source) []string {
	t.Helper()
	var out []string
	for {
		e, err := src.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			return append(out, "stopped: "+err.Error())
		}
		req, err := e.decode()
		if err != nil {
			out = append(out, fmt.Sprintf("%d %s error: %s", e.Line, req.GetRequestId(), failureOf(err).Message))
			continue
		}
		out = append(out, fmt.Sprintf("%d %s", e.Line, req.GetRequestId()))
	}
}

func TestJSONReaders(t *testing.T) {
	const a, b = `{"request_id": "a"}`, `{"requestId": "b"}`
	huge := `{"request_id": "` + strings.Repeat("x", 5<<20) + `"}`
	for _, test := range []struct {
		name, in string
		read     func(io.Reader) Source
		want     []string
	}{
		{"lines", a + "\n" + b + "\n", NewJSONLines, []string{"1 a", "2 b"}},
		{"no line end at the end", a + "\n" + b, NewJSONLines, []string{"1 a", "2 b"}},
		{"byte order mark and CRLF", "\ufeff" + a + "\r\n" + b + "\r\n", NewJSONLines, []string{"1 a", "2 b"}},
		{"empty lines", "\n\n" + a + "\n  \n" + b + "\n\n", NewJSONLines, []string{"3 a", "5 b"}},
		{"nothing", "", NewJSONLines, nil},
		{"only a mark", "\ufeff", NewJSONLines, nil},
		{"truncated", `{"request_id": "a"` + "\n" + b, NewJSONLines, []string{`1 a error: the JSON ends too early`, "2 b"}},
		{"no JSON", "hello\n" + b, NewJSONLines, []string{`1  error: column 1: invalid value hello`, "2 b"}},
		{"unknown field", `{"request_id": "a", "custmer": {}}` + "\n" + b, NewJSONLines, []string{`1 a error: column 21: unknown field "custmer"`, "2 b"}},
		{"wrong type", `{"requestId": "a", "customer": {"id": 7}}`, NewJSONLines, []string{`1 a error: column 39: invalid value for string field id: 7`}},
		{"bytes that are no UTF-8", "{\"request_id\": \"\xff\"}\n" + b, NewJSONLines, []string{`1  error: byte 17 is not valid UTF-8; save the file as UTF-8`, "2 b"}},
		{"5 MB in a line", huge + "\n" + b, NewJSONLines, []string{"1  error: the line has more than 4193280 bytes, the most for one request", "2 b"}},
		{"5 MB in the last line", b + "\n" + huge, NewJSONLines, []string{"1 b", "2  error: the line has more than 4193280 bytes, the most for one request"}},

		{"any: lines", a + "\n" + b, NewAnyJSON, []string{"1 a", "2 b"}},
		{"any: one line", "\ufeff" + a, NewAnyJSON, []string{"1 a"}},
		{"any: a mark that is not at the start", "\n\ufeff{\n  \"request_id\":\n  \"a\"\n}\n", NewAnyJSON, []string{"1  error: line 2, column 1: invalid value"}},
		{"any: document with a mark", "\ufeff{\n  \"request_id\":\n  \"a\"\n}\n", NewAnyJSON, []string{"1 a"}},
		{"any: document with an error", "{\n  \"request_id\": \"a\",\n  \"custmer\": {}\n}\n", NewAnyJSON, []string{`1 a error: line 3, column 3: unknown field "custmer"`}},
		{"any: document that ends early", "{\n  \"request_id\": \"a\",\n", NewAnyJSON, []string{`1 a error: the JSON ends too early`}},
		{"any: first line truncated", `{"request_id": "a` + "\n" + b, NewAnyJSON, []string{"1  error: the JSON ends too early", "2 b"}},
		{"any: first line garbage", "hello\n" + b, NewAnyJSON, []string{`1  error: column 1: invalid value hello`, "2 b"}},
		{"any: nothing", " \n", NewAnyJSON, nil},
		{"document of 5 MB", "{\n" + huge[1:], NewJSON, []string{"1  error: the request has more than 4193280 bytes"}},
		{"document, nothing", "", NewJSON, nil},
	} {
		got := readAll(t, test.read(strings.NewReader(test.in)))
		if !sameStart(got, test.want) {
			t.Errorf("%s: (-want +got):\n%s", test.name, cmp.Diff(test.want, got))
		}
	}
}

// sameStart compares, where protojson may word the end of a message differently with its next version.
func sameStart(got, want []string) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if !strings.HasPrefix(strings.ReplaceAll(got[i], "\u00a0", " "), want[i]) {
			return false
		}
	}
	return true
}

const testMapping = `request_id: '"r" + row.ID'
customer:
  id: row.ID
  visits.total: integer(row.Visits)
  tier: row["The tier"]
moment:
  stage: '"after"'
  channel: '"CRM"'
`

func testRunDate() *surprisev1.Date { return &surprisev1.Date{Year: 2014, Month: 7, Day: 1} }

func TestCSVReader(t *testing.T) {
	const head = "ID,Visits,The tier\n"
	for _, test := range []struct {
		name, in string
		want     []string
	}{
		{"rows", head + "1,2,gold\n2,3,\n", []string{"2 r1", "3 r2"}},
		{"mark, CRLF, spaces in the header, no end", "\ufeffID, Visits ,The tier\r\n1,2,gold\r\n2,3,x", []string{"2 r1", "3 r2"}},
		{"empty lines", "\n" + head + "\n1,2,gold\n  \n2,3,x\n\n", []string{"4 r1", "6 r2"}},
		{"another order and more columns", "More,The tier,Visits,ID\nx,gold,2,1\n", []string{"2 r1"}},
		{"ragged", head + "1,2\n2,3,x,y\n3,4,z\n", []string{"2  error: the line has 2 fields, the header has 3", "3  error: the line has 4 fields, the header has 3", "4 r3"}},
		{"bad value", head + "1,two,gold\n2,3,x\n", []string{`2 r1 error: customer.visits.total: "two" is not a whole number (column Visits = "two")`, "3 r2"}},
		{"line end in quotes", head + "1,2,\"go\nld\"\n2,3,x\n", []string{"2 r1", "4 r2"}},
		{"quotes in quotes", head + `1,2,"a ""b"" c"` + "\n", []string{"2 r1"}},
		{"stray quote", head + "1,2,go\"ld\n2,3,x\n", []string{`2  error: column 7: bare " in non-quoted-field`, "3 r2"}},
		{"quote that is not closed", head + "1,2,\"gold\n2,3,x\n3,4,y\n", []string{`2  error: a quote (") is opened and not closed`, "3 r2", "4 r3"}},
		{"two quotes that are not closed", head + "1,2,\"gold\n2,3,x\n3,4,\"y\n4,5,z\n", []string{`2  error: a quote (") is opened`, "3 r2", `4  error: a quote (") is opened`, "5 r4"}},
		{"quote open over very many lines", head + "1,2,\"gold\n" + strings.Repeat("2,3,x\n", 1000), append([]string{`2  error: a quote (") is opened`}, thousand()...)},
		{"no UTF-8", head + "1,2,\xe9t\xe9\n2,3,x\n", []string{"2  error: byte 5 is not valid UTF-8; save the file as UTF-8", "3 r2"}},
		{"5 MB", head + "1,2," + strings.Repeat("x", 5<<20) + "\n2,3,x\n", []string{"2  error: the line has more than 1048576 bytes", "3 r2"}},
		{"only a header", head, nil},
	} {
		src := NewCSV(strings.NewReader(test.in), parsed(t, testMapping), testRunDate())
		if got := readAll(t, src); !sameStart(got, test.want) {
			t.Errorf("%s: (-want +got):\n%s", test.name, cmp.Diff(test.want, got))
		}
	}
}

func thousand() []string {
	out := make([]string, 1000)
	for i := range out {
		out[i] = fmt.Sprintf("%d r2", i+3)
	}
	return out
}

func parsed(t *testing.T, text string) *Mapping {
	t.Helper()
	m, err := ParseMapping("map.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCSVHeader(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", "the file is empty; its first line must name the columns"},
		{"columns missing", "ID,visits,Tier\n", "map.yaml:4:25: the table has no column \"Visits\" (did you mean \"visits\"?)\nmap.yaml:5:9: the table has no column \"The tier\""},
		{"other delimiter", "ID;Visits;The tier\n1;2;x\n", "map.yaml:1:20: the table has no column \"ID\", only one named \"ID;Visits;The tier\" (is the delimiter right? It is ',')"},
		{"column twice", "ID,Visits,The tier,ID\n", `the header, line 1, has the column "ID" twice; rename one`},
		{"no UTF-8", "ID,\xff\n", "the header, line 1: byte 4 is not valid UTF-8"},
	} {
		_, err := NewCSV(strings.NewReader(test.in), parsed(t, testMapping), testRunDate()).Next()
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s:\n got %v\nwant %s", test.name, err, test.want)
		}
	}
}

func TestCSVDelimiter(t *testing.T) {
	for _, delimiter := range []string{";", "\\t", "|"} {
		m := parsed(t, "delimiter: \""+delimiter+"\"\n"+testMapping)
		in := strings.ReplaceAll("ID,Visits,The tier\n1,2,\"a,b\"\n", ",", strings.ReplaceAll(delimiter, "\\t", "\t"))
		src := NewCSV(strings.NewReader(in), m, testRunDate())
		if diff := cmp.Diff([]string{"2 r1"}, readAll(t, src)); diff != "" {
			t.Errorf("delimiter %s (-want +got):\n%s", delimiter, diff)
		}
	}
}

// brokenReader fails after some text.
type brokenReader struct{ r io.Reader }

func (b brokenReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("the disk is gone")
	}
	return n, err
}

func TestReadersStopWhenTheInputFails(t *testing.T) {
	broken := func(text string) io.Reader { return brokenReader{strings.NewReader(text)} }
	csv := NewCSV(broken("ID,Visits,The tier\n1,2,x\n"), parsed(t, testMapping), testRunDate())
	for name, test := range map[string]struct {
		src  Source
		want []string
	}{
		"lines":    {NewJSONLines(broken("{\"request_id\": \"a\"}\n")), []string{"1 a", "stopped: read line 2: the disk is gone"}},
		"document": {NewJSON(broken("{")), []string{"stopped: read the request: the disk is gone"}},
		"csv":      {csv, []string{"2 r1", "stopped: read line 3: the disk is gone"}},
	} {
		if diff := cmp.Diff(test.want, readAll(t, test.src)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// FuzzJSON holds the reader of JSON to the same: lines in order, no panic, and no error but for a line.
func FuzzJSON(f *testing.F) {
	f.Add("{\"request_id\": \"a\"}\n{\n")
	f.Add("\ufeff{\n\"customer\": {\"id\": \"c\"}}\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		src := NewAnyJSON(strings.NewReader(text))
		for last := 0; ; {
			e, err := src.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil || e.Line <= last {
				t.Fatalf("line %d after line %d, %v, of %q", e.Line, last, err, text)
			}
			last = e.Line
			if req, err := e.decode(); req == nil && err == nil {
				t.Fatalf("neither a request nor an error in line %d of %q", e.Line, text)
			}
		}
	})
}

// FuzzCSV holds the reader to its bounds: every line of the text is answered for at most once, in order, and none makes it panic.
func FuzzCSV(f *testing.F) {
	f.Add("ID,Visits,The tier\n1,2,\"a\nb\"\n")
	f.Add("ID,Visits,The tier\n\"\n\"\"\n,,\n")
	m, err := ParseMapping("map.yaml", []byte(testMapping))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		src := NewCSV(strings.NewReader(text), m, testRunDate())
		for last := 0; ; {
			e, err := src.Next()
			if err != nil {
				return
			}
			if e.Line <= last || e.Line > strings.Count(text, "\n")+1 {
				t.Fatalf("line %d after line %d of %q", e.Line, last, text)
			}
			last = e.Line
			_, _ = e.decode()
		}
	})
}
