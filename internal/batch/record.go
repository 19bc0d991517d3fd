package batch

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// Records of a table may have line ends inside quotes. These bounds end one whose closing quote is missing.
const (
	maxRecordLines = 200
	maxRecordBytes = 1 << 20
)

// record is one row of a table, or why it cannot be read.
type record struct {
	line   int
	fields []string
	fault  string
}

// recordReader splits a CSV text into records. encoding/csv reads the fields, but left to itself it takes all that follows a stray quote for one
// field; here only the line with the quote is lost.
type recordReader struct {
	lines     *lineReader
	delimiter rune
	columns   int // of the header; 0 before it is read
	// again has lines that were read as part of a record that was none.
	again []numbered
}

type numbered struct {
	number int
	text   []byte
	fault  string // too long, or no UTF-8
}

// next returns the next record that is not an empty line. The error is io.EOF after the last, or that of the input.
func (r *recordReader) next() (record, error) {
	for {
		first, err := r.line()
		switch {
		case err != nil:
			return record{}, err
		case first.fault != "":
			return record{line: first.number, fault: first.fault}, nil
		case len(bytes.TrimSpace(first.text)) > 0:
			return r.complete(first)
		}
	}
}

// line returns the next line of the text.
func (r *recordReader) line() (numbered, error) {
	if len(r.again) > 0 {
		n := r.again[0]
		r.again = r.again[1:]
		return n, nil
	}
	text, err := r.lines.next(maxRecordBytes)
	n := numbered{number: r.lines.line, text: text}
	switch {
	case errors.Is(err, errLongLine):
		n.fault = fmt.Sprintf("the line has more than %d bytes", maxRecordBytes)
	case errors.Is(err, io.EOF):
		return n, io.EOF
	case err != nil:
		return n, fmt.Errorf("read line %d: %w", r.lines.line+1, err)
	default:
		if column, bad := invalidUTF8(text); bad {
			n.fault = fmt.Sprintf("byte %d is not valid UTF-8; save the file as UTF-8", column)
		}
	}
	return n, nil
}

// complete reads on while a quote is open. If the whole is no record, only the first line is at fault, and the others are read again.
func (r *recordReader) complete(first numbered) (record, error) {
	fields, err := r.parse(first.text)
	if err == nil {
		return record{line: first.number, fields: fields}, nil
	}
	if !errors.Is(err, csv.ErrQuote) || !openQuote(first.text) {
		return record{line: first.number, fault: err.Error()}, nil
	}
	text, more, err := r.untilClosed(first)
	if err != nil && !errors.Is(err, io.EOF) {
		return record{}, err
	}
	if fields, err := r.parse(text); err == nil {
		return record{line: first.number, fields: fields}, nil
	}
	r.again = append(more, r.again...)
	return record{line: first.number, fault: `a quote (") is opened and not closed; inside quotes write it twice ("")`}, nil
}

// untilClosed joins lines up to the one that closes the quote, within the bounds.
func (r *recordReader) untilClosed(first numbered) (text []byte, more []numbered, err error) {
	text = bytes.Clone(first.text)
	for len(more) < maxRecordLines && len(text) < maxRecordBytes {
		n, err := r.line()
		if err != nil {
			return text, more, err
		}
		more = append(more, n)
		if n.fault != "" {
			break
		}
		text = append(append(text, '\n'), n.text...)
		if openQuote(n.text) { // an odd number of quotes closes what was open
			break
		}
	}
	return text, more, nil
}

// openQuote reports whether a line by itself leaves a quote open.
func openQuote(line []byte) bool { return bytes.Count(line, []byte(`"`))%2 == 1 }

func (r *recordReader) parse(text []byte) ([]string, error) {
	c := csv.NewReader(bytes.NewReader(text))
	c.Comma, c.FieldsPerRecord = r.delimiter, -1
	fields, err := c.Read()
	var at *csv.ParseError
	switch {
	case errors.As(err, &at):
		return nil, fmt.Errorf("column %d: %w", at.Column, at.Err)
	case err != nil:
		return nil, err
	case r.columns > 0 && len(fields) != r.columns:
		return nil, fmt.Errorf("the line has %d fields, the header has %d", len(fields), r.columns)
	}
	return fields, nil
}
