// Package storeurl opens the ledger's store that a setting names, such as bolt:/var/lib/surprised/ledger.db or redis://redis:6379/0.
package storeurl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/boltstore"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

// forms lists what Open understands.
const forms = `bolt:PATH (one file, for one process), redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], ` +
	`redis+sentinel://[USER:PASSWORD@]HOST[:PORT],.../MASTERNAME[/DATABASE], redis+cluster://[USER:PASSWORD@]HOST[:PORT],...[?partitions=16], ` +
	`rediss://... and the like (each of these over TLS), or mem: (nothing is kept)`

// What an acknowledged change outlives.
const (
	// Local is the loss of a process: the change is where the store was told to keep it, as safe as that place is.
	Local = "local"
	// Replicated is also the loss of the server that took the change: its replicas have it.
	Replicated = "replicated"
)

// Options are what may be left out.
type Options struct {
	// Tenant keeps services apart that share a Redis. Empty: "default".
	Tenant string
	// Durability is Local or Replicated. Empty: Local.
	Durability string
	// Warn is told what an operator should know, one sentence a call. nil: nobody.
	Warn func(string)
	// Step is called at the steps of each change of a Redis Cluster, see StepReserved in package ledger; nil: nothing is.
	Step func(name string)
}

// Open opens the store that spec names, in one of these forms:
//
//	bolt:PATH                                                       a file, which is created if need be
//	redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]                  a Redis
//	redis+sentinel://[USER:PASSWORD@]HOST[:PORT],.../NAME[/DATABASE]  the Redis that Sentinels call NAME
//	redis+cluster://[USER:PASSWORD@]HOST[:PORT],...[?partitions=16] a Redis Cluster
//	rediss://..., rediss+sentinel://..., rediss+cluster://...       the same over TLS
//	mem:                                                            memory, for a try: all is gone when the process ends
//
// Errors never quote a spec that may have a password in it.
func Open(ctx context.Context, spec string, opts Options) (ledger.Store, error) {
	scheme, rest, found := strings.Cut(spec, ":")
	isRedis := slices.Contains([]string{"redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"}, scheme)
	if err := checkDurability(opts.Durability, spec); err != nil {
		return nil, err
	}
	switch {
	case found && scheme == "bolt":
		return openBolt(rest)
	case isRedis:
		return openRedis(ctx, spec, opts)
	case spec == "mem:":
		return memstore.New(), nil
	}
	return nil, explain(spec)
}

// checkDurability refuses a promise that a store can't keep. What is no store at all is told elsewhere.
func checkDurability(durability, spec string) error {
	scheme, _, found := strings.Cut(spec, ":")
	switch {
	case durability != "" && durability != Local && durability != Replicated:
		return fmt.Errorf("durability %q is not known: write %s or %s", durability, Local, Replicated)
	case durability == Replicated && found && scheme == "bolt":
		return errors.New("store bolt: a file has no replicas, so durability replicated can't be promised: set durability to local, or give a Redis with replicas")
	case durability == Replicated && found && scheme == "mem":
		return errors.New("store mem: memory has no replicas, so durability replicated can't be promised: set durability to local")
	}
	return nil
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
	o := redisstore.Options{Tenant: opts.Tenant, Warn: opts.Warn, Step: opts.Step}
	if opts.Durability == Replicated {
		o.Replicas = 1
	}
	if redisstore.IsClusterURL(spec) {
		s, err := redisstore.OpenCluster(ctx, spec, o)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	s, err := redisstore.Open(ctx, spec, o)
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
