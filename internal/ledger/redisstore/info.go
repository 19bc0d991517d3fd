package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// The oldest Redis that has all commands in use: ZRANGE by score or text and XTRIM MINID are the youngest of them.
const (
	minMajor = 6
	minMinor = 2
)

// serverInfo is the answer to INFO.
type serverInfo map[string]string

func (s *Store) info(ctx context.Context) (serverInfo, error) { return readInfo(ctx, s.client) }

func readInfo(ctx context.Context, client *redis.Client) (serverInfo, error) {
	text, err := client.Info(ctx).Result()
	if err != nil {
		return nil, err
	}
	info := make(serverInfo)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info, nil
}

// setting returns a setting of Redis; empty: not set, or not known.
func (s *Store) setting(ctx context.Context, name string) string {
	config, err := s.client.ConfigGet(ctx, name).Result()
	if err != nil { // hosted ones don't allow it
		return ""
	}
	return config[name]
}

// check returns why this server can't be the store. named tells that Sentinels named it.
func (i serverInfo) check(named bool) error {
	switch {
	case i["redis_version"] == "":
		return errors.New("it answers, but not as Redis does: check the address")
	case i.older(minMajor, minMinor):
		return fmt.Errorf("it has version %s, %d.%d or newer is needed", i["redis_version"], minMajor, minMinor)
	case i["redis_mode"] == "sentinel":
		return errors.New("it is a Sentinel: write redis+sentinel://HOST:PORT/MASTERNAME, with the name that follows \"sentinel monitor\" in sentinel.conf")
	case i["cluster_enabled"] == "1":
		return errors.New("it is part of a Redis Cluster: write redis+cluster://HOST:PORT")
	case i["role"] == "slave" && named:
		return errors.New("the Sentinels name a primary that is a replica: a failover may be under way, try again in a moment")
	case i["role"] == "slave":
		return fmt.Errorf("it is a replica, which takes no writes: give the address of its primary, %s:%s", i["master_host"], i["master_port"])
	}
	return nil
}

// older reports whether the server's version comes before this one. One that can't be read passes.
func (i serverInfo) older(major, minor int) bool {
	var gotMajor, gotMinor int
	if _, err := fmt.Sscanf(i["redis_version"], "%d.%d", &gotMajor, &gotMinor); err != nil {
		return false
	}
	return gotMajor < major || gotMajor == major && gotMinor < minor
}

// warn tells what may lose data. Snapshots is the setting "save", fsync is "appendfsync".
func (i serverInfo) warn(warn func(string), snapshots, fsync string) {
	if i.evicts() {
		warn(fmt.Sprintf("Redis has maxmemory-policy %s and will drop customers' records when its memory is full: set it to noeviction", i["maxmemory_policy"]))
	}
	switch {
	case i["aof_enabled"] == "0" && snapshots == "":
		warn("Redis keeps nothing on disk and will forget all deliveries when it restarts: set appendonly yes")
	case i["aof_enabled"] == "0":
		warn("Redis writes only snapshots and will forget what came after the last one when it crashes: set appendonly yes")
	case i["aof_enabled"] == "1" && fsync == "no":
		warn("Redis leaves it to the system when its file gets to the disk: set appendfsync everysec, which loses a second at most, or always")
	}
}

// evicts tells whether Redis drops keys when its memory is full.
func (i serverInfo) evicts() bool {
	policy := i["maxmemory_policy"]
	return policy != "" && policy != "noeviction"
}
