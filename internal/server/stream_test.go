package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// openStream starts a stream whose lines are written to the pipe. On HTTP/1.1 the answer begins before the body ends.
func openStream(t *testing.T, web *httptest.Server, first string) (*http.Response, *io.PipeWriter) {
	t.Helper()
	r, w := io.Pipe()
	go io.WriteString(w, first) //nolint:errcheck // a test
	res, err := web.Client().Do(request(t, http.MethodPost, web.URL+streamPath, r))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close(); w.Close() })
	return res, w
}

// TestStreamAnswersEveryLine goes on reading after the first answer, on both versions of HTTP.
func TestStreamAnswersEveryLine(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		web, _ := mirror(t, defaultPatience(), nil, h2)
		const n = 3000
		res, w := openStream(t, web, streamLine("r-0"))
		from := bufio.NewReaderSize(res.Body, 1<<20)
		first, err := from.ReadString('\n') // it arrives while the body is open
		if err != nil || !strings.Contains(first, `"requestId":"r-0"`) {
			t.Fatalf("HTTP/2 %v: got %q, %v", h2, first, err)
		}
		go func() {
			for i := 1; i < n; i++ {
				line := streamLine(fmt.Sprintf("r-%d", i))
				if i%10 == 3 {
					line = "no JSON\n"
				}
				io.WriteString(w, line) //nolint:errcheck // a test
			}
			w.Close()
		}()
		got := elements(t, from)
		if len(got) != n-1 {
			t.Fatalf("HTTP/2 %v: got %d answers, want %d", h2, len(got), n-1)
		}
		for i, e := range got {
			bad := (i+1)%10 == 3
			if want := fmt.Sprintf("r-%d", i+1); bad != (e.Result.Error != nil) || !bad && e.Result.RequestID != want {
				t.Fatalf("answer %d: got %+v", i+1, e)
			}
		}
	}
}

// TestStreamBadLines answers what is no request in its place. The limit is that of a line, not of the body.
func TestStreamBadLines(t *testing.T) {
	web, _ := mirror(t, defaultPatience(), nil, false)
	pad := strings.Repeat(" ", MaxMessageSize-1000)
	sent := []struct{ line, want string }{
		{streamLine("a"), ""},
		{"\n \r\n", "-"},
		{"{\n", "line 4"},
		{"{\"reqest\":{}}\r\n", `line 5, column 2: unknown field "reqest"`},
		{"{\"request\":{\"requestId\":\"\xff\"}}\n", "invalid UTF-8"},
		{streamLine("b")[:11] + pad + streamLine("b")[11:], ""},
		{strings.Repeat("x", 3*MaxMessageSize) + "\n", "line 8: more than 4194304 bytes"},
		{"{}\n", "request"},
		{streamLine("c") + streamLine("d"), ""}, {"", ""},
		{streamLine("e")[:20] + "}} " + streamLine("e"), "line 12, column"},
		{strings.TrimSpace(streamLine("f")), ""},
	}
	var body strings.Builder
	var want []string
	for _, s := range sent {
		body.WriteString(s.line)
		if s.want != "-" {
			want = append(want, s.want)
		}
	}
	res, err := http.Post(web.URL+streamPath, "application/json", strings.NewReader(body.String())) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got := elements(t, res.Body)
	if len(got) != len(want) || res.StatusCode != http.StatusOK {
		t.Fatalf("got %d, %d answers, want %d: %+v", res.StatusCode, len(got), len(want), got)
	}
	for i, e := range got {
		p := e.Result.Error
		if want[i] == "" && p != nil || want[i] != "" && (p == nil || p.Code != 3 || p.Reason != "INVALID_REQUEST" ||
			!strings.Contains(p.Message, want[i]) || len(p.Violations) == 0) {
			t.Errorf("answer %d: got %+v, want %q", i, p, want[i])
		}
	}
}

// TestStreamRefused has the HTTP status of the refusal, whatever was sent, and does not wait for the body to end.
func TestStreamRefused(t *testing.T) {
	keys, err := ParseKeys(KeyLine("till", "sk_till", []Permission{MayClaim}) + "\n" + KeyLine("all", "sk_all", AllPermissions()))
	if err != nil {
		t.Fatal(err)
	}
	web, _ := mirror(t, patience{line: time.Minute, linger: 50 * time.Millisecond}, keys, false)
	for _, body := range []string{"", "no JSON\n", streamLine("a"), strings.Repeat(streamLine("a"), 10000)} {
		for key, want := range map[string]int{"sk_none": 401, "sk_till": 403} {
			r, w := io.Pipe()
			go io.WriteString(w, body) //nolint:errcheck // a test
			req := request(t, http.MethodPost, web.URL+streamPath, r)
			req.Header.Set("Authorization", "Bearer "+key)
			code, got := call(t, req)
			if code != want || got.reason() == "" {
				t.Errorf("%s, %.10q: got %d, %+v; want %d", key, body, code, got, want)
			}
			w.Close()
		}
	}
	req := request(t, http.MethodPost, web.URL+streamPath, strings.NewReader(streamLine("a")))
	req.Header.Set("Authorization", "Bearer sk_all")
	if code, _ := call(t, req); code != http.StatusOK {
		t.Errorf("with a key that may: got %d", code)
	}
}

// TestStreamWithoutLines has an answer without lines.
func TestStreamWithoutLines(t *testing.T) {
	web, _ := mirror(t, defaultPatience(), nil, false)
	res, err := http.Post(web.URL+streamPath, "application/json", http.NoBody) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := elements(t, res.Body); len(got) != 0 || res.StatusCode != http.StatusOK {
		t.Errorf("got %d, %+v", res.StatusCode, got)
	}
}

// TestStreamIdle ends a stream whose client has gone quiet, and says so.
func TestStreamIdle(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		web, _ := mirror(t, quick(), nil, h2)
		res, _ := openStream(t, web, streamLine("a")+`{"request":`)
		got := elements(t, res.Body)
		if len(got) != 2 || got[0].Result.RequestID != "a" || got[1].Error == nil || !strings.Contains(got[1].Error.Message, "no line came") {
			t.Errorf("HTTP/2 %v: got %+v", h2, got)
		}
		res, _ = openStream(t, web, "{")
		if text, err := io.ReadAll(res.Body); res.StatusCode != http.StatusRequestTimeout || err != nil {
			t.Errorf("HTTP/2 %v, before the first answer: got %d, %s, %v", h2, res.StatusCode, text, err)
		}
	}
}

// TestStreamStops ends when the service does, with what to do about it.
func TestStreamStops(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		wait := defaultPatience()
		web, stop := mirror(t, wait, nil, h2)
		res, _ := openStream(t, web, streamLine("a"))
		from := bufio.NewReader(res.Body)
		if _, err := from.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		stop()
		got := elements(t, from)
		if len(got) != 1 || got[0].Error == nil || got[0].Error.Code != 14 || time.Since(start) > wait.linger+wait.grace {
			t.Errorf("HTTP/2 %v: got %+v after %v", h2, got, time.Since(start))
		}
	}
}

// TestStreamClientGone leaves nothing behind of clients that are gone: in the middle of a line, while they wait, while they do not read.
func TestStreamClientGone(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		web, _ := mirror(t, defaultPatience(), nil, h2)
		warm, _ := openStream(t, web, streamLine("warm"))
		warm.Body.Close()
		web.Client().CloseIdleConnections()
		time.Sleep(300 * time.Millisecond)
		before := streamGoroutines()
		for _, body := range []string{streamLine("a") + "{", streamLine("a"), strings.Repeat(streamLine("a"), 20000)} {
			ctx, cancel := context.WithCancel(t.Context())
			r, w := io.Pipe()
			go io.WriteString(w, body) //nolint:errcheck // a test
			res, err := web.Client().Do(request(t, http.MethodPost, web.URL+streamPath, r).WithContext(ctx))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
			cancel()
			res.Body.Close()
			r.Close()
		}
		end := time.Now().Add(5 * time.Second)
		for streamGoroutines() > before && time.Now().Before(end) {
			time.Sleep(20 * time.Millisecond)
		}
		if n := streamGoroutines(); n > before {
			t.Errorf("HTTP/2 %v: %d goroutines of streams are left, %d before", h2, n, before)
		}
	}
}

// streamGoroutines counts those that work on streams: the mirror's and, behind it, those of gRPC's handler.
func streamGoroutines() int {
	stacks := make([]byte, 4<<20)
	n := 0
	for _, g := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(g, "streamCall") || strings.Contains(g, "recommendationServer") {
			n++
		}
	}
	return n
}
