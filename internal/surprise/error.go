package surprise

import (
	"errors"
	"fmt"
	"time"
)

// Error is a failure that a caller can act on. Act on the Reason, never on the text.
type Error struct {
	Reason Reason
	// Message is a sentence for people that says what to do. It never holds secrets or internal causes.
	Message string
	// Field is the request field at fault, where there is one.
	Field string
	// Until is the earliest time at which the same call could succeed; zero where waiting does not help or cannot be told.
	Until time.Time
	// Retry says that the same call may simply be repeated, because its outcome is unknown or the fault is passing.
	Retry bool
	// Err is the internal cause, for logs only. It may be nil.
	Err error
}

// Errorf returns an Error without a cause.
func Errorf(reason Reason, format string, args ...any) *Error {
	return &Error{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// FieldErrorf returns an InvalidRequest about one field.
func FieldErrorf(reason Reason, field, format string, args ...any) *Error {
	return &Error{Reason: reason, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Error returns the reason and the message.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Reason, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Reason, e.Message)
}

// Unwrap returns the internal cause.
func (e *Error) Unwrap() error { return e.Err }

// ReasonOf returns the reason of the first Error in err's chain, or Internal, or "" for nil.
func ReasonOf(err error) Reason {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return Internal
}
