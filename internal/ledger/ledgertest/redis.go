package ledgertest

import (
	"bufio"
	"bytes"
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

// Redis starts a redis-server for one test, on a free port of the loopback interface and in a folder of its own, and returns its URL.
// It keeps nothing on disk unless args, which are added to its command line, say so. The server ends with the test.
//
// Starting takes some 50 ms; tests that can tell their keys apart, by tenant, better share one.
func Redis(t testing.TB, args ...string) (url string) {
	t.Helper()
	binary := findRedis(t)
	for range 5 { // another process may take the free port first
		addr := freeAddr(t)
		out, err := startRedis(t, binary, addr, args)
		if err == nil {
			return "redis://" + addr
		}
		if !strings.Contains(out, "Address already in use") {
			t.Fatalf("redis-server: %v\n%s", err, out)
		}
	}
	t.Fatal("redis-server: found no free port in five tries")
	return ""
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

// startRedis starts a server and waits until it answers. out is what the server printed, where it did not start.
func startRedis(t testing.TB, binary, addr string, args []string) (out string, err error) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	var printed bytes.Buffer
	common := []string{"--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir(), "--daemonize", "no"}
	cmd := exec.Command(binary, append(common, args...)...)
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		return "", err
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // why it ended is in what it printed
		close(exited)
	}()
	stop := func() {
		_ = cmd.Process.Kill()
		<-exited
	}
	if err := awaitRedis(addr, exited); err != nil {
		stop()
		return printed.String(), err
	}
	t.Cleanup(stop)
	return "", nil
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
