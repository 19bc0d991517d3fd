package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/recommend"
	"github.com/surprise-service/surprised/internal/telemetry"
)

// echo decides nothing: it answers with the id of the request.
type echo struct{}

func (e echo) RecommendTo(ctx context.Context, req *surprisev1.RecommendRequest, use func(*surprisev1.RecommendResponse)) error {
	e.BatchTo(ctx, []*surprisev1.RecommendRequest{req}, func(_ int, res recommend.Result) { use(res.Response) })
	return nil
}

func (echo) BatchTo(_ context.Context, reqs []*surprisev1.RecommendRequest, use func(int, recommend.Result)) {
	for i, r := range reqs {
		use(i, recommend.Result{Response: &surprisev1.RecommendResponse{RequestId: r.GetRequestId(), DecisionId: strings.Repeat("d", 1000)}})
	}
}

func (echo) Explain(context.Context, *surprisev1.RecommendRequest) (*surprisev1.ExplainResponse, error) {
	return &surprisev1.ExplainResponse{}, nil
}

// newServer has no ledger: what needs one panics, and is answered with INTERNAL.
func newServer(t *testing.T, keys Keys) *Server {
	t.Helper()
	s, err := New(Options{Decider: echo{}, Log: zap.NewNop(), Metrics: telemetry.NewMetrics(), Clock: time.Now, Deadline: 5 * time.Second, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.Stop(ctx)
	})
	return s
}

// grpcServer runs the gRPC server over a real connection.
func grpcServer(t *testing.T, keys Keys) *grpc.ClientConn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	go newServer(t, keys).ServeGRPC(l) //nolint:errcheck // a test
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// mirror runs the HTTP mirror over a real connection.
func mirror(t *testing.T, wait patience, keys Keys, h2 bool) (web *httptest.Server, stop context.CancelFunc) {
	t.Helper()
	s := newServer(t, keys)
	go s.ServeMirror() //nolint:errcheck // a test
	h, err := s.handler(t.Context(), wait)
	if err != nil {
		t.Fatal(err)
	}
	until, stop := context.WithCancel(context.Background())
	web = httptest.NewUnstartedServer(h)
	web.Config.BaseContext = func(net.Listener) context.Context { return StreamsUntil(until) }
	if web.EnableHTTP2 = h2; h2 {
		web.StartTLS()
	} else {
		web.Start()
	}
	t.Cleanup(func() {
		stop()
		web.Close()
	})
	return web, stop
}

func quick() patience {
	return patience{body: 300 * time.Millisecond, line: 300 * time.Millisecond, linger: 100 * time.Millisecond, grace: 200 * time.Millisecond}
}

func streamLine(id string) string {
	return fmt.Sprintf(`{"request":{"requestId":%q,"customer":{"id":"x"},"moment":{"stage":"leave","channel":"POS"}}}`, id) + "\n"
}

// element is a line of an answer.
type element struct {
	Result struct {
		RequestID string
		Error     *problem
	}
	Error *problem
}

type problem struct {
	Code       int
	Message    string
	Reason     string
	Violations []struct{ Field, Description string }
	Details    []struct{ Reason string }
}

func elements(t *testing.T, r io.Reader) []element {
	t.Helper()
	var out []element
	in := bufio.NewScanner(r)
	for in.Scan() {
		var e element
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			t.Fatalf("%v in %.200s", err, in.Bytes())
		}
		out = append(out, e)
	}
	if in.Err() != nil {
		t.Errorf("the answer ends with %v", in.Err())
	}
	return out
}

// httpError is the body of an error.
type httpError struct {
	Code    int
	Message string
	Details []struct {
		Reason          string
		FieldViolations []struct{ Field, Description string }
	}
}

func (e httpError) reason() string {
	for _, d := range e.Details {
		if d.Reason != "" {
			return d.Reason
		}
	}
	return ""
}

func (e httpError) violation() (field, text string) {
	for _, d := range e.Details {
		for _, v := range d.FieldViolations {
			return v.Field, v.Description
		}
	}
	return "", ""
}

func call(t *testing.T, req *http.Request) (int, httpError) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out httpError
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&out); err != nil {
		t.Fatalf("%v: %.200s", err, text)
	}
	return res.StatusCode, out
}

func request(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}
