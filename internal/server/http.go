package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Handler returns the HTTP/JSON mirror, with its OpenAPI document at /openapi.json.
func (s *Server) Handler(ctx context.Context) (http.Handler, error) {
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, marshaler()),
		runtime.WithErrorHandler(writeError),
		runtime.WithRoutingErrorHandler(writeRoutingError),
		runtime.WithStreamErrorHandler(func(_ context.Context, err error) *status.Status { return explained(status.Convert(err)) }),
	)
	err := errors.Join(
		surprisev1.RegisterRecommendationServiceHandler(ctx, mux, s.client),
		surprisev1.RegisterClaimServiceHandler(ctx, mux, s.client),
		surprisev1.RegisterCatalogServiceHandler(ctx, mux, s.client),
	)
	if err != nil {
		return nil, fmt.Errorf("server: register the HTTP paths: %w", err)
	}
	root := http.NewServeMux()
	root.Handle("/v1/", limitBody(mux))
	root.HandleFunc("GET /openapi.json", serveOpenAPI)
	root.HandleFunc("GET /{$}", serveIndex)
	root.Handle("/", mux) // answers 404 in the API's own form
	return root, nil
}

// marshaler writes fields that are zero, too: a reader of a score wants to see that habit is 0.
func marshaler() runtime.Marshaler {
	return &runtime.HTTPBodyMarshaler{Marshaler: &runtime.JSONPb{
		MarshalOptions:   protojson.MarshalOptions{EmitDefaultValues: true},
		UnmarshalOptions: protojson.UnmarshalOptions{},
	}}
}

// limitBody refuses what gRPC would refuse for its size, with the same code.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > MaxMessageSize {
			st := withDetails(codes.ResourceExhausted, fmt.Sprintf("the body has %d bytes, more than %d", r.ContentLength, MaxMessageSize),
				&errdetails.ErrorInfo{Domain: domain, Reason: string(surprise.InvalidRequest)})
			writeStatus(w, st, http.StatusRequestEntityTooLarge)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, MaxMessageSize)
		next.ServeHTTP(w, r)
	})
}

func writeError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, _ *http.Request, err error) {
	var sized *runtime.HTTPStatusError
	if errors.As(err, &sized) {
		writeStatus(w, explained(status.Convert(sized.Err)), sized.HTTPStatus)
		return
	}
	st := explained(status.Convert(err))
	writeStatus(w, st, httpStatus(st.Code()))
}

func writeRoutingError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	st := status.Newf(codes.NotFound, "there is no %s %s; the paths are in /openapi.json", r.Method, r.URL.Path)
	if code == http.StatusMethodNotAllowed {
		st = status.Newf(codes.Unimplemented, "%s is not for %s; the paths are in /openapi.json", r.URL.Path, r.Method)
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
	return withDetails(st.Code(), st.Message(), &errdetails.ErrorInfo{Domain: domain, Reason: string(reason)})
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

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(surprisev1.OpenAPI) // the caller is gone if this fails
}

func serveIndex(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprint(w, "surprised: which surprise to give to which customer, when and why.\n\n"+
		"POST /v1/recommendations   a recommendation\nGET  /v1/catalog           the catalogue in force\nGET  /openapi.json         all paths\n")
}
