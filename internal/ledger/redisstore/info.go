package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// The oldest Redis that has all commands in use: ZRANGE by score or text and XTRIM MINID are the youngest of them.
const (
	minMajor = 6
	minMinor = 2
)

// serverInfo is the answer to INFO.
type serverInfo map[string]string

func (s *Store) info(ctx context.Context) (serverInfo, error) {
	text, err := s.client.Info(ctx).Result()
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

// snapshots returns when Redis writes its data to disk as a whole; empty: never, or not known.
func (s *Store) snapshots(ctx context.Context) string {
	config, err := s.client.ConfigGet(ctx, "save").Result()
	if err != nil { // hosted ones don't allow it
		return ""
	}
	return config["save"]
}

// check returns why this server can't be the store.
func (i serverInfo) check() error {
	switch {
	case i["redis_version"] == "":
		return errors.New("it answers, but not as Redis does: check the address")
	case i.older(minMajor, minMinor):
		return fmt.Errorf("it has version %s, %d.%d or newer is needed", i["redis_version"], minMajor, minMinor)
	case i["redis_mode"] == "sentinel":
		return errors.New("it is a Sentinel, which is not supported yet: give the address of the primary")
	case i["cluster_enabled"] == "1":
		return errors.New("it is part of a Redis Cluster, which is not supported yet: give the address of a Redis without cluster-enabled")
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

// warn tells what may lose data.
func (i serverInfo) warn(warn func(string), snapshots string) {
	if policy := i["maxmemory_policy"]; policy != "" && policy != "noeviction" {
		warn(fmt.Sprintf("Redis has maxmemory-policy %s and will drop customers' records when its memory is full: set it to noeviction", policy))
	}
	if i["aof_enabled"] == "0" && snapshots == "" {
		warn("Redis keeps nothing on disk and will forget all deliveries when it restarts: set appendonly yes")
	}
}
