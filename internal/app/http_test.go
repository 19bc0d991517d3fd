package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/server"
)

// TestWalkThroughOverHTTP is the README's walk-through: recommend, claim, confirm, and a second claim that is refused.
func TestWalkThroughOverHTTP(t *testing.T) {
	s := start(t, testConfig("mem:"))
	body, err := protojson.Marshal(birthdayRequest("mei"))
	if err != nil {
		t.Fatal(err)
	}
	tokens, ids := make([]string, 2), make([]string, 2)
	for i := range tokens {
		code, res := s.post("/v1/recommendations", body)
		if code != http.StatusOK || res["outcome"] != "OFFER" {
			t.Fatalf("recommend: got %d, %v", code, res)
		}
		o := res["offers"].([]any)[0].(map[string]any)
		tokens[i], ids[i] = o["token"].(string), o["claimId"].(string)
		if o["score"].(map[string]any)["habit"] != 0.0 {
			t.Errorf("a factor that is zero is not shown: %v", o["score"])
		}
	}
	claim := func(i int) (int, map[string]any) {
		return s.post("/v1/claims", fmt.Appendf(nil, `{"offerToken":%q,"customerId":"mei"}`, tokens[i]))
	}
	if code, res := claim(0); code != http.StatusOK || res["claim"].(map[string]any)["state"] != "HELD" {
		t.Fatalf("claim: got %d, %v", code, res)
	}
	if code, res := s.post("/v1/claims/"+ids[0]+":confirm", []byte(`{}`)); code != http.StatusOK || res["claim"].(map[string]any)["state"] != "CONFIRMED" {
		t.Fatalf("confirm: got %d, %v", code, res)
	}
	if code, res := claim(1); code != http.StatusConflict || httpReason(res) != "OCCASION_USED" {
		t.Errorf("the second claim: got %d, %v", code, res)
	}
	if code, res := claim(0); code != http.StatusOK || res["replayed"] != true {
		t.Errorf("the first claim again: got %d, %v", code, res)
	}
	res, err := http.Get(s.web + "/v1/claims?customerId=mei") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if list := decode(t, res.Body); len(list["claims"].([]any)) != 1 {
		t.Errorf("list: got %v", list)
	}
}

func httpReason(body map[string]any) string {
	details, _ := body["details"].([]any)
	for _, d := range details {
		if r, ok := d.(map[string]any)["reason"].(string); ok {
			return r
		}
	}
	return ""
}

// TestErrorsAreTheSame sends the same mistakes over both transports.
func TestErrorsAreTheSame(t *testing.T) {
	s := start(t, testConfig("mem:"))
	for name, tc := range map[string]struct {
		path, body, reason, field string
		code                      codes.Code
		http                      int
	}{
		"no customer":       {"/v1/recommendations", `{"moment":{"stage":"checkout","channel":"POS"}}`, "INVALID_REQUEST", "customer", codes.InvalidArgument, 400},
		"no id":             {"/v1/recommendations", `{"customer":{},"moment":{"stage":"checkout","channel":"POS"}}`, "INVALID_REQUEST", "customer.id", codes.InvalidArgument, 400},
		"no channel":        {"/v1/recommendations", `{"customer":{"id":"x"},"moment":{"stage":"checkout"}}`, "INVALID_REQUEST", "moment.channel", codes.InvalidArgument, 400},
		"unknown stage":     {"/v1/recommendations", `{"customer":{"id":"x"},"moment":{"stage":"nowhere","channel":"POS"}}`, "UNKNOWN_STAGE", "moment.stage", codes.InvalidArgument, 400},
		"unknown journey":   {"/v1/recommendations", `{"customer":{"id":"x"},"moment":{"journey":"j","stage":"leave","channel":"POS"}}`, "UNKNOWN_JOURNEY", "moment.journey", codes.InvalidArgument, 400},
		"unknown time zone": {"/v1/recommendations", `{"customer":{"id":"x","timeZone":"Mars/Base"},"moment":{"stage":"leave","channel":"POS"}}`, "UNKNOWN_TIME_ZONE", "customer.time_zone", codes.InvalidArgument, 400},
		"no such day":       {"/v1/recommendations", `{"customer":{"id":"x","birthday":{"year":2023,"month":2,"day":29}},"moment":{"stage":"leave","channel":"POS"}}`, "INVALID_REQUEST", "customer.birthday", codes.InvalidArgument, 400},
		"satisfaction of 2": {"/v1/recommendations", `{"customer":{"id":"x","satisfaction":2},"moment":{"stage":"leave","channel":"POS"}}`, "INVALID_REQUEST", "customer.satisfaction", codes.InvalidArgument, 400},
		"forged offer":      {"/v1/claims", `{"offerToken":"so1.0.0.0","customerId":"x"}`, "OFFER_INVALID", "offer_token", codes.InvalidArgument, 400},
		"unknown claim":     {"/v1/claims/c0:confirm", `{}`, "CLAIM_NOT_FOUND", "claim_id", codes.NotFound, 404},
		"cancel of nothing": {"/v1/claims:cancel", `{}`, "INVALID_REQUEST", "request", codes.InvalidArgument, 400},
		"unknown template":  {"/v1/deliveries", `{"deliveryId":"1","customerId":"x","template":"nope","channel":"POS"}`, "UNKNOWN_TEMPLATE", "template", codes.InvalidArgument, 400},
	} {
		t.Run(name, func(t *testing.T) {
			code, res := s.post(tc.path, []byte(tc.body))
			if code != tc.http || httpReason(res) != tc.reason || !strings.Contains(fmt.Sprint(res["details"]), "field:"+tc.field) {
				t.Errorf("HTTP: got %d, %v", code, res)
			}
			err := s.viaGRPC(t, tc.path, tc.body)
			st := status.Convert(err)
			if st.Code() != tc.code || reason(err) != tc.reason || st.Message() != res["message"] {
				t.Errorf("gRPC: got %v, %s; HTTP says %v", err, reason(err), res["message"])
			}
		})
	}
}

// viaGRPC makes the call of an HTTP path over gRPC.
func (s *service) viaGRPC(t *testing.T, path, body string) (err error) {
	t.Helper()
	switch {
	case path == "/v1/recommendations":
		var req surprisev1.RecommendRequest
		unmarshal(t, body, func(b []byte) error { return protojson.Unmarshal(b, &req) })
		_, err = s.advise.Recommend(t.Context(), &req)
	case path == "/v1/claims":
		var req surprisev1.ClaimRequest
		unmarshal(t, body, func(b []byte) error { return protojson.Unmarshal(b, &req) })
		_, err = s.claims.Claim(t.Context(), &req)
	case strings.HasSuffix(path, ":confirm"):
		_, err = s.claims.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: "c0"})
	case strings.HasSuffix(path, ":cancel"):
		_, err = s.claims.Cancel(t.Context(), &surprisev1.CancelRequest{})
	default:
		var req surprisev1.RecordDeliveryRequest
		unmarshal(t, body, func(b []byte) error { return protojson.Unmarshal(b, &req) })
		_, err = s.claims.RecordDelivery(t.Context(), &req)
	}
	return err
}

func unmarshal(t *testing.T, body string, into func([]byte) error) {
	t.Helper()
	if err := into([]byte(body)); err != nil {
		t.Fatal(err)
	}
}

// TestBadBytes sends what is not even a request.
func TestBadBytes(t *testing.T) {
	s := start(t, testConfig("mem:"))
	for name, tc := range map[string]struct {
		path string
		body []byte
		http int
	}{
		"not JSON":        {"/v1/recommendations", []byte(`{`), 400},
		"unknown field":   {"/v1/recommendations", []byte(`{"custmer":{}}`), 400},
		"wrong type":      {"/v1/recommendations", []byte(`{"customer":7}`), 400},
		"invalid UTF-8":   {"/v1/recommendations", []byte("{\"customer\":{\"id\":\"\xff\xfe\"}}"), 400},
		"no such path":    {"/v1/nothing", []byte(`{}`), 404},
		"no such path 2":  {"/nothing", []byte(`{}`), 404},
		"wrong method":    {"/v1/catalog", []byte(`{}`), 405},
		"five megabytes":  {"/v1/recommendations", fmt.Appendf(nil, `{"customer":{"id":%q}}`, strings.Repeat("x", 5<<20)), 413},
		"long id":         {"/v1/recommendations", fmt.Appendf(nil, `{"customer":{"id":%q},"moment":{"stage":"leave","channel":"POS"}}`, strings.Repeat("x", 300)), 400},
		"unknown channel": {"/v1/recommendations", []byte(`{"customer":{"id":"x"},"moment":{"stage":"leave","channel":"FAX"}}`), 400},
	} {
		code, res := s.post(tc.path, tc.body)
		if code != tc.http || httpReason(res) != "INVALID_REQUEST" || res["message"] == "" {
			t.Errorf("%s: got %d, %.300v", name, code, res)
		}
	}
	var out surprisev1.RecommendResponse
	err := s.conn.Invoke(t.Context(), surprisev1.RecommendationService_Recommend_FullMethodName, rawMessage("\x12\x04\x0a\x02\xff\xfe"), &out, grpc.ForceCodecV2(rawCodec{}))
	if status.Code(err) != codes.InvalidArgument || reason(err) != "INVALID_REQUEST" {
		t.Errorf("invalid UTF-8 over gRPC: got %v", err)
	}
	big := birthdayRequest("x")
	big.Customer.Tags = []string{strings.Repeat("x", 5<<20)}
	if _, err := s.advise.Recommend(t.Context(), big); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("five megabytes over gRPC: got %v", err)
	}
	if _, err := s.advise.Recommend(t.Context(), birthdayRequest("after")); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// TestKeys lets callers in by their keys, and no further than those allow.
func TestKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	lines := server.KeyLine("till", "sk_till", []server.Permission{server.MayRecommend}) + "\n" + server.KeyLine("all", "sk_all", server.AllPermissions()) + "\n"
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig("mem:")
	cfg.APIKeysFile = file
	s := start(t, cfg)
	timed := birthdayRequest("x")
	timed.Moment.Time = nowProto()
	for name, tc := range map[string]struct {
		key  string
		req  *surprisev1.RecommendRequest
		want codes.Code
	}{
		"no key":                     {"", birthdayRequest("x"), codes.Unauthenticated},
		"a wrong key":                {"sk_wrong", birthdayRequest("x"), codes.Unauthenticated},
		"the till's":                 {"sk_till", birthdayRequest("x"), codes.OK},
		"the till sets the time":     {"sk_till", timed, codes.PermissionDenied},
		"the other may set the time": {"sk_all", timed, codes.OK},
	} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+tc.key)
		if _, err := s.advise.Recommend(ctx, tc.req); status.Code(err) != tc.want {
			t.Errorf("%s: got %v, want %v", name, err, tc.want)
		}
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer sk_till")
	if _, err := s.claims.ListClaims(ctx, &surprisev1.ListClaimsRequest{CustomerId: "x"}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("the till lists claims: got %v", err)
	}
	if code, res := s.post("/v1/recommendations", []byte(`{}`)); code != http.StatusUnauthorized || httpReason(res) != "UNAUTHENTICATED" {
		t.Errorf("HTTP without a key: got %d, %v", code, res)
	}
}

// TestStopWithOpenStream does not wait for the client of a stream, which is told what to do.
func TestStopWithOpenStream(t *testing.T) {
	s := start(t, testConfig("mem:"))
	body, err := protojson.Marshal(&surprisev1.RecommendStreamRequest{Request: birthdayRequest("mei")})
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	defer w.Close()
	go w.Write(append(body, '\n'))                                                   //nolint:errcheck // a test
	res, err := http.Post(s.web+"/v1/recommendations:stream", "application/json", r) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	started := time.Now()
	s.stop()
	if took := time.Since(started); took > 3*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if text, err := io.ReadAll(res.Body); err != nil || bytes.Count(text, []byte("\n")) != 2 || !bytes.Contains(text, []byte("is stopping")) {
		t.Errorf("got %s, %v", text, err)
	}
}

// TestStopCutsOff closes the connections that are left when the time for a stop is over. That is no error.
func TestStopCutsOff(t *testing.T) {
	s := start(t, testConfig("mem:"))
	conn, err := net.Dial("tcp", s.app.Addrs().HTTP) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
	time.Sleep(100 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := s.app.Stop(ctx); err != nil {
		t.Error(err)
	}
	s.app = nil
}

func TestCatalogService(t *testing.T) {
	s := start(t, testConfig("mem:"))
	got, err := s.catalog.GetCatalog(t.Context(), &surprisev1.GetCatalogRequest{})
	if err != nil || len(got.GetCatalog().GetTemplates()) < 8 || got.GetRevision() == "" {
		t.Errorf("got %d templates, %v", len(got.GetCatalog().GetTemplates()), err)
	}
	bad, err := s.catalog.CheckCatalog(t.Context(), &surprisev1.CheckCatalogRequest{Files: []*surprisev1.CatalogFile{{Name: "a.yaml", Content: "templates: [{id: X}]"}}})
	if err != nil || bad.GetValid() || len(bad.GetProblems()) == 0 || bad.GetProblems()[0].GetLine() != 1 {
		t.Errorf("got %v, %v", bad, err)
	}
}

func TestOpenAPIAndAdmin(t *testing.T) {
	s := start(t, testConfig("mem:"))
	if _, err := s.advise.Recommend(t.Context(), birthdayRequest("x")); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		s.web + "/openapi.json": `"/v1/claims/{claimId}:confirm"`,
		s.web + "/":             "/v1/recommendations",
		"http://" + s.app.Addrs().Admin + "/metrics": `surprised_decisions_total{outcome="OFFER",template="birthday_cake"} 1`,
		"http://" + s.app.Addrs().Admin + "/healthz": "ok",
		"http://" + s.app.Addrs().Admin + "/readyz":  "ok",
	} {
		res, err := http.Get(url) //nolint:noctx,gosec // a test
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		_, err = body.ReadFrom(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(body.String(), want) {
			t.Errorf("%s: got %d, %v, %.500s", url, res.StatusCode, err, body.String())
		}
	}
	var doc map[string]any
	if err := json.Unmarshal(surprisev1.OpenAPI, &doc); err != nil {
		t.Error(err)
	}
}

// TestHealthNeedsNoKey lets load balancers ask without one.
func TestHealthNeedsNoKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte(server.KeyLine("till", "sk_till", server.AllPermissions())), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig("mem:")
	cfg.APIKeysFile = file
	s := start(t, cfg)
	res, err := healthpb.NewHealthClient(s.conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil || res.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("got %v, %v", res, err)
	}
}

// TestStoreThatLostItsData ends the service: its keys, and with them all records and offers, are others now.
func TestStoreThatLostItsData(t *testing.T) {
	url := ledgertest.Redis(t)
	s := start(t, testConfig(url))
	s.offer("mei")
	conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(url, "/0"), "redis://")) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// It comes back empty, and another replica has made new keys.
	if _, err := conn.Write([]byte("MULTI\r\nFLUSHALL\r\nSET surprised:{default}:s:customer-key other\r\nEXEC\r\n")); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.app.Failed():
		if !strings.Contains(err.Error(), "keys have changed") {
			t.Errorf("got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on as if nothing had happened")
	}
}
