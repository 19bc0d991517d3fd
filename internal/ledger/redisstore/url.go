package redisstore

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

const defaultPort = "6379"

// parseURL reads redis://[user:password@]host[:port][/database], or rediss:// for TLS; the user may be empty. Its errors never quote the URL: where that is
// mistyped, the password may be anywhere in it.
func parseURL(text string) (*redis.Options, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the URL can't be read: write redis://USER:PASSWORD@HOST:PORT/0, and special characters of the password as %XX")
	}
	if err := checkURL(u); err != nil {
		return nil, err
	}
	opts := &redis.Options{Network: "tcp", Addr: address(u), Username: u.User.Username()}
	opts.Password, _ = u.User.Password()
	if opts.DB, err = database(u.Path); err != nil {
		return nil, err
	}
	if u.Scheme == "rediss" {
		opts.TLSConfig = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	}
	return opts, nil
}

func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "redis" && u.Scheme != "rediss":
		return errors.New("the URL must start with redis:// or, for TLS, rediss://")
	case u.Hostname() == "":
		return errors.New("the URL names no host: write redis://HOST:PORT/0; a '/' in a password is written %2F")
	case u.User.Username() != "" && !hasPassword(u):
		return errors.New("the URL gives a user but no password: write redis://USER:PASSWORD@HOST, or redis://:PASSWORD@HOST")
	case u.RawQuery != "" || u.ForceQuery:
		return errors.New("the URL has a query, which has no meaning here; a '?' in a password is written %3F")
	case u.Fragment != "":
		return errors.New("the URL has a fragment, which has no meaning here; a '#' in a password is written %23")
	}
	return nil
}

func hasPassword(u *url.URL) bool {
	_, ok := u.User.Password()
	return ok
}

func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func database(path string) (int, error) {
	text := strings.TrimPrefix(path, "/")
	if text == "" {
		return 0, nil
	}
	db, err := strconv.Atoi(text)
	if err != nil || db < 0 {
		return 0, errors.New("what follows the host must be the number of a database, such as /0; a '/' in a password is written %2F")
	}
	return db, nil
}
