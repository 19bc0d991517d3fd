package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// checkQuery refuses parameters that the gateway would ignore: a misspelt customerId must not become a call without one.
func checkQuery(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		pattern, _ := runtime.HTTPPattern(r.Context())
		if err := readQuery(r, path, queried(r.Method+" "+pattern.String())); err != nil {
			refuse(w, err)
			return
		}
		next(w, r, path)
	}
}

func refuse(w http.ResponseWriter, err error) {
	st := toStatus(err, time.Now())
	writeStatus(w, st, httpStatus(st.Code()))
}

// queried returns the request whose fields are in the query of a call; nil where it has no query.
func queried(methodAndPath string) proto.Message {
	switch methodAndPath {
	case "GET /v1/claims":
		return &surprisev1.ListClaimsRequest{}
	case "GET /v1/claims/{claim_id=*}":
		return &surprisev1.GetClaimRequest{}
	case "GET " + cardPath, "GET " + icsPath:
		return &surprisev1.GetCardRequest{}
	case "GET " + shelfPath:
		return &surprisev1.GetShelfCardRequest{}
	case "GET /v1/cards":
		return &surprisev1.ListCardsRequest{}
	case "GET /v1/wishes":
		return &surprisev1.ListWishesRequest{}
	case "GET /v1/wall":
		return &surprisev1.ListWallRequest{}
	case "GET /v1/limits/{limit=*}":
		return &surprisev1.GetStockRequest{}
	case "GET /v1/limits/{limit=*}/slots":
		return &surprisev1.ListSlotsRequest{}
	case "GET /v1/report/givers":
		return &surprisev1.GetGiversRequest{}
	case "GET " + eventsPath:
		return &surprisev1.WatchRequest{}
	}
	return nil
}

// readQuery fills a request from the query; nil where no parameters are known. It names the parameter that is wrong.
func readQuery(r *http.Request, path map[string]string, into proto.Message) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return surprise.FieldErrorf(surprise.InvalidRequest, "query", "the query is not valid: %s", clip(err.Error()))
	}
	for name, values := range query {
		known := fieldNamed(into, name)
		if known == nil {
			return surprise.FieldErrorf(surprise.InvalidRequest, clip(name), "%s is not a query parameter of %s %s", clip(name), r.Method, r.URL.Path)
		}
		if _, twice := path[string(known.Name())]; twice {
			return surprise.FieldErrorf(surprise.InvalidRequest, clip(name), "%s is in the path already", name)
		}
		if err := runtime.PopulateQueryParameters(into, url.Values{name: values}, utilities.NewDoubleArray(nil)); err != nil {
			text := strings.TrimPrefix(err.Error(), fmt.Sprintf("parsing field %q: ", known.Name()))
			return surprise.FieldErrorf(surprise.InvalidRequest, name, "%s: %s", name, clip(text))
		}
	}
	return nil
}

func fieldNamed(m proto.Message, name string) protoreflect.FieldDescriptor {
	if m == nil {
		return nil
	}
	fields := m.ProtoReflect().Descriptor().Fields()
	if f := fields.ByJSONName(name); f != nil {
		return f
	}
	return fields.ByName(protoreflect.Name(name))
}

// textOnly refuses addresses that are no text: gRPC could not carry them on.
func textOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if query, err := url.QueryUnescape(r.URL.RawQuery); utf8.ValidString(r.URL.Path) && (err != nil || utf8.ValidString(query)) {
			next.ServeHTTP(w, r)
			return
		}
		writeStatus(w, explained(status.New(codes.InvalidArgument, "the address is not valid UTF-8; encode its characters as UTF-8 before %XX")), http.StatusBadRequest)
	})
}
