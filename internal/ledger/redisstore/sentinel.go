package redisstore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
)

const defaultSentinelPort = "26379"

const sentinelForm = "redis+sentinel://USER:PASSWORD@HOST:26379,HOST:26379/MASTERNAME/0"

// sentinels is where to ask which Redis is the primary.
type sentinels struct {
	// options are those of the primary, but for its address.
	options *redis.Options
	// addrs are the Sentinels, host:port each.
	addrs []string
	// master is the name under which they watch the primary.
	master string
}

// isSentinelURL tells the URLs that parseSentinelURL reads.
func isSentinelURL(text string) bool {
	return strings.HasPrefix(text, "redis+sentinel://") || strings.HasPrefix(text, "rediss+sentinel://")
}

// parseSentinelURL reads redis+sentinel://[user:password@]host[:port][,host[:port]...]/master[/database], or rediss+sentinel:// for TLS everywhere. User and
// password are Redis's; Sentinels that ask for any must have the same. Like parseURL, it never quotes the URL.
func parseSentinelURL(text string) (sentinels, error) {
	scheme, rest, _ := strings.Cut(text, "+sentinel://")
	authority, path, _ := strings.Cut(rest, "/")
	user, hosts := "", authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, hosts = authority[:at+1], authority[at+1:]
	}
	master, db, _ := strings.Cut(path, "/")
	name, err := url.PathUnescape(master)
	if err != nil || name == "" || strings.ContainsAny(name, " ?#") {
		return sentinels{}, errors.New("the URL names no primary: write " + sentinelForm + " with the name that follows \"sentinel monitor\" in sentinel.conf")
	}
	s := sentinels{master: name}
	for host := range strings.SplitSeq(hosts, ",") {
		options, err := parseURL(scheme + "://" + user + host + "/" + db)
		if err != nil {
			return sentinels{}, fmt.Errorf("%w (of Sentinels write %s)", err, sentinelForm)
		}
		u := url.URL{Host: host}
		if u.Port() == "" {
			options.Addr = strings.TrimSuffix(options.Addr, defaultPort) + defaultSentinelPort
		}
		s.options, s.addrs = options, append(s.addrs, options.Addr)
	}
	if s.options.TLSConfig != nil {
		s.options.TLSConfig.ServerName = "" // each server is asked for a certificate of the address that it was found by
	}
	return s, nil
}

// connect returns a client that follows the Sentinels. Asks a password: they do, each of them.
func (s sentinels) connect(asksPassword bool) *redis.Client {
	o := s.options
	f := &redis.FailoverOptions{
		MasterName: s.master, SentinelAddrs: s.addrs, Username: o.Username, Password: o.Password, DB: o.DB, TLSConfig: o.TLSConfig,
		Protocol: o.Protocol, MaxRetries: o.MaxRetries, MinRetryBackoff: o.MinRetryBackoff, MaxRetryBackoff: o.MaxRetryBackoff,
		DialTimeout: o.DialTimeout, DialerRetries: o.DialerRetries, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		ContextTimeoutEnabled: o.ContextTimeoutEnabled, PoolTimeout: o.PoolTimeout, PoolSize: o.PoolSize, PipelinePoolSize: o.PipelinePoolSize,
		ConnMaxIdleTime: o.ConnMaxIdleTime, DisableIdentity: o.DisableIdentity,
	}
	if asksPassword {
		f.SentinelUsername, f.SentinelPassword = o.Username, o.Password
	}
	return redis.NewFailoverClient(f)
}

// find asks one Sentinel after the other where the primary is, until one knows. A password is sent only to one that asks for it.
func (s sentinels) find(ctx context.Context) (asksPassword bool, err error) {
	var errs []error
	for _, addr := range s.addrs {
		err := s.ask(ctx, addr, false)
		if redis.IsAuthError(err) && s.options.Password != "" {
			asksPassword = true
			err = s.ask(ctx, addr, true)
		}
		if err == nil {
			return asksPassword, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", addr, err))
	}
	return false, s.whyNone(errs)
}

func (s sentinels) ask(ctx context.Context, addr string, withPassword bool) error {
	c := s.client(addr, withPassword)
	defer func() { _ = c.Close() }()
	return c.GetMasterAddrByName(ctx, s.master).Err()
}

// client is for one Sentinel.
func (s sentinels) client(addr string, withPassword bool) *redis.SentinelClient {
	o := *s.options
	o.Addr, o.DB = addr, 0
	if !withPassword {
		o.Username, o.Password = "", ""
	}
	return redis.NewSentinelClient(&o)
}

// whyNone tells a wrong name from Sentinels that can't be asked.
func (s sentinels) whyNone(errs []error) error {
	err := errors.Join(errs...)
	switch {
	case errors.Is(err, redis.Nil):
		return fmt.Errorf("no Sentinel watches a primary of the name %q: check the name after the slash, it follows \"sentinel monitor\" in sentinel.conf", s.master)
	case redis.IsAuthError(errs[0]):
		return fmt.Errorf("the Sentinels ask for another user and password: they must be those of Redis, or none (%w)", err)
	case strings.Contains(err.Error(), "unknown command"):
		return fmt.Errorf("what answers is no Sentinel: give the addresses of Sentinels, their port is mostly 26379, or write redis:// for Redis itself (%w)", err)
	}
	return fmt.Errorf("no Sentinel answers: check that they run and that the addresses are right (%w)", err)
}

// openSentinel makes a store whose primary is found by Sentinels. It asks them once first, so that what is wrong is told plainly.
func openSentinel(ctx context.Context, text string, opts Options) (*Store, error) {
	s, err := parseSentinelURL(text)
	if err != nil {
		return nil, err
	}
	prepare(s.options, opts)
	x := explainer{place: "Redis that the Sentinels call " + s.master, password: s.options.Password, failsOver: true}
	asksPassword, err := s.find(ctx)
	if err != nil {
		return nil, x.redact(err)
	}
	store := &Store{explainer: x, client: s.connect(asksPassword)}
	store.watch = func(online int) { store.copies = watch(s, asksPassword, store.client, store.replicas, online) }
	return store, nil
}
