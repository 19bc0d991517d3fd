package redisstore

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// format is the version of the layout that this package writes.
const format = "1"

const (
	defaultTimeout = 2 * time.Second
	defaultTenant  = "default"
)

// Options are what may be left out.
type Options struct {
	// Tenant is part of every key, so that several services can share a Redis. Empty: "default".
	Tenant string
	// Timeout bounds connecting, each write, each read and the wait for a free connection, where the context gives no less time. Opening
	// takes five of them at most. 0: two seconds.
	Timeout time.Duration
	// Connections is how many the store may have open. 0: ten for each processor.
	Connections int
	// TLS is used with rediss:// and rediss+sentinel://. nil: the system's certificate authorities.
	TLS *tls.Config
	// Replicas is how many replicas must have a change before Apply returns nil; see Durable in package ledger. 0: a change may be lost when
	// its Redis fails.
	Replicas int
	// Warn is told what an operator should know, one sentence a call. nil: nobody.
	Warn func(string)
	// Step is called at the steps of each change in a cluster, see StepReserved in package ledger; nil: nothing is.
	Step func(name string)
}

// Open connects to the Redis at url, or to the primary that the Sentinels at url name, and makes sure that it can serve as a store. It never puts the
// password into an error.
func Open(ctx context.Context, url string, opts Options) (*Store, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*cmp.Or(opts.Timeout, defaultTimeout))
	defer cancel()
	s, err := newStore(ctx, url, opts)
	if err != nil {
		return nil, fmt.Errorf("redisstore: open: %w", err)
	}
	warn := opts.Warn
	if warn == nil {
		warn = func(string) {}
	}
	if err := s.probe(ctx, warn); err != nil {
		_ = s.client.Close() // the first error says more
		return nil, err
	}
	return s, nil
}

func newStore(ctx context.Context, url string, opts Options) (*Store, error) {
	keys, err := newKeys(cmp.Or(opts.Tenant, defaultTenant))
	if err != nil {
		return nil, err
	}
	logging.Disable() // all that it says is in the errors that calls return
	s, err := connect(ctx, url, opts)
	if err != nil {
		return nil, err
	}
	s.keys, s.sha = keys, redis.NewScript(applyScript).Hash()
	s.timeout = cmp.Or(opts.Timeout, defaultTimeout)
	s.replicas = opts.Replicas
	s.sender = newSender(s.client)
	s.loads.read = s.mget
	return s, nil
}

// connect makes a store that has its client, and not much else yet.
func connect(ctx context.Context, url string, opts Options) (*Store, error) {
	if isSentinelURL(url) {
		return openSentinel(ctx, url, opts)
	}
	o, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	prepare(o, opts)
	return &Store{explainer: explainer{place: "Redis at " + o.Addr, password: o.Password}, client: redis.NewClient(o)}, nil
}

// prepare adds to what an URL says what the options say.
func prepare(client *redis.Options, opts Options) {
	if client.TLSConfig != nil && opts.TLS != nil {
		server := client.TLSConfig.ServerName
		client.TLSConfig = opts.TLS.Clone()
		client.TLSConfig.ServerName = cmp.Or(client.TLSConfig.ServerName, server)
	}
	configure(client, cmp.Or(opts.Timeout, defaultTimeout), opts.Connections)
}

// configure sets all that decides how long a call may take; the client's defaults change between versions.
func configure(o *redis.Options, timeout time.Duration, connections int) {
	o.ContextTimeoutEnabled = true
	o.DialTimeout = timeout
	o.DialerRetries = 1
	o.ReadTimeout = timeout
	o.WriteTimeout = timeout
	o.PoolTimeout = timeout
	o.MaxRetries = 1 // reads only, see onceCmd
	o.MinRetryBackoff = 10 * time.Millisecond
	o.MaxRetryBackoff = 50 * time.Millisecond
	o.ConnMaxIdleTime = 5 * time.Minute // less than most firewalls allow
	o.PoolSize = connections
	o.PipelinePoolSize = -1 // pipelines share the connections
	o.Protocol = 2          // the other one only adds messages that nobody asked for
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// probe finds out whether this is a Redis that takes writes, and what is unsafe about it.
func (s *Store) probe(ctx context.Context, warn func(string)) error {
	if err := s.client.Ping(ctx).Err(); err != nil {
		return s.explain(ctx, "open", err)
	}
	info, err := s.info(ctx)
	switch {
	case redis.IsPermissionError(err):
		warn("this Redis user may not use INFO: whether Redis evicts keys or keeps its data on disk is not known")
	case err != nil:
		return s.explain(ctx, "open", err)
	default:
		if err := info.check(s.failsOver); err != nil {
			return fmt.Errorf("redisstore: open: %s: %w", s.place, err)
		}
		if err := info.checkReplicas(s.replicas, s.failsOver, warn); err != nil {
			return fmt.Errorf("redisstore: open: %s: %w", s.place, err)
		}
		info.warn(warn, s.setting(ctx, "save"), s.setting(ctx, "appendfsync"))
		info.warnReplicas(warn, s.replicas, s.failsOver)
	}
	if err := s.checkFormat(ctx); err != nil {
		return err
	}
	if s.watch != nil && s.replicas > 0 {
		s.watch(info.onlineReplicas())
	}
	return nil
}

// checkFormat refuses data of a newer program, and marks a tenant's first use.
func (s *Store) checkFormat(ctx context.Context) error {
	found, err := s.client.Get(ctx, s.keys.format()).Result()
	if errors.Is(err, redis.Nil) {
		found, err = format, s.client.SetNX(ctx, s.keys.format(), format, 0).Err()
	}
	if err != nil {
		return s.explain(ctx, "open", err)
	}
	if found != format {
		return fmt.Errorf("redisstore: open: the data has format %.20q, this program knows only %s: use the version of the program that wrote it, or a newer one", found, format)
	}
	return nil
}
