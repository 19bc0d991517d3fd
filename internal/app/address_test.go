package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestAddresses sends what is hard to write into a path: bytes that are no text, and ids with a slash.
func TestAddresses(t *testing.T) {
	s := start(t, testConfig("mem:"))
	for _, path := range []string{"/v1/claims/%ff", "/v1/wall?store=%ff", "/v1/wall?pageToken=%00%ff", "/v1/events?after=%ff", "/v1/customers/%ff:export", "/v1/nowhere%ff"} {
		if code, body := s.get(t, http.MethodGet, path); code != http.StatusBadRequest || !strings.Contains(body, "INVALID_REQUEST") {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	for method, path := range map[string]string{http.MethodGet: "/v1/customers/a%2Fb:export", http.MethodDelete: "/v1/customers/a%2Fb"} {
		if code, body := s.get(t, method, path); code != http.StatusOK {
			t.Errorf("%s %s: %d %s", method, path, code, body)
		}
	}
}

func (s *service) get(t *testing.T, method, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.web+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}
