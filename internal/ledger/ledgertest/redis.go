package ledgertest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// SkipRedisEnv names the environment variable that, set to "skip", skips tests which need a redis-server instead of failing them.
const SkipRedisEnv = "SURPRISED_TEST_REDIS"

// startTimeout is how long a redis-server may take to answer on a busy machine.
const startTimeout = 10 * time.Second

// Redis starts a redis-server for one test and returns its URL, see StartRedis.
func Redis(t testing.TB, args ...string) (url string) {
	t.Helper()
	return StartRedis(t, args...).URL()
}

// StartRedis starts a redis-server for one test, on a free port of the loopback interface and in a folder of its own. It keeps nothing on disk unless
// args, which are added to its command line, say so. The server ends with the test.
//
// Starting takes some 50 ms; tests that can tell their keys apart, by tenant, better share one.
func StartRedis(t testing.TB, args ...string) *Server {
	t.Helper()
	binary := findRedis(t)
	for range 5 { // another process may take the free port first
		s := &Server{Addr: freeAddr(t), binary: binary}
		host, port, err := net.SplitHostPort(s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		common := []string{
			"--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir(), "--daemonize", "no", "--repl-diskless-sync-delay", "0",
		}
		s.args = append(common, args...)
		err = s.Start()
		if err == nil {
			t.Cleanup(s.Kill)
			return s
		}
		if !strings.Contains(s.printed.String(), "Address already in use") {
			t.Fatalf("redis-server: %v\n%s", err, s.printed.String())
		}
	}
	t.Fatal("redis-server: found no free port in five tries")
	return nil
}

func findRedis(t testing.TB) (binary string) {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err == nil {
		return binary
	}
	if os.Getenv(SkipRedisEnv) == "skip" {
		t.Skipf("no redis-server, and %s=skip", SkipRedisEnv)
	}
	t.Fatalf("this test needs a redis-server: apt-get install redis-server, or brew install redis, or set %s=skip to leave it out (%v)",
		SkipRedisEnv, err)
	return ""
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// awaitRedis returns when the server answers, or why it will not.
func awaitRedis(addr string, exited <-chan struct{}) error {
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		select {
		case <-exited:
			return errors.New("it ended before it answered")
		default:
		}
		if answers(addr) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("no answer within %s", startTimeout)
}

// answers reports whether a Redis that has loaded its data answers, be it to ask for a password.
func answers(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && (strings.HasPrefix(line, "+PONG") || strings.HasPrefix(line, "-NOAUTH"))
}
