package batch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
)

// sniffed is how much of the input is looked at to tell its form.
const sniffed = 64 << 10

// anyJSON is a Source that chooses another one by what it reads first.
type anyJSON struct {
	r      io.Reader
	chosen Source
}

// NewAnyJSON reads JSON lines, or a single request that goes on over several lines.
func NewAnyJSON(r io.Reader) Source { return &anyJSON{r: r} }

// Next implements Source.
func (s *anyJSON) Next() (Entry, error) {
	if s.chosen == nil {
		buffered := bufio.NewReaderSize(s.r, sniffed)
		skipMark(buffered)
		start, _ := buffered.Peek(sniffed) // an error shows again when it is read
		if s.chosen = NewJSONLines(buffered); isDocument(start) {
			s.chosen = NewJSON(buffered)
		}
	}
	return s.chosen.Next()
}

// isDocument reports whether the first line is not JSON by itself and the second no start of another request.
func isDocument(start []byte) bool {
	first, rest, _ := bytes.Cut(bytes.TrimSpace(start), []byte("\n"))
	rest = bytes.TrimSpace(rest)
	return len(rest) > 0 && rest[0] != '{' && !json.Valid(first)
}
