// Package storeurl opens the ledger's store that a setting names, such as bolt:/var/lib/surprised/ledger.db or redis://redis:6379/0.
package storeurl

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/boltstore"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

// forms lists what Open understands.
const forms = `bolt:PATH (one file, for one process), redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], ` +
	`rediss://... (the same over TLS), or mem: (nothing is kept)`

// Options are what may be left out.
type Options struct {
	// Tenant keeps services apart that share a Redis. Empty: "default".
	Tenant string
	// Warn is told what an operator should know, one sentence a call. nil: nobody.
	Warn func(string)
}

// Open opens the store that spec names, in one of these forms:
//
//	bolt:PATH                                         a file, which is created if need be
//	redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]    a Redis
//	rediss://...                                      a Redis over TLS
//	mem:                                              memory, for a try: all is gone when the process ends
//
// Errors never quote a spec that may have a password in it.
func Open(ctx context.Context, spec string, opts Options) (ledger.Store, error) {
	scheme, rest, found := strings.Cut(spec, ":")
	switch {
	case found && scheme == "bolt":
		return openBolt(rest)
	case scheme == "redis" || scheme == "rediss":
		return openRedis(ctx, spec, opts)
	case spec == "mem:":
		return memstore.New(), nil
	}
	return nil, explain(spec)
}

func openBolt(path string) (ledger.Store, error) {
	switch {
	case path == "":
		return nil, errors.New("store bolt: names no file: write bolt:PATH, such as bolt:surprised.db")
	case strings.HasPrefix(path, "//"):
		return nil, fmt.Errorf("store bolt:%s has slashes too many: write bolt:PATH, such as bolt:surprised.db or bolt:/var/lib/surprised.db", path)
	case strings.HasPrefix(path, "~"):
		return nil, fmt.Errorf("store bolt:%s: '~' means nothing here: write the whole path of the folder", path)
	}
	s, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		return nil, err // a nil *Store must not become a Store that is not nil
	}
	return s, nil
}

func openRedis(ctx context.Context, spec string, opts Options) (ledger.Store, error) {
	s, err := redisstore.Open(ctx, spec, redisstore.Options{Tenant: opts.Tenant, Warn: opts.Warn})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// explain says what is wrong with a spec that names no store. It quotes only what can't hold a password.
func explain(spec string) error {
	scheme, _, isURL := strings.Cut(spec, "://")
	switch {
	case spec == "":
		return fmt.Errorf("no store given: write %s", forms)
	case strings.HasPrefix(spec, "mem:"):
		return errors.New("store mem: takes nothing after the colon")
	case isURL && strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.") == "":
		return fmt.Errorf("store %s://... is of no known kind: write %s", scheme, forms)
	case !strings.ContainsAny(spec, "@:"):
		return fmt.Errorf("store %s is of no known kind: for a file write bolt:%s; the forms are %s", spec, spec, forms)
	}
	return fmt.Errorf("the store is of no known kind: write %s", forms)
}
