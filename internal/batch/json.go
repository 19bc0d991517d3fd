package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// jsonLines is a Source of one RecommendRequest on each line. Empty lines are left out.
type jsonLines struct{ lines *lineReader }

// NewJSONLines reads JSON lines.
func NewJSONLines(r io.Reader) Source { return &jsonLines{newLineReader(r)} }

// Next implements Source.
func (s *jsonLines) Next() (Entry, error) {
	for {
		text, err := s.lines.next(MaxRequestBytes)
		switch {
		case errors.Is(err, errLongLine):
			return broken(s.lines.line, "the line has more than %d bytes, the most for one request", MaxRequestBytes), nil
		case errors.Is(err, io.EOF):
			return Entry{}, io.EOF
		case err != nil:
			return Entry{}, fmt.Errorf("read line %d: %w", s.lines.line+1, err)
		}
		if len(bytes.TrimSpace(text)) > 0 {
			return Entry{Line: s.lines.line, decode: func() (*surprisev1.RecommendRequest, error) { return decodeJSON(text, true) }}, nil
		}
	}
}

// jsonDocument is a Source of one request that may have many lines.
type jsonDocument struct{ r io.Reader }

// NewJSON reads a single request.
func NewJSON(r io.Reader) Source { return &jsonDocument{r} }

// Next implements Source.
func (s *jsonDocument) Next() (Entry, error) {
	if s.r == nil {
		return Entry{}, io.EOF
	}
	text, err := io.ReadAll(io.LimitReader(s.r, MaxRequestBytes+1))
	s.r = nil
	switch {
	case err != nil:
		return Entry{}, fmt.Errorf("read the request: %w", err)
	case len(text) > MaxRequestBytes:
		return broken(1, "the request has more than %d bytes", MaxRequestBytes), nil
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(text)) == 0 {
		return Entry{}, io.EOF
	}
	return Entry{Line: 1, decode: func() (*surprisev1.RecommendRequest, error) { return decodeJSON(text, false) }}, nil
}

// decodeJSON reads a request strictly. Of one that cannot be read it returns the id, where there is one.
func decodeJSON(text []byte, oneLine bool) (*surprisev1.RecommendRequest, error) {
	if column, bad := invalidUTF8(text); bad {
		return nil, surprise.Errorf(surprise.InvalidRequest, "byte %d is not valid UTF-8; save the file as UTF-8", column)
	}
	req := &surprisev1.RecommendRequest{}
	if err := protojson.Unmarshal(text, req); err != nil {
		return requestIDOf(text), surprise.Errorf(surprise.InvalidRequest, "%s", plainJSON(err, oneLine))
	}
	return req, nil
}

var jsonPosition = regexp.MustCompile(`\(line (\d+):(\d+)\): `)

// plainJSON turns the error of protojson into a sentence that starts with its place.
func plainJSON(err error, oneLine bool) string {
	text := strings.TrimLeft(strings.TrimPrefix(err.Error(), "proto:"), " \u00a0")
	text = strings.TrimPrefix(text, "syntax error ")
	if strings.HasSuffix(text, "unexpected EOF") {
		return "the JSON ends too early"
	}
	m := jsonPosition.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	place := "column " + m[2]
	if !oneLine {
		place = "line " + m[1] + ", " + place
	}
	return place + ": " + strings.Replace(text, m[0], "", 1)
}

// requestIDOf finds the id in what is no request, so that the failure can name it. Without one the line number must do.
func requestIDOf(text []byte) *surprisev1.RecommendRequest {
	dec := json.NewDecoder(bytes.NewReader(text))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return nil
		}
		var id string
		if (key == "request_id" || key == "requestId") && json.Unmarshal(value, &id) == nil {
			return &surprisev1.RecommendRequest{RequestId: id}
		}
	}
	return nil
}
