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

// explainer knows what errors of one Redis must say, and must not.
type explainer struct {
	place     string // how errors call it, such as "Redis at 127.0.0.1:6379"
	password  string // to keep it out of errors
	failsOver bool   // another Redis may take its place, and clients follow
}

// explain adds the operation, the address and the way out to an error.
func (x explainer) explain(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	err = x.redact(err)
	if ended := contextErr(ctx); ended != nil {
		return fmt.Errorf("redisstore: %s: %w (%w)", op, ended, err)
	}
	if hint := x.hint(err); hint != "" {
		return fmt.Errorf("redisstore: %s: %s: %w: %s", op, x.place, err, hint)
	}
	return fmt.Errorf("redisstore: %s: %s: %w", op, x.place, err)
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
func (x explainer) hint(err error) string {
	var short *shortError
	switch {
	case errors.As(err, &short), redis.HasErrorPrefix(err, "NOREPLICAS"):
		return "check that its replicas run and keep up"
	case !x.failsOver || !isFailover(err):
		return hint(err)
	case redis.IsReadOnlyError(err), redis.IsLoadingError(err), hint(err) == "":
		return failoverHint
	}
	return hint(err) + "; " + failoverHint
}

const failoverHint = "another primary may be about to take over, repeat the call in a moment"

// isFailover tells what clients see while another primary takes over.
func isFailover(err error) bool {
	var opErr *net.OpError
	return redis.IsReadOnlyError(err) || redis.IsLoadingError(err) || redis.HasErrorPrefix(err, "MASTERDOWN") ||
		errors.As(err, &opErr) && opErr.Op == "dial" || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) ||
		strings.Contains(err.Error(), "all sentinels specified")
}

// hint returns what to do about an error of any Redis, or nothing.
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

func (x explainer) redact(err error) error {
	if err == nil || x.password == "" || !strings.Contains(err.Error(), x.password) {
		return err
	}
	return &redactedError{text: strings.ReplaceAll(err.Error(), x.password, "[password]"), cause: err}
}
