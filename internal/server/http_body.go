package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// bodyField stands for the whole body where an error has to name a field.
const bodyField = "body"

// maxErrorText is how much of an error's text a caller gets. It may repeat what was sent, and that may be megabytes.
const maxErrorText = 300

// wholeBody reads a body before the call starts, within a time: a client that sends one byte and waits must not keep a connection. What
// gRPC would refuse for its size is refused with the same code, whether its length was announced or not.
func wholeBody(next http.Handler, wait time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		conn := http.NewResponseController(w)
		_ = conn.SetReadDeadline(time.Now().Add(wait)) // what is no connection has no deadline
		body, err := readBody(w, r)
		if err != nil {
			writeBodyError(w, err, wait)
			return
		}
		_ = conn.SetReadDeadline(time.Time{}) // from here on, the call has its own deadline
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > MaxMessageSize {
		return nil, &http.MaxBytesError{Limit: MaxMessageSize}
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, MaxMessageSize))
}

func writeBodyError(w http.ResponseWriter, err error, wait time.Duration) {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		writeStatus(w, invalidBody(codes.ResourceExhausted, fmt.Sprintf("more than %d bytes", large.Limit)), http.StatusRequestEntityTooLarge)
	case errors.Is(err, os.ErrDeadlineExceeded):
		writeStatus(w, invalidBody(codes.DeadlineExceeded, fmt.Sprintf("it did not arrive within %v", wait)), http.StatusRequestTimeout)
	default:
		writeStatus(w, invalidBody(codes.InvalidArgument, "it ended too early"), http.StatusBadRequest)
	}
}

// strictJSON takes a body as one JSON value: the gateway's own decoder stops at the end of the first and ignores the rest.
type strictJSON struct{ *runtime.JSONPb }

// NewDecoder implements runtime.Marshaler.
func (j strictJSON) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(data)) == 0 {
			return io.EOF // no body is an empty message
		}
		if err := j.decode(data, v); err != nil {
			return fmt.Errorf("%s: %s", bodyField, jsonProblem(err, 0)) // the gateway keeps only the text
		}
		return nil
	})
}

func (j strictJSON) decode(data []byte, v any) error {
	switch v := v.(type) {
	case proto.Message:
		return protojson.Unmarshal(data, v)
	case **surprisev1.RecommendRequest: // the body of :explain is this field of its request
		*v = &surprisev1.RecommendRequest{}
		return protojson.Unmarshal(data, *v)
	}
	return j.Unmarshal(data, v)
}

// readBodyInto reads a whole body into a request. No body is an empty request.
func readBodyInto(r *http.Request, req proto.Message) error {
	err := marshaler().NewDecoder(r.Body).Decode(req)
	if err == nil || errors.Is(err, io.EOF) {
		return nil
	}
	return invalidBody(codes.InvalidArgument, strings.TrimPrefix(err.Error(), bodyField+": ")).Err()
}

// jsonProblem says in plain words what protojson says as "proto: syntax error (line 1:24): ". A line that is not 0 replaces its own.
func jsonProblem(err error, line int) string {
	text := strings.TrimLeftFunc(strings.TrimPrefix(err.Error(), "proto:"), unicode.IsSpace)
	var row, column int
	position, rest, found := strings.Cut(strings.TrimPrefix(text, "syntax error "), "): ")
	if n, _ := fmt.Sscanf(position, "(line %d:%d", &row, &column); !found || n != 2 {
		return atLine(line, clip(text))
	}
	if line > 0 {
		row = line
	}
	return fmt.Sprintf("line %d, column %d: %s", row, column, clip(rest))
}

func atLine(line int, text string) string {
	if line == 0 {
		return text
	}
	return fmt.Sprintf("line %d: %s", line, text)
}

func clip(text string) string {
	if len(text) > maxErrorText {
		text = text[:maxErrorText] + "..."
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
