package server

import (
	"net/http"
	"net/url"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/reflect/protoreflect"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// checkQuery refuses parameters that the gateway would ignore: a misspelt customerId must not become a call without one.
func checkQuery(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, path map[string]string) {
		if err := queryProblem(r, path, queryFields(r)); err != nil {
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

// queryFields returns what may be in the query of a request; nil for those whose fields are in the body.
func queryFields(r *http.Request) protoreflect.FieldDescriptors {
	pattern, _ := runtime.HTTPPattern(r.Context())
	switch r.Method + " " + pattern.String() {
	case "GET /v1/claims":
		return (&surprisev1.ListClaimsRequest{}).ProtoReflect().Descriptor().Fields()
	case "GET /v1/claims/{claim_id=*}":
		return (&surprisev1.GetClaimRequest{}).ProtoReflect().Descriptor().Fields()
	}
	return nil
}

func queryProblem(r *http.Request, path map[string]string, fields protoreflect.FieldDescriptors) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return surprise.FieldErrorf(surprise.InvalidRequest, "query", "the query is not valid: %s", clip(err.Error()))
	}
	for name := range query {
		known := fieldNamed(fields, name)
		if known == nil {
			return surprise.FieldErrorf(surprise.InvalidRequest, clip(name), "%s is not a query parameter of %s %s", clip(name), r.Method, r.URL.Path)
		}
		if _, twice := path[string(known.Name())]; twice {
			return surprise.FieldErrorf(surprise.InvalidRequest, clip(name), "%s is in the path already", name)
		}
	}
	return nil
}

func fieldNamed(fields protoreflect.FieldDescriptors, name string) protoreflect.FieldDescriptor {
	if fields == nil {
		return nil
	}
	if f := fields.ByJSONName(name); f != nil {
		return f
	}
	return fields.ByName(protoreflect.Name(name))
}
