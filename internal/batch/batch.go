// Package batch decides for many requests: it reads them from JSON, JSON lines or CSV, asks a Decider for groups of them at once, and hands
// the results on in the order of the input.
//
//	Source -> entries -> decode, validate, decide, format (several groups at once) -> results in order -> Sink
//
// Memory is bounded by the size of a group and the number of workers, not by the input. A line that is wrong is a failed result and does not
// stop the run; what makes all further work pointless (the input cannot be read, the server cannot be reached) does.
package batch

import (
	"context"
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// MaxRequestBytes bounds one request, as text and as a message: what the service takes, less what goes around it on the way.
const MaxRequestBytes = 4<<20 - 1<<10

// Entry is one element of the input, not decoded yet.
type Entry struct {
	// Line is where it starts, from 1.
	Line int
	// decode is called once. The request may be there together with an error: then it has an id, but must not be decided.
	decode func() (*surprisev1.RecommendRequest, error)
}

// Source reads entries. It is for one goroutine.
type Source interface {
	// Next returns the next entry, and io.EOF after the last. Any other error ends the run.
	Next() (Entry, error)
}

// Decider answers requests.
type Decider interface {
	// Decide returns one answer for each request, in their order. An error means that none could be asked; it ends the run.
	// It is called by several goroutines at once.
	Decide(ctx context.Context, reqs []*surprisev1.RecommendRequest) ([]Answer, error)
}

// Answer is a response or a failure.
type Answer struct {
	Response *surprisev1.RecommendResponse
	// Explanation comes from an Explainer only.
	Explanation *surprisev1.ExplainResponse
	Failure     *Failure
}

// Result is the answer to one entry.
type Result struct {
	Line      int
	RequestID string
	Answer
	// Text is what Options.Format made of it. It is valid until the sink returns.
	Text []byte
}

// Failure says why an entry has no response.
type Failure struct {
	Reason  surprise.Reason `json:"reason"`
	Message string          `json:"message"`
	// Violations names the fields at fault, where they are known.
	Violations []Violation `json:"violations,omitempty"`
}

// String returns the reason, the field if the message does not begin with it, and the message.
func (f *Failure) String() string {
	text := string(f.Reason) + ": "
	if len(f.Violations) > 0 && !strings.HasPrefix(f.Message, f.Violations[0].Field) {
		text += f.Violations[0].Field + ": "
	}
	return text + f.Message
}

// Violation is what is wrong with one field.
type Violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

// broken is an entry that can be counted but not read.
func broken(line int, format string, args ...any) Entry {
	err := surprise.Errorf(surprise.InvalidRequest, format, args...)
	return Entry{Line: line, decode: func() (*surprisev1.RecommendRequest, error) { return nil, err }}
}
