// Package config holds the settings of the service: one struct, its defaults and what is allowed.
package config

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Config is everything that an operator may set. Flags and environment variables fill it.
type Config struct {
	// CatalogDir is the folder of the catalogue's YAML files.
	CatalogDir string
	// Store is bolt:PATH, redis://..., redis+sentinel://..., redis+cluster://..., rediss... for TLS, or mem:.
	Store string
	// Durability is local or replicated: whether what was acknowledged outlives the Redis that took it. A file or memory is local.
	Durability string
	// Tenant separates several services in one store.
	Tenant string
	// GRPCAddr, HTTPAddr and AdminAddr are host:port. An empty HTTPAddr or AdminAddr switches that listener off.
	GRPCAddr, HTTPAddr, AdminAddr string
	// APIKeysFile lists the hashes of the keys that callers must send. Empty: no keys, which only loopback may have.
	APIKeysFile string
	// TLSCert and TLSKey are PEM files for the gRPC and HTTP listeners. Both or none.
	TLSCert, TLSKey string
	// OfferKeyFile has the keys that sign offers, in hex, one on a line, the newest first. Empty: one is kept in the store.
	OfferKeyFile string
	// Insecure allows listeners off loopback without keys or TLS.
	Insecure bool
	// LogLevel is debug, info, warn or error; LogFormat is console or json.
	LogLevel, LogFormat string
	// Deadline bounds every call, also those that bring no deadline of their own.
	Deadline time.Duration
	// EventRetention is how long the log of events is kept.
	EventRetention time.Duration
}

// Default returns the settings for a first try: all on loopback, everything in one file.
func Default() Config {
	return Config{
		CatalogDir: "examples/catalog", Store: "bolt:data/surprised.db", Durability: "local", Tenant: "default",
		GRPCAddr: "127.0.0.1:7070", HTTPAddr: "127.0.0.1:7080", AdminAddr: "127.0.0.1:7090",
		LogLevel: "info", LogFormat: "console", Deadline: 5 * time.Second, EventRetention: 90 * 24 * time.Hour,
	}
}

const maxRetention = 10 * 365 * 24 * time.Hour

// Validate reports all settings that are not allowed, at once, by their flags.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.CatalogDir == "" {
		bad("--catalog: give the folder of the catalogue")
	}
	if c.Store == "" {
		bad("--store: give bolt:PATH, redis://HOST:PORT/DB, redis+sentinel://HOST:PORT/MASTERNAME, redis+cluster://HOST:PORT or mem:")
	}
	if strings.Trim(c.Tenant, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || c.Tenant == "" || len(c.Tenant) > 64 {
		bad("--tenant: %q may only have lower-case letters, digits, - and _, at most 64", c.Tenant)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		bad("--tls-cert and --tls-key: give both or none")
	}
	if c.Deadline < 10*time.Millisecond || c.Deadline > 5*time.Minute {
		bad("--deadline: %s is not between 10ms and 5m", c.Deadline)
	}
	if c.EventRetention < time.Hour || c.EventRetention > maxRetention {
		bad("--event-retention: %s is not between 1h and 87600h (ten years)", c.EventRetention)
	}
	errs = append(errs, oneOf("--durability", c.Durability, "local", "replicated"))
	errs = append(errs, oneOf("--log-level", c.LogLevel, "debug", "info", "warn", "error"), oneOf("--log-format", c.LogFormat, "console", "json"))
	return errors.Join(append(errs, c.validateListeners()...)...)
}

func oneOf(flag, got string, allowed ...string) error {
	for _, a := range allowed {
		if a == got {
			return nil
		}
	}
	return fmt.Errorf("%s: %q is none of %s", flag, got, strings.Join(allowed, ", "))
}

func (c Config) validateListeners() []error {
	var errs []error
	for _, l := range []struct {
		flag, addr string
		secured    bool
		optional   bool
	}{
		{"--grpc-addr", c.GRPCAddr, c.secured(), false},
		{"--http-addr", c.HTTPAddr, c.secured(), true},
		{"--admin-addr", c.AdminAddr, false, true},
	} {
		if l.addr == "" && l.optional {
			continue
		}
		host, _, err := net.SplitHostPort(l.addr)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %q is not host:port, for example 127.0.0.1:7070", l.flag, l.addr))
		case !isLoopback(host) && !l.secured && !c.Insecure:
			errs = append(errs, fmt.Errorf("%s: %s can be reached from other machines%s; or, where the network itself is trusted, add --insecure", l.flag, l.addr, remedy(l.flag)))
		}
	}
	return errs
}

func remedy(flag string) string {
	if flag == "--admin-addr" {
		return ": keep metrics and profiles on loopback"
	}
	return ": give --api-keys and --tls-cert with --tls-key"
}

// secured reports whether callers are known and nobody can listen.
func (c Config) secured() bool { return c.APIKeysFile != "" && c.TLSCert != "" }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
