package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/protoadapt"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

func writeError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	st := explained(status.Convert(err))
	writeStatus(w, st, httpStatus(st.Code()))
}

func writeRoutingError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	path := strings.ToValidUTF8(r.URL.Path, "?")
	st := status.Newf(codes.NotFound, "there is no %s %s; the paths are in /openapi.json", r.Method, path)
	switch code {
	case http.StatusMethodNotAllowed:
		st = status.Newf(codes.Unimplemented, "%s is not for %s; the paths are in /openapi.json", path, r.Method)
	case http.StatusBadRequest:
		st = status.Newf(codes.InvalidArgument, "the path %s is not valid", path)
	}
	writeStatus(w, explained(st), code)
}

// explained gives a reason to errors that the gateway makes itself: a body that is not JSON, a path that does not exist.
func explained(st *status.Status) *status.Status {
	if reasonOf(st) != "" || st.Code() == codes.OK {
		return st
	}
	reason := surprise.InvalidRequest
	switch st.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		reason = surprise.StoreUnavailable
	case codes.Internal, codes.Unknown:
		reason = surprise.Internal
	}
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Domain: domain, Reason: string(reason)}}
	if text, ok := strings.CutPrefix(st.Message(), bodyField+": "); ok && st.Code() == codes.InvalidArgument {
		details = append(details, badRequest(&surprisev1.FieldViolation{Field: bodyField, Description: text}))
	}
	return withDetails(st.Code(), st.Message(), details...)
}

// invalidBody is a refusal of a body as such, rather than of a field in it.
func invalidBody(code codes.Code, text string) *status.Status {
	return withDetails(code, bodyField+": "+text, &errdetails.ErrorInfo{Domain: domain, Reason: string(surprise.InvalidRequest)},
		badRequest(&surprisev1.FieldViolation{Field: bodyField, Description: text}))
}

func writeStatus(w http.ResponseWriter, st *status.Status, code int) {
	body, err := protojson.Marshal(st.Proto())
	if err != nil {
		body, code = []byte(`{"code":13,"message":"the error could not be written"}`), http.StatusInternalServerError
	}
	w.Header().Set("Content-Type", "application/json")
	if code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(code)
	_, _ = w.Write(append(body, '\n')) // the caller is gone if this fails
}
