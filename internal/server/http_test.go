package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

const goodBody = `{"customer":{"id":"x"},"moment":{"stage":"leave","channel":"POS"}}`

// TestBodiesThatAreNoRequest are refused with a field and a position, and without protobuf's own words.
func TestBodiesThatAreNoRequest(t *testing.T) {
	web, _ := mirror(t, defaultPatience(), nil, false)
	for name, tc := range map[string]struct{ path, body, want string }{
		"unknown field":        {"/v1/recommendations", `{"custmer":{}}`, `line 1, column 2: unknown field "custmer"`},
		"wrong type":           {"/v1/recommendations", `{"customer":7}`, `line 1, column 13: unexpected token 7`},
		"unknown channel":      {"/v1/recommendations", "{\"moment\":\n{\"channel\":\"FAX\"}}", `line 2, column 12: invalid value for enum field channel: "FAX"`},
		"invalid UTF-8":        {"/v1/recommendations", "{\"requestId\":\"\xff\"}", "invalid UTF-8"},
		"not JSON":             {"/v1/recommendations", `{`, "unexpected"},
		"text after it":        {"/v1/recommendations", goodBody + " x", "line 1, column"},
		"another one after it": {"/v1/recommendations", goodBody + goodBody, "line 1, column"},
		"text after a field":   {"/v1/recommendations:explain", goodBody + "]", "line 1, column"},
		"a very long name":     {"/v1/recommendations", `{"` + strings.Repeat("n", 1<<20) + `":1}`, "unknown field"},
	} {
		code, got := call(t, request(t, http.MethodPost, web.URL+tc.path, strings.NewReader(tc.body)))
		field, text := got.violation()
		if code != http.StatusBadRequest || got.reason() != "INVALID_REQUEST" || field != "body" || !strings.Contains(text, tc.want) ||
			strings.Contains(got.Message, "proto") || len(got.Message) > 400 {
			t.Errorf("%s: got %d, %.600s", name, code, fmt.Sprintf("%+v", got))
		}
	}
	for _, path := range []string{"/v1/recommendations", "/v1/recommendations:explain"} {
		if code, got := call(t, request(t, http.MethodPost, web.URL+path, strings.NewReader(goodBody+" \n"))); code != http.StatusOK {
			t.Errorf("%s with a space after it: got %d, %+v", path, code, got)
		}
		if code, got := call(t, request(t, http.MethodPost, web.URL+path, http.NoBody)); code != http.StatusBadRequest || got.reason() != "INVALID_REQUEST" {
			t.Errorf("%s without a body: got %d, %+v", path, code, got)
		}
	}
}

// TestLargeBody is the same error whether the length was announced or not.
func TestLargeBody(t *testing.T) {
	web, _ := mirror(t, defaultPatience(), nil, false)
	text := fmt.Sprintf(`{"requestId":%q}`, strings.Repeat("x", 5<<20))
	for name, body := range map[string]io.Reader{"announced": strings.NewReader(text), "chunked": io.MultiReader(strings.NewReader(text))} {
		code, got := call(t, request(t, http.MethodPost, web.URL+"/v1/recommendations", body))
		if code != http.StatusRequestEntityTooLarge || got.Code != 8 || got.reason() != "INVALID_REQUEST" || got.Message != "body: more than 4194304 bytes" {
			t.Errorf("%s: got %d, %+v", name, code, got)
		}
	}
}

// TestSlowBody does not keep a connection, on paths that read a body and on those that do not.
func TestSlowBody(t *testing.T) {
	web, _ := mirror(t, quick(), nil, false)
	for path, want := range map[string]int{"/v1/recommendations": 408, "/v1/nothing": 408, "/openapi.json": 408} {
		conn, err := net.Dial("tcp", web.Listener.Addr().String()) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(5 * time.Second)) //nolint:errcheck // a test
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", path)
		from := bufio.NewReader(conn)
		res, err := http.ReadResponse(from, nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		_, _ = io.ReadAll(res.Body)
		if _, err := from.ReadByte(); res.StatusCode != want || !errors.Is(err, io.EOF) {
			t.Errorf("%s: got %d, %v; want %d and the end", path, res.StatusCode, err, want)
		}
	}
}

// TestQueries refuses parameters that nothing would look at.
func TestQueries(t *testing.T) {
	web, _ := mirror(t, defaultPatience(), nil, false)
	for _, tc := range []struct{ method, path, field string }{
		{http.MethodGet, "/v1/claims?customerld=mei", "customerld"},
		{http.MethodGet, "/v1/claims?customerId=mei&x=1", "x"},
		{http.MethodGet, "/v1/claims/c1?customer=mei", "customer"},
		{http.MethodGet, "/v1/claims/c1?claimId=c2", "claimId"},
		{http.MethodGet, "/v1/catalog?x=1", "x"},
		{http.MethodGet, "/v1/claims?customerId=%zz", "query"},
		{http.MethodPost, "/v1/claims/c1:cancel?customerId=mei", "customerId"},
		{http.MethodPost, "/v1/recommendations:stream?x=1", "x"},
	} {
		code, got := call(t, request(t, tc.method, web.URL+tc.path, nil))
		if field, _ := got.violation(); code != http.StatusBadRequest || got.reason() != "INVALID_REQUEST" || field != tc.field {
			t.Errorf("%s: got %d, %+v", tc.path, code, got)
		}
	}
	// These get through to the checks of the call.
	for path, field := range map[string]string{
		"/v1/claims?customerId=&pageSize=1": "customer_id", "/v1/claims?customer_id=x&page_size=999": "page_size",
		"/v1/claims/" + strings.Repeat("c", 129) + "?customerId=mei": "claim_id",
	} {
		if _, got := call(t, request(t, http.MethodGet, web.URL+path, nil)); !strings.HasPrefix(got.Message, field+": ") {
			t.Errorf("%s: got %+v", path, got)
		}
	}
}
