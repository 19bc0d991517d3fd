package batch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
)

// Writer writes results.
type Writer interface {
	Write(r Result) error
}

// jsonWriter writes a line of JSON for each result.
type jsonWriter struct{ w io.Writer }

// NewJSONWriter writes results as JSON lines: the response with its line number, or
//
//	{"line": 7, "request_id": "r7", "error": {"reason": "INVALID_REQUEST", "message": "...", "violations": [...]}}
func NewJSONWriter(w io.Writer) Writer { return &jsonWriter{w} }

// Write implements Writer. A result that has its text is written as it is.
func (j *jsonWriter) Write(r Result) (err error) {
	line := r.Text
	if line == nil {
		if line, err = AppendJSON(nil, r); err != nil {
			return err
		}
	}
	_, err = j.w.Write(line)
	return err
}

// AppendJSON appends the line of JSON that NewJSONWriter writes for a result. It can be Options.Format.
func AppendJSON(dst []byte, r Result) ([]byte, error) {
	dst, err := r.appendJSON(dst)
	if err != nil {
		return dst, fmt.Errorf("write line %d: %w", r.Line, err)
	}
	return append(dst, '\n'), nil
}

func (r Result) appendJSON(dst []byte) ([]byte, error) {
	if r.Failure != nil {
		text, err := marshalPlain(struct {
			Line      int      `json:"line"`
			RequestID string   `json:"request_id"`
			Error     *Failure `json:"error"`
		}{r.Line, r.RequestID, r.Failure})
		return append(dst, text...), err
	}
	dst = fmt.Appendf(dst, `{"line":%d,`, r.Line)
	start := len(dst)
	// Zeros are written, too: a reader of a score wants to see that habit is 0.
	dst, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.MarshalAppend(dst, r.Response)
	if err != nil {
		return dst, err
	}
	// protojson varies its spaces on purpose; the same result has the same bytes here. Its brace is written already.
	return dst[:squeeze(dst, start, start+1)], nil
}

// squeeze moves JSON within its text, from one place to another before it, and leaves out spaces between tokens. It returns where the JSON ends.
func squeeze(text []byte, to, from int) (end int) {
	for from < len(text) {
		switch text[from] {
		case ' ':
			from++
		case '"':
			n := copy(text[to:], text[from:endOfString(text, from)])
			to, from = to+n, from+n
		default:
			text[to] = text[from]
			to, from = to+1, from+1
		}
	}
	return to
}

// endOfString returns where the string that starts at a place ends.
func endOfString(text []byte, start int) int {
	for i := start + 1; i < len(text); {
		quote := bytes.IndexByte(text[i:], '"')
		if quote < 0 {
			break
		}
		i += quote + 1
		before := i - 1
		for text[before-1] == '\\' {
			before--
		}
		if (i-1-before)%2 == 0 { // an odd number of backslashes escapes the quote
			return i
		}
	}
	return len(text)
}

// marshalPlain is json.Marshal without escapes for HTML.
func marshalPlain(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}

// table writes a row for each result, for people.
type table struct {
	w      io.Writer
	headed bool
}

// NewTable writes results as an aligned table. Columns have a fixed width, so that rows can be written as they come.
func NewTable(w io.Writer) Writer { return &table{w: w} }

// Write implements Writer.
func (t *table) Write(r Result) error {
	if !t.headed {
		t.headed = true
		if err := t.row("LINE", "REQUEST", "OUTCOME", "OFFER", "SCORE", "WHY NOT, OR WHAT ELSE"); err != nil {
			return err
		}
	}
	line := fmt.Sprint(r.Line)
	if r.Failure != nil {
		return t.row(line, r.RequestID, "failed", "", "", r.Failure.String())
	}
	offers := r.Response.GetOffers()
	outcome := r.Response.GetOutcome().String()
	if len(offers) == 0 {
		return t.row(line, r.RequestID, outcome, "", "", why(r.Response))
	}
	var others []string
	for _, o := range offers[1:] {
		others = append(others, o.GetTemplate())
	}
	best := offers[0]
	return t.row(line, r.RequestID, outcome, best.GetTemplate()+"/"+best.GetLevel(), fmt.Sprintf("%.1f", best.GetScore().GetScore()), strings.Join(others, ", "))
}

func (t *table) row(line, request, outcome, offer, score, rest string) error {
	text := fmt.Sprintf("%5s  %s  %s  %s  %6s  %s", line, fit(request, 24), fit(outcome, 13), fit(offer, 32), score, Printable(rest))
	_, err := io.WriteString(t.w, strings.TrimRight(text, " ")+"\n")
	return err
}

// fit fills or cuts a text to a width in characters.
func fit(s string, width int) string {
	s = Printable(s)
	if n := utf8.RuneCountInString(s); n <= width {
		return s + strings.Repeat(" ", width-n)
	}
	return string([]rune(s)[:width-1]) + "…"
}

// Printable keeps control characters of the input off the terminal.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, s)
}
