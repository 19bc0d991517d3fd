package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"buf.build/go/protovalidate"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// domain is that of google.rpc.ErrorInfo in all errors of this service.
const domain = "surprise.v1"

// retrySoon is what callers are told to wait when the same call may be repeated.
const retrySoon = 200 * time.Millisecond

// codeOf maps every reason that a call can fail with to its gRPC code. This is the only place where reasons meet codes.
func codeOf(r surprise.Reason) codes.Code {
	switch r {
	case surprise.InvalidRequest, surprise.UnknownJourney, surprise.UnknownStage, surprise.UnknownTemplate, surprise.UnknownTimeZone,
		surprise.OfferInvalid, surprise.CatalogInvalid:
		return codes.InvalidArgument
	case surprise.ClaimNotFound, surprise.SlotNotFound, surprise.WishNotFound, surprise.TicketNotFound,
		surprise.NoCorner:
		return codes.NotFound
	case surprise.IdempotencyMismatch:
		return codes.AlreadyExists
	case surprise.LimitExhausted, surprise.CapReached, surprise.WalletExhausted, surprise.TooMany, surprise.Overloaded:
		return codes.ResourceExhausted
	case surprise.StoreUnavailable:
		return codes.Unavailable
	case surprise.StoreConflict:
		return codes.Aborted
	case surprise.Unauthenticated:
		return codes.Unauthenticated
	case surprise.PermissionDenied, surprise.TimeNotAllowed:
		return codes.PermissionDenied
	case surprise.Internal:
		return codes.Internal
	default: // what stands in the way is the state of the offer, the claim or the customer
		return codes.FailedPrecondition
	}
}

// toStatus turns any error into what callers see: code, reason, field violations and when to try again. Causes stay inside.
func toStatus(err error, now time.Time) *status.Status {
	var known *surprise.Error
	var invalid *protovalidate.ValidationError
	switch {
	case errors.As(err, &invalid):
		return invalidStatus(violations(invalid))
	case errors.As(err, &known):
		return knownStatus(known, now)
	case errors.Is(err, context.DeadlineExceeded):
		return withDetails(codes.DeadlineExceeded, "the call took longer than its deadline; repeat it, it has one effect however often it arrives",
			&errdetails.ErrorInfo{Domain: domain, Reason: string(surprise.StoreUnavailable)}, &errdetails.RetryInfo{RetryDelay: durationpb.New(retrySoon)})
	case errors.Is(err, context.Canceled):
		return status.New(codes.Canceled, "the caller cancelled the call")
	}
	if st, ok := status.FromError(err); ok {
		return st
	}
	return withDetails(codes.Internal, "an internal error; it is in the service's log", &errdetails.ErrorInfo{Domain: domain, Reason: string(surprise.Internal)})
}

func knownStatus(e *surprise.Error, now time.Time) *status.Status {
	if e.Reason == surprise.StoreUnavailable && errors.Is(e.Err, context.Canceled) {
		return status.New(codes.Canceled, "the caller cancelled the call")
	}
	info := &errdetails.ErrorInfo{Domain: domain, Reason: string(e.Reason), Metadata: map[string]string{}}
	details := []protoadapt.MessageV1{info}
	switch {
	case !e.Until.IsZero():
		info.Metadata["until"] = e.Until.UTC().Format(time.RFC3339)
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(max(e.Until.Sub(now), 0))})
	case e.Retry:
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(retrySoon)})
	}
	if e.Field != "" {
		details = append(details, badRequest(&surprisev1.FieldViolation{Field: e.Field, Description: e.Message}))
	}
	return withDetails(codeOf(e.Reason), e.Message, details...)
}

func invalidStatus(vs []*surprisev1.FieldViolation) *status.Status {
	msg := "the request is not valid"
	if len(vs) > 0 {
		msg = vs[0].GetField() + ": " + vs[0].GetDescription()
	}
	return withDetails(codes.InvalidArgument, msg, &errdetails.ErrorInfo{Domain: domain, Reason: string(surprise.InvalidRequest)}, badRequest(vs...))
}

func violations(err *protovalidate.ValidationError) []*surprisev1.FieldViolation {
	out := make([]*surprisev1.FieldViolation, len(err.Violations))
	for i, v := range err.Violations {
		out[i] = &surprisev1.FieldViolation{Field: protovalidate.FieldPathString(v.Proto.GetField()), Description: v.Proto.GetMessage()}
		if out[i].GetField() == "" {
			out[i].Field = "request"
		}
	}
	return out
}

func badRequest(vs ...*surprisev1.FieldViolation) *errdetails.BadRequest {
	out := &errdetails.BadRequest{}
	for _, v := range vs {
		out.FieldViolations = append(out.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: v.GetField(), Description: v.GetDescription()})
	}
	return out
}

func withDetails(code codes.Code, msg string, details ...protoadapt.MessageV1) *status.Status {
	st := status.New(code, msg)
	if full, err := st.WithDetails(details...); err == nil {
		return full
	}
	return st
}

// reasonOf returns the reason in a status, or "".
func reasonOf(st *status.Status) string {
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// streamError puts a status into an element of a stream.
func streamError(st *status.Status) *surprisev1.StreamError {
	out := &surprisev1.StreamError{Code: int32(st.Code()), Message: st.Message(), Reason: surprisev1.Reason(surprisev1.Reason_value[reasonOf(st)])} //nolint:gosec // codes are small
	for _, d := range st.Details() {
		if b, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range b.GetFieldViolations() {
				out.Violations = append(out.Violations, &surprisev1.FieldViolation{Field: v.GetField(), Description: v.GetDescription()})
			}
		}
	}
	return out
}

// httpStatus is the gateway's, save that a refusal for the state of things is a conflict and not a bad request.
func httpStatus(code codes.Code) int {
	if code == codes.FailedPrecondition {
		return http.StatusConflict
	}
	return runtime.HTTPStatusFromCode(code)
}
