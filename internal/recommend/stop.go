package recommend

import (
	"fmt"
	"time"

	"github.com/surprise-service/surprised/internal/surprise"
)

// stop is what a gate says against an option; the zero value says nothing. Of all options that one reason stops, the text of one is shown: so most
// texts are written only then.
type stop struct {
	reason surprise.Reason
	// until is the earliest time at which it may pass; zero where that cannot be told.
	until time.Time
	text  string
	// write returns the text, where writing it takes work.
	write func(q *query, o *option) string
}

func stopf(reason surprise.Reason, format string, args ...any) stop {
	return stop{reason: reason, text: fmt.Sprintf(format, args...)}
}

// stopped takes over an error of the ledger; nil says nothing.
func stopped(err *surprise.Error) stop {
	if err == nil {
		return stop{}
	}
	return stop{reason: err.Reason, until: err.Until, text: err.Message}
}

func (s *stop) stops() bool { return s.reason != "" }

// words returns the text for the option that was stopped.
func (s *stop) words(q *query, o *option) string {
	if s.write != nil {
		return s.write(q, o)
	}
	return s.text
}

func (s *stop) err(q *query, o *option) *surprise.Error {
	return &surprise.Error{Reason: s.reason, Until: s.until, Message: s.words(q, o)}
}
