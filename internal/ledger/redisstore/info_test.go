package redisstore

import (
	"strings"
	"testing"
)

func TestServerInfoCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		info serverInfo
		want string // empty: no error
	}{
		"Redis":     {serverInfo{"redis_version": "7.0.15", "redis_mode": "standalone", "cluster_enabled": "0", "role": "master"}, ""},
		"new Redis": {serverInfo{"redis_version": "10.0", "role": "master"}, ""},
		"just new":  {serverInfo{"redis_version": "6.2.0", "role": "master"}, ""},
		"odd":       {serverInfo{"redis_version": "unstable", "role": "master"}, ""},
		"old Redis": {serverInfo{"redis_version": "6.0.16", "role": "master"}, "6.2 or newer"},
		"ancient":   {serverInfo{"redis_version": "5.9.0", "role": "master"}, "6.2 or newer"},
		"no Redis":  {serverInfo{"hello": "world"}, "not as Redis does"},
		"Sentinel":  {serverInfo{"redis_version": "7.0.15", "redis_mode": "sentinel"}, "redis+sentinel://"},
		"Cluster":   {serverInfo{"redis_version": "7.0.15", "redis_mode": "cluster", "cluster_enabled": "1", "role": "master"}, "redis+cluster://"},
		"a replica": {serverInfo{"redis_version": "7.0.15", "role": "slave", "master_host": "db1", "master_port": "6380"}, "db1:6380"},
	} {
		err := tt.info.check(false)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got error %v, want %q in it", name, err, tt.want)
		}
	}
}
