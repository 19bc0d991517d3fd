package child

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/redis/go-redis/v9"
)

// startRedis keeps a redis-server: with a child in between, it too ends when the bench is gone.
func startRedis(ctx context.Context, args []string) (*server, error) {
	var err error
	for range 5 { // another process may take the free port first
		var s *server
		if s, err = tryRedis(ctx, args[0], args[1]); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func tryRedis(ctx context.Context, binary, dir string) (*server, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", dir, "--daemonize", "no") //nolint:gosec // the operator's own
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	failed, gone := make(chan error, 1), make(chan struct{})
	go func() {
		_ = cmd.Wait() // the state says it better
		failed <- fmt.Errorf("redis-server ended: %s", cmd.ProcessState)
		close(gone)
	}()
	stop := func() error {
		_ = cmd.Process.Kill() // it has nothing to save
		<-gone
		return nil
	}
	if err := awaitRedis(ctx, addr, failed); err != nil {
		return nil, errors.Join(err, stop())
	}
	return &server{addrs: Addrs{Main: addr}, failed: failed, stop: stop}, nil
}

func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

const redisTimeout = 5 * time.Second

// awaitRedis returns when the server answers, or why it does not.
func awaitRedis(ctx context.Context, addr string, failed <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer func() { _ = client.Close() }()
	for {
		if client.Ping(ctx).Err() == nil {
			return nil
		}
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return fmt.Errorf("redis-server does not answer at %s", addr)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
