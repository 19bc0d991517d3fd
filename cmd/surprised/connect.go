package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
)

const defaultServer = "127.0.0.1:7070"

// connection says how to reach a server.
type connection struct {
	addr, apiKey, ca string
	tls, insecure    bool
	timeout          time.Duration
}

func (c *connection) connectionFlags(f *pflag.FlagSet) {
	f.StringVar(&c.addr, "server", defaultServer, "host:port of the service's gRPC listener")
	f.StringVar(&c.apiKey, "api-key", "", "key to send to the service (better: the variable SURPRISED_API_KEY, which other users cannot see)")
	f.BoolVar(&c.tls, "tls", false, "connect with TLS and check the certificate against the system's authorities")
	f.StringVar(&c.ca, "ca", "", "PEM file with the authorities to check the certificate against; means --tls")
	f.BoolVar(&c.insecure, "insecure", false, "allow a connection to another machine without TLS")
	f.DurationVar(&c.timeout, "timeout", 30*time.Second, "the longest that one call may take")
}

// connectionFlagNames are of the flags that mean nothing without a server.
func connectionFlagNames() []string {
	return []string{"server", "api-key", "tls", "ca", "insecure", "timeout"}
}

// dial prepares the connection; the first call opens it.
func (c *connection) dial(getenv func(string) string) (*grpc.ClientConn, error) {
	security, err := c.credentials()
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{grpc.WithTransportCredentials(security), grpc.WithDefaultServiceConfig(retries), grpc.WithKeepaliveParams(alive())}
	key := c.apiKey
	if key == "" {
		key = getenv("SURPRISED_API_KEY")
	}
	if key = strings.TrimSpace(key); key != "" {
		if strings.Trim(key, printableASCII) != "" {
			return nil, usagef("--api-key: the key has characters that no key has")
		}
		options = append(options, grpc.WithPerRPCCredentials(bearer(key)))
	}
	conn, err := grpc.NewClient(c.addr, options...)
	if err != nil {
		return nil, usagef("--server: %w", err)
	}
	return conn, nil
}

// alive finds out that a service is gone although nothing says so, while a stream waits for what it has to tell.
func alive() keepalive.ClientParameters {
	return keepalive.ClientParameters{Time: time.Minute, Timeout: 20 * time.Second}
}

// retries repeats a call that never reached the server. What this program calls only reads, or has one effect however often it arrives.
const retries = `{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.2s", "maxBackoff": "2s",
	"backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}`

const printableASCII = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

func (c *connection) credentials() (credentials.TransportCredentials, error) {
	host, _, err := net.SplitHostPort(c.addr)
	if err != nil {
		return nil, usagef("--server: %q is not host:port, for example %s", c.addr, defaultServer)
	}
	switch {
	case c.ca != "":
		return authorities(c.ca)
	case c.tls:
		return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS13}), nil
	case !c.insecure && !isLoopback(host):
		return nil, usagef("--server: %s is another machine, and without TLS anybody between could read the customers' data: add --tls or --ca FILE; "+
			"or, where the network itself is trusted, --insecure", c.addr)
	}
	return insecure.NewCredentials(), nil
}

func authorities(file string) (credentials.TransportCredentials, error) {
	pem, err := os.ReadFile(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("--ca: %s has no certificate in PEM form", file)
	}
	return credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}), nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// bearer sends an API key with each call.
type bearer string

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials. Off loopback dial has asked for TLS or for consent.
func (b bearer) RequireTransportSecurity() bool { return false }

// explain makes the failure of a call an error for people.
func (c *connection) explain(err error) error {
	st, ok := status.FromError(err)
	if !ok {
		return err
	}
	answered := false // by the service itself, which then says what to do
	for _, d := range st.Details() {
		_, is := d.(*errdetails.ErrorInfo)
		answered = answered || is
	}
	switch {
	case st.Code() == codes.Unavailable && !answered:
		return fmt.Errorf("no service answers at %s; start one with surprised serve, or name another with --server (%s)", c.addr, st.Message())
	case st.Code() == codes.DeadlineExceeded:
		return fmt.Errorf("the service at %s did not answer within %s; allow more with --timeout", c.addr, c.timeout)
	case st.Code() == codes.Unauthenticated:
		return fmt.Errorf("the service at %s: %s; give a key in SURPRISED_API_KEY or --api-key", c.addr, st.Message())
	}
	return fmt.Errorf("the service at %s: %s", c.addr, st.Message())
}
