// Package script has scripts run on Redis without the ledger: a trivial one, the least that anything decided in Redis could cost, and the
// ledger's own.
package script

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/bench/internal/load"
)

const (
	source = "return 1"
	// key is one that the script names and never touches.
	key = "bench:script"
)

// Script is the trivial script on one Redis. It is safe for concurrent use.
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
	return benchmark(ctx, binary, s.addr, clients, n, "EVALSHA", s.sha, "1", key, "1")
}
