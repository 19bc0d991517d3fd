package redisstore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

const (
	defaultPartitions = 16
	// maxPartitions keeps a cursor of the log within 2,000 characters.
	maxPartitions = 128
)

const clusterForm = "redis+cluster://USER:PASSWORD@HOST:6379,HOST:6379?partitions=16"

var errPartitions = fmt.Errorf("partitions must be a power of two from 1 to %d, as in %s", maxPartitions, clusterForm)

// IsClusterURL tells the URLs that OpenCluster reads.
func IsClusterURL(text string) bool {
	return strings.HasPrefix(text, "redis+cluster://") || strings.HasPrefix(text, "rediss+cluster://")
}

// clusterPlace is what an URL says.
type clusterPlace struct {
	// options are those of each node, but for its address.
	options *redis.Options
	// addrs are some of the nodes, host:port each.
	addrs      []string
	partitions int
}

// parseClusterURL reads redis+cluster://[user:password@]host[:port][,host[:port]...][?partitions=16], or rediss+cluster:// for TLS. Like parseURL, it
// never quotes the URL.
func parseClusterURL(text string) (clusterPlace, error) {
	scheme, rest, found := strings.Cut(text, "+cluster://")
	if !found || scheme != "redis" && scheme != "rediss" {
		return clusterPlace{}, errors.New("the URL must be " + clusterForm + " or, for TLS, start with rediss+cluster://")
	}
	authority, query, asks := strings.Cut(rest, "?")
	c := clusterPlace{partitions: defaultPartitions}
	if asks {
		var err error
		if c.partitions, err = parsePartitions(query); err != nil {
			return clusterPlace{}, err
		}
	}
	user, hosts := "", strings.TrimSuffix(authority, "/")
	if at := strings.LastIndexByte(hosts, '@'); at >= 0 {
		user, hosts = hosts[:at+1], hosts[at+1:]
	}
	for host := range strings.SplitSeq(hosts, ",") {
		options, err := parseURL(scheme + "://" + user + host)
		if err != nil {
			return clusterPlace{}, fmt.Errorf("%w (of a cluster write %s)", err, clusterForm)
		}
		if options.DB != 0 {
			return clusterPlace{}, errors.New("a Redis Cluster has no databases: write " + clusterForm)
		}
		c.options, c.addrs = options, append(c.addrs, options.Addr)
	}
	if c.options.TLSConfig != nil {
		c.options.TLSConfig.ServerName = "" // each node is asked for a certificate of the address that it was found by
	}
	return c, nil
}

func parsePartitions(query string) (int, error) {
	text, found := strings.CutPrefix(query, "partitions=")
	n, err := strconv.Atoi(text)
	if !found || err != nil || n < 1 || n > maxPartitions || n&(n-1) != 0 {
		return 0, errPartitions
	}
	return n, nil
}
