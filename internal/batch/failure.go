package batch

import (
	"errors"

	"buf.build/go/protovalidate"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// failureOf turns the error of one request into what the result says. The same request fails with the same words in process and
// through a server.
func failureOf(err error) *Failure {
	var read *failed
	var invalid *protovalidate.ValidationError
	var known *surprise.Error
	switch {
	case errors.As(err, &read):
		return read.Failure
	case errors.As(err, &invalid):
		return invalidFailure(invalid)
	case errors.As(err, &known):
		f := &Failure{Reason: known.Reason, Message: known.Message}
		if known.Field != "" {
			f.Violations = []Violation{{Field: known.Field, Description: known.Message}}
		}
		return f
	default:
		return &Failure{Reason: surprise.Internal, Message: err.Error()}
	}
}

func invalidFailure(err *protovalidate.ValidationError) *Failure {
	f := &Failure{Reason: surprise.InvalidRequest, Message: "the request is not valid"}
	for _, v := range err.Violations {
		field := protovalidate.FieldPathString(v.Proto.GetField())
		if field == "" {
			field = "request"
		}
		f.Violations = append(f.Violations, Violation{Field: field, Description: v.Proto.GetMessage()})
	}
	if len(f.Violations) > 0 {
		f.Message = f.Violations[0].Field + ": " + f.Violations[0].Description
	}
	return f
}

// streamFailure is failureOf for an error that a server sent.
func streamFailure(err *surprisev1.StreamError) *Failure {
	f := &Failure{Reason: surprise.Reason(err.GetReason().String()), Message: err.GetMessage()}
	if err.GetReason() == surprisev1.Reason_REASON_UNSPECIFIED {
		f.Reason = surprise.Internal
	}
	for _, v := range err.GetViolations() {
		f.Violations = append(f.Violations, Violation{Field: v.GetField(), Description: v.GetDescription()})
	}
	return f
}
