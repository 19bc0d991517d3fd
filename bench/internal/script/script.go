// Package script calls a trivial script on Redis: the least that anything decided in Redis could cost.
package script

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/bench/internal/load"
)

const (
	source = "return 1"
	// key is one that the script names and never touches.
	key = "bench:script"
)

// Script is the script on one Redis. It is safe for concurrent use.
type Script struct {
	client *redis.Client
	addr   string
	sha    string
}

// Load puts the script into the Redis at an address. Its client has its defaults, and with them as many connections as the ledger's.
func Load(ctx context.Context, addr string) (*Script, error) {
	s := &Script{addr: addr, client: redis.NewClient(&redis.Options{Addr: addr})}
	var err error
	if s.sha, err = s.client.ScriptLoad(ctx, source).Result(); err != nil {
		return nil, errors.Join(fmt.Errorf("load a script: %w", err), s.Close())
	}
	return s, nil
}

// Close closes the connections.
func (s *Script) Close() error { return s.client.Close() }

// Call runs the script once. It is a load.Call.
func (s *Script) Call(ctx context.Context, _, _ int) error {
	if err := s.client.EvalSha(ctx, s.sha, []string{key}, 1).Err(); err != nil {
		return fmt.Errorf("EVALSHA: %w", err)
	}
	return nil
}

// Benchmark has redis-benchmark, which binary names, run the script n times from so many clients.
func (s *Script) Benchmark(ctx context.Context, binary string, clients, n int) (load.Result, error) {
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return load.Result{}, err
	}
	args := []string{"-h", host, "-p", port, "-c", strconv.Itoa(clients), "-n", strconv.Itoa(n), "--csv", "EVALSHA", s.sha, "1", key, "1"}
	out, err := exec.CommandContext(ctx, binary, args...).Output() //nolint:gosec // the operator's own
	if err != nil {
		return load.Result{}, fmt.Errorf("%s: %w", binary, err)
	}
	return read(string(out), n)
}

// read reads what redis-benchmark prints with --csv: a line of names, and one of values.
func read(text string, n int) (load.Result, error) {
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(lines) != 2 {
		return load.Result{}, fmt.Errorf("redis-benchmark printed %q; it must be of Redis 6.2 or later", text)
	}
	value := func(name string) float64 {
		i := slices.Index(lines[0], name)
		if i < 0 {
			return 0
		}
		x, _ := strconv.ParseFloat(lines[1][i], 64) // none is 0
		return x
	}
	rate := value("rps")
	if !(rate > 0) {
		return load.Result{}, fmt.Errorf("redis-benchmark printed no rate: %q", text)
	}
	millis := func(name string) time.Duration { return time.Duration(value(name) * float64(time.Millisecond)) }
	took := time.Duration(float64(n) / rate * float64(time.Second))
	return load.Result{Calls: n, Took: took, P50: millis("p50_latency_ms"), P99: millis("p99_latency_ms")}, nil
}
