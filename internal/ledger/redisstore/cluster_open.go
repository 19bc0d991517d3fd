package redisstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// clusterReload is how old a client's view of the cluster may be. What goes wrong makes it look at once.
const clusterReload = 10 * time.Second

// clusterRedirects is how often a command follows its slot to another node.
const clusterRedirects = 5

// OpenCluster connects to the Redis Cluster at url, see IsClusterURL, and makes sure that it can serve as a store. It never puts the password into an error.
func OpenCluster(ctx context.Context, url string, opts Options) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*cmp.Or(opts.Timeout, defaultTimeout))
	defer cancel()
	c, err := newCluster(url, opts)
	if err != nil {
		return nil, fmt.Errorf("redisstore: open: %w", err)
	}
	if err := c.probe(ctx); err != nil {
		_ = c.client.Close() // the first error says more
		return nil, err
	}
	c.failsOver = true // from now on: a cluster that is not there at first is another matter
	return c, nil
}

func newCluster(url string, opts Options) (*Cluster, error) {
	place, err := parseClusterURL(url)
	if err != nil {
		return nil, err
	}
	names, err := newClusterKeys(cmp.Or(opts.Tenant, defaultTenant), place.partitions)
	if err != nil {
		return nil, err
	}
	logging.Disable() // all that it says is in the errors that calls return
	prepare(place.options, opts)
	warn, step := opts.Warn, opts.Step
	if warn == nil {
		warn = func(string) {}
	}
	if step == nil {
		step = func(string) {}
	}
	c := &Cluster{
		explainer: explainer{place: "Redis Cluster at " + strings.Join(place.addrs, ","), password: place.options.Password},
		client:    redis.NewClusterClient(place.clientOptions()),
		names:     names,
		replicas:  opts.Replicas,
		timeout:   cmp.Or(opts.Timeout, defaultTimeout),
		now:       time.Now, //nolint:forbidigo // it measures how long calls take, and nothing of the ledger depends on it
		warn:      warn,
		step:      step,
		record:    newScript(clusterRecordScript),
		limit:     newScript(clusterLimitScript),
	}
	c.loads = c.newLoads()
	return c, nil
}

// clientOptions are those of configure, for a cluster.
func (p clusterPlace) clientOptions() *redis.ClusterOptions {
	o := p.options
	return &redis.ClusterOptions{
		Addrs: p.addrs, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig, Protocol: o.Protocol,
		MaxRedirects: clusterRedirects, MaxRetries: -1, MinRetryBackoff: o.MinRetryBackoff, MaxRetryBackoff: o.MaxRetryBackoff,
		DialTimeout: o.DialTimeout, DialerRetries: o.DialerRetries, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout,
		ContextTimeoutEnabled: o.ContextTimeoutEnabled, PoolTimeout: o.PoolTimeout, PoolSize: o.PoolSize, PipelinePoolSize: o.PipelinePoolSize,
		ConnMaxIdleTime: o.ConnMaxIdleTime, DisableIdentity: o.DisableIdentity, DisableRoutingPolicies: true,
		ClusterStateReloadInterval: clusterReload, MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// probe finds out whether this is a cluster that serves all slots, and what is unsafe about its nodes.
func (c *Cluster) probe(ctx context.Context) error {
	state, err := c.client.ClusterInfo(ctx).Result()
	switch {
	case err != nil && strings.Contains(err.Error(), "cluster support disabled"):
		return fmt.Errorf("redisstore: open: %s: it is no Redis Cluster: write redis:// instead of redis+cluster://", c.place)
	case err != nil && strings.Contains(err.Error(), "unknown command"):
		return fmt.Errorf("redisstore: open: %s: it is no Redis Cluster: if it is a Sentinel, write redis+sentinel://HOST:PORT/MASTERNAME", c.place)
	case err != nil && !redis.IsPermissionError(err):
		return c.explain(ctx, "open", err)
	case err == nil && !strings.Contains(state, "cluster_state:ok"):
		return fmt.Errorf("redisstore: open: %s: it does not serve all slots, see redis-cli cluster info and cluster nodes", c.place)
	}
	if err := c.probeNodes(ctx); err != nil {
		return err
	}
	if err := c.checkMeta(ctx, c.names.meta.format(), format, func(found string) error {
		return fmt.Errorf("the data has format %.20q, this program knows only %s: use the version of the program that wrote it, or a newer one", found, format)
	}); err != nil {
		return err
	}
	partitions := strconv.Itoa(len(c.names.partitions))
	return c.checkMeta(ctx, c.names.meta.partitions(), partitions, func(found string) error {
		return fmt.Errorf("the data has %.20s partitions, the URL asks for %s: write ?partitions=%.20s; the number can't be changed afterwards",
			found, partitions, found)
	})
}

func (k keys) partitions() string { return k.prefix + "partitions" }

// checkMeta refuses data that was begun in another way, and marks a tenant's first use.
func (c *Cluster) checkMeta(ctx context.Context, name, want string, refusal func(found string) error) error {
	found, err := c.setOnce(ctx, name, want)
	if err != nil {
		return c.explain(ctx, "open", err)
	}
	if string(found) != want {
		return fmt.Errorf("redisstore: open: %w", refusal(string(found)))
	}
	return nil
}

// probeNodes asks every master. What several have in common is told once.
func (c *Cluster) probeNodes(ctx context.Context) error {
	var mu sync.Mutex
	told := make(map[string]bool)
	once := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		if !told[text] {
			told[text] = true
			c.warn(text)
		}
	}
	return c.client.ForEachMaster(ctx, func(ctx context.Context, client *redis.Client) error {
		node := Store{explainer: explainer{place: "Redis at " + client.Options().Addr, password: c.password}, client: client, replicas: c.replicas}
		info, err := node.info(ctx)
		switch {
		case redis.IsPermissionError(err):
			once("this Redis user may not use INFO: whether Redis evicts keys or keeps its data on disk is not known")
			return nil
		case err != nil:
			return node.explain(ctx, "open", err)
		}
		if err := errors.Join(info.checkVersion(), info.checkReplicas(c.replicas, true, once)); err != nil {
			return fmt.Errorf("redisstore: open: %s: %w", node.place, err)
		}
		info.warn(once, node.setting(ctx, "save"), node.setting(ctx, "appendfsync"))
		info.warnReplicas(once, c.replicas, true)
		return nil
	})
}

// checkVersion refuses a node that lacks commands in use.
func (i serverInfo) checkVersion() error {
	if i.older(minMajor, minMinor) {
		return fmt.Errorf("it has version %s, %d.%d or newer is needed", i["redis_version"], minMajor, minMinor)
	}
	return nil
}
