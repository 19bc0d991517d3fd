package batch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// csvSource turns the rows of a table into requests by a mapping.
type csvSource struct {
	records *recordReader
	mapping *Mapping
	header  []string
	runDate *surprisev1.Date
}

// NewCSV reads the rows of a table. RunDate is what the mapping counts days from. The first Next checks that the header has the columns of
// the mapping; its error is Problems where it has not.
func NewCSV(r io.Reader, m *Mapping, runDate *surprisev1.Date) Source {
	return &csvSource{records: &recordReader{lines: newLineReader(r), delimiter: m.delimiter}, mapping: m, runDate: runDate}
}

func (s *csvSource) readHeader() error {
	head, err := s.records.next()
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the file is empty; its first line must name the columns")
	case err != nil:
		return err
	case head.fault != "":
		return fmt.Errorf("the header, line %d: %s", head.line, head.fault)
	}
	if err := s.setHeader(head); err != nil {
		return err
	}
	if problems := s.mapping.missingColumns(s.header); len(problems) > 0 {
		return problems
	}
	return nil
}

func (s *csvSource) setHeader(head record) error {
	for _, name := range head.fields {
		name = strings.TrimSpace(name)
		if name != "" && slices.Contains(s.header, name) {
			return fmt.Errorf("the header, line %d, has the column %q twice; rename one", head.line, name)
		}
		s.header = append(s.header, name)
	}
	s.records.columns = len(s.header)
	return nil
}

// Next implements Source.
func (s *csvSource) Next() (Entry, error) {
	if s.header == nil {
		if err := s.readHeader(); err != nil {
			return Entry{}, err
		}
	}
	rec, err := s.records.next()
	if err != nil {
		return Entry{}, err
	}
	if rec.fault != "" {
		return broken(rec.line, "%s", rec.fault), nil
	}
	return Entry{Line: rec.line, decode: func() (*surprisev1.RecommendRequest, error) { return s.decode(rec.fields) }}, nil
}

// decode is called by several goroutines at once.
func (s *csvSource) decode(fields []string) (*surprisev1.RecommendRequest, error) {
	row := make(map[string]string, len(fields))
	for i, name := range s.header {
		row[name] = fields[i]
	}
	req, errs := s.mapping.rules.Request(row, s.runDate)
	if len(errs) == 0 {
		return req, nil
	}
	failure := &Failure{Reason: surprise.InvalidRequest, Message: errs[0].Error()}
	for _, e := range errs {
		failure.Violations = append(failure.Violations, Violation{Field: e.Field, Description: e.Message})
	}
	return req, &failed{failure}
}

// failed carries a Failure as an error.
type failed struct{ *Failure }

// Error returns the failure's message.
func (f *failed) Error() string { return f.Message }

// missingColumns reports the places of the mapping that name a column that is not in the header.
func (m *Mapping) missingColumns(header []string) Problems {
	var out Problems
	for _, c := range m.rules.Columns() {
		if slices.Contains(header, c.Name) {
			continue
		}
		p := m.source.at(c.MappingPlace, c.Line, c.Column)
		if len(header) == 1 {
			p.Message = fmt.Sprintf("the table has no column %q, only one named %q", c.Name, cut(header[0]))
			p.Hint = fmt.Sprintf("is the delimiter right? It is %q", m.delimiter)
			return Problems{p}
		}
		p.Message = fmt.Sprintf("the table has no column %q", c.Name)
		p.Hint = surprise.DidYouMean(c.Name, header)
		out = append(out, p)
	}
	return out.sorted()
}

// cut shortens what is only shown.
func cut(s string) string {
	const most = 40
	if r := bytes.Runes([]byte(s)); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
