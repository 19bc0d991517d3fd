package redisstore

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/surprise-service/surprised/internal/surprise"
)

// clusterKeys makes the names of one tenant's keys in a cluster.
type clusterKeys struct {
	tenant     string
	partitions []keys // a power of two of them
	meta       keys
}

func newClusterKeys(tenant string, partitions int) (clusterKeys, error) {
	if _, err := newKeys(tenant); err != nil {
		return clusterKeys{}, err
	}
	k := clusterKeys{tenant: tenant, meta: tagged(tenant, "meta")}
	for n := range partitions {
		k.partitions = append(k.partitions, tagged(tenant, "p"+strconv.Itoa(n)))
	}
	return k, nil
}

// tagged is the keys of one hash tag. No tenant has a colon in its name.
func tagged(tenant, part string) keys {
	return keys{prefix: "surprised:{" + tenant + ":" + part + "}:"}
}

// partition returns the number of a customer's partition.
func (k clusterKeys) partition(c surprise.CustomerKey) int { return k.spread(c[:]) }

func (k clusterKeys) of(c surprise.CustomerKey) keys { return k.partitions[k.partition(c)] }

// spread gives bytes one of the partitions' numbers. It must never change: it says where data is.
func (k clusterKeys) spread(b []byte) int {
	h := fnv.New32a()
	_, _ = h.Write(b) // never fails
	sum := h.Sum32()
	return int((sum ^ sum>>16) & uint32(len(k.partitions)-1))
}

// shard is the set of limits in which this one is.
func (k clusterKeys) shard(limit string) string { return k.registry(k.spread([]byte(limit))) }

func (k clusterKeys) registry(n int) string {
	return tagged(k.tenant, "r"+strconv.Itoa(n)).prefix + "limits"
}

// limitKeys are the keys of one limit.
type limitKeys struct {
	entries, freed, open, loans string
}

// limit encodes what would end a hash tag early.
func (k clusterKeys) limit(name string) limitKeys {
	safe := strings.NewReplacer("%", "%25", "{", "%7B", "}", "%7D").Replace(name)
	p := tagged(k.tenant, "l:"+safe).prefix
	return limitKeys{entries: p + "l", freed: p + "f", open: p + "o", loans: p + "h"}
}

func (l limitKeys) all() []any { return []any{l.entries, l.freed, l.open, l.loans} }
