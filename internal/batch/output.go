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

// Write implements Writer.
func (j *jsonWriter) Write(r Result) error {
	line, err := r.json()
	if err != nil {
		return fmt.Errorf("write line %d: %w", r.Line, err)
	}
	_, err = j.w.Write(append(line, '\n'))
	return err
}

func (r Result) json() ([]byte, error) {
	if r.Failure != nil {
		return marshalPlain(struct {
			Line      int      `json:"line"`
			RequestID string   `json:"request_id"`
			Error     *Failure `json:"error"`
		}{r.Line, r.RequestID, r.Failure})
	}
	// Zeros are written, too: a reader of a score wants to see that habit is 0.
	response, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(r.Response)
	if err != nil {
		return nil, err
	}
	// protojson varies its spaces on purpose; the same result has the same bytes here.
	var compact bytes.Buffer
	if err := json.Compact(&compact, response); err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, `{"line":%d,`, r.Line), compact.Bytes()[1:]...), nil
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
