package redisstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// explain adds the operation, the address and the way out to an error.
func (s *Store) explain(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	err = s.redact(err)
	if ended := contextErr(ctx); ended != nil {
		return fmt.Errorf("redisstore: %s: %w (%w)", op, ended, err)
	}
	if hint := hint(err); hint != "" {
		return fmt.Errorf("redisstore: %s: Redis at %s: %w: %s", op, s.client.Options().Addr, err, hint)
	}
	return fmt.Errorf("redisstore: %s: Redis at %s: %w", op, s.client.Options().Addr, err)
}

// contextErr is ctx.Err, but for a deadline that a connection noticed before the context did.
func contextErr(ctx context.Context) error {
	//nolint:forbidigo // a deadline is a time of this machine's clock, and nothing of the ledger depends on it
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// hint returns what to do about an error, or nothing.
func hint(err error) string {
	var netErr net.Error
	var opErr *net.OpError
	switch {
	case redis.IsAuthError(err):
		return "check user and password, in the URL as redis://USER:PASSWORD@HOST with special characters as %XX"
	case redis.IsPermissionError(err):
		return "allow the Redis user this command and the keys surprised:*"
	case redis.IsReadOnlyError(err):
		return "it is a replica now, give the address of its primary"
	case redis.IsOOMError(err):
		return "raise its maxmemory"
	case redis.IsLoadingError(err):
		return "it reads its data from disk, try again in a moment"
	case errors.As(err, &netErr) && netErr.Timeout():
		return "it does not answer in time, check the address, whether it expects TLS (rediss://), and that it is not overloaded"
	case errors.As(err, &opErr) && opErr.Op == "dial":
		return "check that it runs and that the address is right"
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return "it closed the connection; if it expects TLS, write rediss://"
	case strings.Contains(err.Error(), "tls:"):
		return "if it does not expect TLS, write redis:// instead of rediss://, else check its certificate"
	case errors.Is(err, redis.ErrClosed):
		return ""
	case errors.Is(err, redis.ErrPoolTimeout):
		return "all connections are in use, allow more of them"
	case strings.Contains(err.Error(), "redis: "): // the client's own words for what it can't read
		return "what listens there does not speak the Redis protocol, check the address"
	}
	return ""
}

// redactedError hides the password that a server or proxy echoed.
type redactedError struct {
	text  string
	cause error
}

func (e *redactedError) Error() string { return e.text }

func (e *redactedError) Unwrap() error { return e.cause }

func (s *Store) redact(err error) error {
	if s.password == "" || !strings.Contains(err.Error(), s.password) {
		return err
	}
	return &redactedError{text: strings.ReplaceAll(err.Error(), s.password, "[password]"), cause: err}
}
