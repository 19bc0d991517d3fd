package faults

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
)

// vault reaches what a store keeps of limits behind the ledger's back, as docs/storage-format.md describes it.
type vault interface {
	// free lets a number wait to be given, or not any more.
	free(limit string, number int64, waits bool)
	// total sets the sum and the highest number ever given.
	total(limit string, sum, highest int64)
	// hold enters a reservation of one unit with a number.
	hold(limit, claim string, number int64)
}

// boltVault opens the file while the engine is closed.
type boltVault struct {
	*testing.T
	path string
}

func (v boltVault) update(change func(limits, freed *bbolt.Bucket) error) {
	v.Helper()
	db, err := bbolt.Open(v.path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		v.Error(err)
		return
	}
	if err := db.Update(func(tx *bbolt.Tx) error { return change(tx.Bucket([]byte("limits")), tx.Bucket([]byte("freed"))) }); err != nil {
		v.Error(err)
	}
	if err := db.Close(); err != nil {
		v.Error(err)
	}
}

// words are 8 bytes each.
func words(before []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		before = binary.BigEndian.AppendUint64(before, uint64(n)) //nolint:gosec // as it is written
	}
	return before
}

// boltName is how keys of a limit begin.
func boltName(limit string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(limit))), limit...) //nolint:gosec // names are short
}

func (v boltVault) free(limit string, number int64, waits bool) {
	v.Helper()
	v.update(func(_, freed *bbolt.Bucket) error {
		key := words(boltName(limit), number)
		if waits {
			return freed.Put(key, nil)
		}
		return freed.Delete(key)
	})
}

func (v boltVault) total(limit string, sum, highest int64) {
	v.Helper()
	v.update(func(limits, _ *bbolt.Bucket) error { return limits.Put(boltName(limit), words(nil, sum, highest)) })
}

func (v boltVault) hold(limit, claim string, number int64) {
	v.Helper()
	v.update(func(limits, _ *bbolt.Bucket) error {
		return limits.Put(append(boltName(limit), claim...), words([]byte("r"), 1, number))
	})
}

// redisVault is one Redis, or a cluster.
type redisVault struct {
	*testing.T
	client  redis.UniversalClient
	cluster bool
}

func newRedisVault(t *testing.T, addrs ...string) redisVault {
	v := redisVault{T: t, client: redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addrs}), cluster: len(addrs) > 1}
	t.Cleanup(func() { _ = v.client.Close() })
	return v
}

// key is that of the entries, l, or the freed numbers, f; in a cluster also of the open reservations, o.
func (v redisVault) key(kind, limit string) string {
	if v.cluster {
		return "surprised:{default:l:" + limit + "}:" + kind
	}
	return "surprised:{default}:" + kind + ":" + limit
}

func (v redisVault) must(err error) {
	v.Helper()
	if err != nil {
		v.Error(err)
	}
}

func (v redisVault) free(limit string, number int64, waits bool) {
	v.Helper()
	if waits {
		v.must(v.client.ZAdd(v.Context(), v.key("f", limit), redis.Z{Score: float64(number), Member: strconv.FormatInt(number, 10)}).Err())
		return
	}
	v.must(v.client.ZRem(v.Context(), v.key("f", limit), number).Err())
}

func (v redisVault) total(limit string, sum, highest int64) {
	v.Helper()
	v.must(v.client.HSet(v.Context(), v.key("l", limit), "", sum, "#n", highest).Err())
}

func (v redisVault) hold(limit, claim string, number int64) {
	v.Helper()
	v.must(v.client.HSet(v.Context(), v.key("l", limit), claim, fmt.Sprint("r1#", number)).Err())
}

// unlist takes a limit out of the sets of names, and reports in how many it was.
func (v redisVault) unlist(limit string) (sets int64) {
	v.Helper()
	for n := range 16 {
		removed, err := v.client.SRem(v.Context(), fmt.Sprintf("surprised:{default:r%d}:limits", n), limit).Result()
		v.must(err)
		sets += removed
	}
	return sets
}

// keeper is a store with an engine over it.
type keeper struct {
	*testing.T
	vault
	opts app.EngineOptions
	e    *app.Engine
}

// keepers are the stores that keep anything, each with a vault.
func keepers() map[string]func(t *testing.T) *keeper {
	return map[string]func(t *testing.T) *keeper{
		"bolt": func(t *testing.T) *keeper {
			path := t.TempDir() + "/faults.db"
			return &keeper{T: t, vault: boltVault{T: t, path: path}, opts: app.EngineOptions{Store: "bolt:" + path}}
		},
		"redis": func(t *testing.T) *keeper {
			url := ledgertest.Redis(t)
			return &keeper{T: t, vault: newRedisVault(t, strings.TrimPrefix(url, "redis://")), opts: app.EngineOptions{Store: url + "/0"}}
		},
		"cluster": func(t *testing.T) *keeper {
			url := ledgertest.Cluster(t).URL()
			addrs := strings.Split(strings.TrimPrefix(url, "redis+cluster://"), ",")
			return &keeper{T: t, vault: newRedisVault(t, addrs...), opts: app.EngineOptions{Store: url}}
		},
	}
}

// in is the same store for a part of the test, with an engine of its own.
func (k *keeper) in(t *testing.T) *keeper { return &keeper{T: t, vault: k.vault, opts: k.opts} }

// reopen opens the engine again, with a clock that is ahead, where damage was done while it was closed.
func (k *keeper) reopen(damage func(v vault), ahead time.Duration) {
	k.Helper()
	if k.e != nil {
		if err := k.e.Close(); err != nil {
			k.Fatal(err)
		}
	}
	if damage != nil {
		damage(k.vault)
	}
	k.e = engine(k.T, k.opts, ahead)
}
