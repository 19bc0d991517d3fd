package redisstore_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

// secret is a password that no error may contain, with characters that an URL must escape.
const (
	secret        = "s3cr3t/pa:ss"
	escapedSecret = "s3cr3t%2Fpa%3Ass"
)

// wantRefusal opens a store that can't be opened, and looks for words in the error.
func wantRefusal(t *testing.T, url string, want ...string) {
	t.Helper()
	s, err := redisstore.Open(t.Context(), url, redisstore.Options{Timeout: time.Second})
	if err == nil {
		_ = s.Close()
		t.Fatal("Open: got no error")
	}
	for _, w := range append(want, "redisstore: open: ") {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("Open: got error %q, want %q in it", err, w)
		}
	}
	if strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("Open: the error has the password in it: %q", err)
	}
}

// listen accepts connections and hands them to serve.
func listen(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			go serve(c)
		}
	}()
	return l.Addr().String()
}

func TestOpenRefusesURL(t *testing.T) {
	for url, want := range map[string]string{
		"":                             "must start with redis://",
		"localhost:6379":               "must start with redis://",
		"http://localhost":             "must start with redis://",
		"redis://":                     "names no host",
		"redis://:s3cr3t/x@localhost":  "can't be read",
		"redis://:1234/s3cr3t@host":    "names no host",
		"redis://u:s3cr3t%zz@host":     "can't be read",
		"redis://a/s3cr3t@host":        "number of a database",
		"redis://a/-1":                 "number of a database",
		"redis://a?s3cr3t@host":        "%3F",
		"redis://a#s3cr3t@host":        "%23",
		"redis://s3cr3t@host":          "no password",
		"redis://a/0?dial_timeout=3s":  "query",
		"redis://u:s3cr3t@host\x00/":   "can't be read",
		"rediss://u:s3cr3t@:6379/0":    "names no host",
		"redis://u:s3cr3t@[::1/broken": "can't be read",
	} {
		t.Run(url, func(t *testing.T) { wantRefusal(t, url, want) })
	}
}

func TestOpenRefusesTenant(t *testing.T) {
	for _, tenant := range []string{"a b", "a}b", "a:b", "{", "é", strings.Repeat("x", 65)} {
		_, err := redisstore.Open(t.Context(), "redis://127.0.0.1:1", redisstore.Options{Tenant: tenant})
		if err == nil || !strings.Contains(err.Error(), "tenant's name") {
			t.Errorf("Open for tenant %q: got error %v, want one about the name", tenant, err)
		}
	}
}

func TestOpenOfNoRedis(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	silent := listen(t, func(net.Conn) {})
	rude := listen(t, func(c net.Conn) { _ = c.Close() })
	echo := listen(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
	echoing := listen(t, func(c net.Conn) {
		buf := make([]byte, 4096)
		for n, err := c.Read(buf); err == nil; n, err = c.Read(buf) {
			_, _ = c.Write([]byte("-ERR unknown command, with args " + strings.ReplaceAll(string(buf[:n]), "\r\n", " ") + "\r\n"))
		}
	})
	password := "redis://user:" + escapedSecret + "@"

	tests := map[string]struct {
		url  string
		want []string
	}{
		"nothing listens":     {"redis://" + strings.TrimPrefix(closed.URL, "http://"), []string{"connection refused", "check that it runs"}},
		"no such host":        {"redis://nowhere.invalid", []string{"nowhere.invalid:6379"}},
		"a web server":        {"redis://" + strings.TrimPrefix(web.URL, "http://"), []string{"does not speak the Redis protocol"}},
		"silence":             {password + silent, []string{"does not answer in time"}},
		"a closed door":       {password + rude, []string{"closed the connection", "rediss://"}},
		"an echo":             {password + echo, []string{"does not speak the Redis protocol"}},
		"errors with secrets": {password + echoing, []string{"[password]"}},
		"TLS, but no TLS":     {"rediss://user:" + escapedSecret + "@" + strings.TrimPrefix(web.URL, "http://"), []string{"write redis://"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantRefusal(t, tt.url, tt.want...) })
	}
}

func TestOpenWithPassword(t *testing.T) {
	host := strings.TrimPrefix(ledgertest.Redis(t, "--requirepass", secret), "redis://")
	wantRefusal(t, "redis://"+host, "NOAUTH", "check user and password")
	wantRefusal(t, "redis://:s3cr3twrong@"+host, "WRONGPASS", "check user and password")
	wantRefusal(t, "redis://nobody:"+escapedSecret+"@"+host, "WRONGPASS", "check user and password")
	open(t, "redis://:"+escapedSecret+"@"+host, redisstore.Options{})
	open(t, "redis://default:"+escapedSecret+"@"+host+"/3", redisstore.Options{})

	plain := strings.TrimPrefix(ledgertest.Redis(t), "redis://")
	wantRefusal(t, "redis://nobody:"+escapedSecret+"@"+plain, "check user and password")
	wantRefusal(t, "redis://"+plain+"/99", "DB index is out of range")
}

func TestOpenRefusesRole(t *testing.T) {
	primary := strings.TrimPrefix(ledgertest.Redis(t), "redis://")
	wantRefusal(t, ledgertest.Redis(t, "--replicaof", strings.ReplaceAll(primary, ":", " ")), "replica", "primary, "+primary)
	wantRefusal(t, ledgertest.Redis(t, "--cluster-enabled", "yes"), "Redis Cluster", "redis+cluster://")
}

func TestOpenRefusesNewerFormat(t *testing.T) {
	url := ledgertest.Redis(t)
	open(t, url, redisstore.Options{})
	if err := direct(t, url).Set(t.Context(), "surprised:{default}:format", "2", 0).Err(); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, url, `format "2"`, "only 1", "newer")
	open(t, url, redisstore.Options{Tenant: "other"})
}

// TestOpenWarns has warnings about what loses data, and none without a reason.
func TestOpenWarns(t *testing.T) {
	for name, tt := range map[string]struct {
		args, want []string
	}{
		"nothing on disk":  {nil, []string{"set appendonly yes"}},
		"append-only file": {[]string{"--appendonly", "yes"}, nil},
		"snapshots":        {[]string{"--save", "60 1"}, []string{"only snapshots", "set appendonly yes"}},
		"lazy file":        {[]string{"--appendonly", "yes", "--appendfsync", "no"}, []string{"set appendfsync everysec"}},
		"eviction": {
			[]string{"--appendonly", "yes", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"},
			[]string{"allkeys-lru", "set it to noeviction"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			open(t, ledgertest.Redis(t, tt.args...), redisstore.Options{Warn: func(w string) { got = append(got, w) }})
			wantWarning(t, got, tt.want)
		})
	}
}

func wantWarning(t *testing.T, got, want []string) {
	t.Helper()
	if want == nil && got != nil || want != nil && len(got) != 1 {
		t.Errorf("got warnings %q, want one with %q", got, want)
	}
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.Contains(g, w) }) {
			t.Errorf("got warnings %q, want %q in one", got, w)
		}
	}
}

// TestOpenWithFewRights has a user who may not ask about the server, and then one who may not even write.
func TestOpenWithFewRights(t *testing.T) {
	url := ledgertest.Redis(t)
	admin := direct(t, url)
	for user, rights := range map[string][]any{
		"careful": {"~surprised:*", "+@all", "-info", "-config"},
		"reader":  {"~surprised:*", "+@read", "+@connection", "+info"},
	} {
		args := append([]any{"acl", "setuser", user, "on", ">" + secret}, rights...)
		if err := admin.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	host := strings.TrimPrefix(url, "redis://")
	var got []string
	s := open(t, "redis://careful:"+escapedSecret+"@"+host, redisstore.Options{Warn: func(w string) { got = append(got, w) }})
	wantWarning(t, got, []string{"may not use INFO"})
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1)}); err != nil {
		t.Errorf("Apply by a user without INFO: %v", err)
	}
	if err := admin.Del(t.Context(), "surprised:{default}:format").Err(); err != nil && !errors.Is(err, redis.Nil) {
		t.Fatal(err)
	}
	wantRefusal(t, "redis://reader:"+escapedSecret+"@"+host, "NOPERM", "allow the Redis user")
}

// TestURLOfSocketFile says that only TCP is spoken.
func TestURLOfSocketFile(t *testing.T) {
	wantRefusal(t, "unix://"+filepath.Join(t.TempDir(), "redis.sock"), "must start with redis://")
}
