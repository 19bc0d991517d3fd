package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// patience is how long the mirror waits for a client.
type patience struct {
	body   time.Duration // for the whole body of a call
	line   time.Duration // for one line of a stream, and for a client to take an answer
	linger time.Duration // for what a client still sends after its stream was ended, so that it gets to read why
	grace  time.Duration // for the answers that are under way in a stream when the service stops
}

func defaultPatience() patience {
	return patience{body: 10 * time.Second, line: 2 * time.Minute, linger: 500 * time.Millisecond, grace: time.Second}
}

// Handler returns the HTTP/JSON mirror, with its OpenAPI document at /openapi.json.
func (s *Server) Handler(ctx context.Context) (http.Handler, error) {
	return s.handler(ctx, defaultPatience())
}

func (s *Server) handler(ctx context.Context, wait patience) (http.Handler, error) {
	cards := newPages(s.client)
	gateway := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, marshaler()),
		runtime.WithErrorHandler(writeError),
		runtime.WithRoutingErrorHandler(writeRoutingError),
		runtime.WithMiddlewares(cards.middleware, checkQuery),
		runtime.WithDisablePathLengthFallback(), // a form is not a way to call anything here
	)
	cards.gateway = gateway
	if err := errors.Join(s.mirror(ctx, gateway), gateway.HandlePath(http.MethodGet, "/v1/claims/{claim_id}/card.ics", cards.calendar)); err != nil {
		return nil, fmt.Errorf("server: register the HTTP paths: %w", err)
	}
	calls := http.NewServeMux()
	calls.Handle("/", gateway) // answers 404 in the API's own form
	calls.HandleFunc("GET /openapi.json", serveOpenAPI)
	calls.HandleFunc("GET /{$}", serveIndex)
	root := http.NewServeMux()
	root.Handle("/", wholeBody(calls, wait.body))
	root.Handle("POST "+streamPath, s.streamHandler(gateway, wait))
	root.Handle("GET "+eventsPath, wholeBody(s.eventsHandler(gateway, wait), wait.body))
	return textOnly(root), nil
}

func (s *Server) mirror(ctx context.Context, gateway *runtime.ServeMux) error {
	var errs []error
	for _, register := range []func(context.Context, *runtime.ServeMux, *grpc.ClientConn) error{
		surprisev1.RegisterRecommendationServiceHandler, surprisev1.RegisterClaimServiceHandler, surprisev1.RegisterCatalogServiceHandler,
		surprisev1.RegisterWishServiceHandler, surprisev1.RegisterCardServiceHandler, surprisev1.RegisterInventoryServiceHandler,
		surprisev1.RegisterCustomerServiceHandler, surprisev1.RegisterOutcomeServiceHandler, surprisev1.RegisterReportServiceHandler,
		surprisev1.RegisterEventServiceHandler,
	} {
		errs = append(errs, register(ctx, gateway, s.client))
	}
	return errors.Join(errs...)
}

// marshaler writes fields that are zero, too: a reader of a score wants to see that habit is 0.
func marshaler() runtime.Marshaler {
	return &runtime.HTTPBodyMarshaler{Marshaler: strictJSON{&runtime.JSONPb{
		MarshalOptions: protojson.MarshalOptions{EmitDefaultValues: true},
	}}}
}

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(surprisev1.OpenAPI) // the caller is gone if this fails
}

func serveIndex(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprint(w, "surprised: which surprise to give to which customer, when and why.\n\n"+
		"POST /v1/recommendations   a recommendation\nGET  /v1/catalog           the catalogue in force\nGET  /v1/cards             what waits to be carried out\n"+
		"GET  /v1/wall              what customers wish for\nGET  /v1/events            what happened\nGET  /openapi.json         all paths\n")
}
