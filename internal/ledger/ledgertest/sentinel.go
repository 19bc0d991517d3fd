package ledgertest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// SentinelMaster is the name under which the Sentinels of a test watch their primary.
const SentinelMaster = "surprises"

// How many of each a test's Sentinels have. Two of three Sentinels must agree.
const (
	sentinelReplicas = 2
	sentinels        = 3
	quorum           = 2
)

// downAfter is after how much silence a Sentinel of a test takes a server for dead.
const downAfter = 500 * time.Millisecond

// agreeTimeout bounds how long servers and Sentinels may take to agree, also after a failover.
const agreeTimeout = 30 * time.Second

// Sentinels are one primary, two replicas and the three Sentinels that watch them. Methods are for one goroutine at a time.
type Sentinels struct {
	// Servers are the Redis servers; the first one begins as the primary.
	Servers []*Server
	// Watchers are the Sentinels.
	Watchers []*Server
}

// Sentinel starts Sentinels on the loopback interface, which end with the test, and returns when all of them agree. That takes about three seconds.
// args are added to the command line of each Redis server.
func Sentinel(t testing.TB, args ...string) *Sentinels {
	t.Helper()
	s := &Sentinels{Servers: []*Server{StartRedis(t, args...)}}
	first := strings.Replace(s.Servers[0].Addr, ":", " ", 1)
	for range sentinelReplicas {
		s.Servers = append(s.Servers, StartRedis(t, append(args, "--replicaof", first)...))
	}
	for range sentinels {
		s.Watchers = append(s.Watchers, startSentinel(t, first))
	}
	await(t, "agree on "+s.Servers[0].Addr, func() bool { return s.agree(s.Servers[0].Addr) })
	return s
}

// startSentinel starts one Sentinel for the primary at "host port".
func startSentinel(t testing.TB, primary string) *Server {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sentinel.conf")
	const name = SentinelMaster
	lines := []string{
		fmt.Sprintf("sentinel monitor %s %s %d", name, primary, quorum),
		fmt.Sprintf("sentinel down-after-milliseconds %s %d", name, downAfter.Milliseconds()),
		fmt.Sprintf("sentinel failover-timeout %s 3000", name),
		fmt.Sprintf("sentinel parallel-syncs %s 2", name),
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := findRedis(t)
	addr := freeAddr(t)
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	w := &Server{Addr: addr, binary: binary}
	w.args = []string{path, "--sentinel", "--bind", host, "--port", port, "--dir", filepath.Dir(path), "--daemonize", "no"}
	if err := w.Start(); err != nil {
		t.Fatalf("Sentinel: %v\n%s", err, w.printed)
	}
	t.Cleanup(w.Kill)
	return w
}

// AwaitReplicas returns when a primary has so many replicas that follow it.
func AwaitReplicas(t testing.TB, primary *Server, n int) {
	t.Helper()
	await(t, fmt.Sprintf("have %d replicas", n), func() bool {
		info, err := ask(primary.Addr, "INFO", "replication")
		return err == nil && strings.Count(info, "state=online") == n
	})
}

// URL is where a store finds the servers.
func (s *Sentinels) URL() string {
	addrs := make([]string, len(s.Watchers))
	for i, w := range s.Watchers {
		addrs[i] = w.Addr
	}
	return "redis+sentinel://" + strings.Join(addrs, ",") + "/" + SentinelMaster
}

// Primary returns the server that the first running Sentinel names.
func (s *Sentinels) Primary(t testing.TB) *Server {
	t.Helper()
	for _, w := range s.Watchers {
		if w.cmd == nil {
			continue
		}
		addr := primaryOf(w.Addr)
		for _, server := range s.Servers {
			if server.Addr == addr {
				return server
			}
		}
	}
	t.Fatal("no Sentinel names a primary that this test started")
	return nil
}

// BeginFailover asks for another primary and returns the old one, which goes on for some seconds. AwaitPrimary returns the next one.
func (s *Sentinels) BeginFailover(t testing.TB) (old *Server) {
	t.Helper()
	old = s.Primary(t)
	await(t, "begin a failover", func() bool {
		answer, err := ask(s.Watchers[0].Addr, "SENTINEL", "FAILOVER", SentinelMaster)
		return err == nil && answer == "OK"
	})
	return old
}

// Failover asks for another primary, and returns when all Sentinels and servers follow it. That takes about ten seconds.
func (s *Sentinels) Failover(t testing.TB) (primary *Server) {
	t.Helper()
	return s.AwaitPrimary(t, s.BeginFailover(t))
}

// KillPrimary ends the primary as kill -9 does. AwaitPrimary returns the next one.
func (s *Sentinels) KillPrimary(t testing.TB) (killed *Server) {
	t.Helper()
	killed = s.Primary(t)
	killed.Kill()
	return killed
}

// AwaitPrimary returns the primary that all Sentinels and servers have agreed on instead of another one.
func (s *Sentinels) AwaitPrimary(t testing.TB, instead *Server) (primary *Server) {
	t.Helper()
	await(t, "agree on another primary than "+instead.Addr, func() bool {
		primary = s.Primary(t)
		return primary != instead && s.agree(primary.Addr)
	})
	return primary
}

func await(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(agreeTimeout)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("Redis did not %s within %s", what, agreeTimeout)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// agree reports whether every Sentinel knows all others and names this primary, and whether all servers that run follow it.
func (s *Sentinels) agree(primary string) bool {
	for _, w := range s.Watchers {
		if primaryOf(w.Addr) != primary || !knowsOthers(w.Addr) {
			return false
		}
	}
	followers := 0
	for _, server := range s.Servers {
		if server.cmd != nil && server.Addr != primary {
			followers++
		}
	}
	info, err := ask(primary, "INFO", "replication")
	return err == nil && strings.Contains(info, "role:master") && strings.Count(info, "state=online") == followers
}

func primaryOf(sentinel string) string {
	answer, err := ask(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", SentinelMaster)
	if err != nil {
		return ""
	}
	return strings.Replace(answer, "\n", ":", 1)
}

// knowsOthers reports whether a Sentinel could take part in a failover.
func knowsOthers(sentinel string) bool {
	known, err := ask(sentinel, "INFO", "sentinel")
	return err == nil && strings.Contains(known, fmt.Sprintf("slaves=%d,sentinels=%d", sentinelReplicas, sentinels))
}

// ask sends a command to a server and returns its answer: a text, or the lines of a list of texts. A nil is empty.
func ask(addr string, words ...string) (string, error) {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return "", err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := conn.Write(b.Bytes()); err != nil {
		return "", err
	}
	return readAnswer(bufio.NewReader(conn))
}

func readAnswer(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil || len(line) < len("+\r\n") {
		return "", errors.Join(err, errors.New("no answer"))
	}
	kind, rest := line[0], strings.TrimSuffix(line[1:], "\r\n")
	if kind == '-' {
		return "", errors.New(rest)
	}
	if kind != '$' && kind != '*' {
		return rest, nil
	}
	n, err := strconv.Atoi(rest)
	switch {
	case err != nil || n < 0:
		return "", err
	case kind == '$':
		text := make([]byte, n+len("\r\n"))
		_, err := io.ReadFull(r, text)
		return string(text[:n]), err
	}
	items := make([]string, n)
	for i := range items {
		if items[i], err = readAnswer(r); err != nil {
			return "", err
		}
	}
	return strings.Join(items, "\n"), nil
}
