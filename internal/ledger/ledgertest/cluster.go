package ledgertest

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// slots is how many hash slots a Redis Cluster has.
const slots = 16384

// clusterMasters is how many masters a test's cluster has, each with one replica.
const clusterMasters = 3

// clusterDownAfter is after how much silence the nodes of a test take another for dead.
const clusterDownAfter = time.Second

// ClusterNodes are three masters and their replicas. Methods are for one goroutine at a time.
type ClusterNodes struct {
	// Servers are all nodes; the first three begin as masters, and each later one as the replica of the one three places before it.
	Servers []*Server
}

// Cluster starts a Redis Cluster on the loopback interface, which ends with the test, and returns when all its nodes agree. That takes about three
// seconds, so tests better share one, by tenants. args are added to the command line of each node.
func Cluster(t testing.TB, args ...string) *ClusterNodes {
	t.Helper()
	c := new(ClusterNodes)
	for range 2 * clusterMasters {
		c.Servers = append(c.Servers, startNode(t, args))
	}
	for i, s := range c.Servers {
		c.must(t, s, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		if i < clusterMasters {
			c.must(t, s, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*slots/clusterMasters), strconv.Itoa((i+1)*slots/clusterMasters-1))
		}
		if i > 0 {
			c.meet(t, s)
		}
	}
	c.await(t, "know each other", func() bool { return c.each(func(s *Server) bool { return len(c.nodes(s)) == len(c.Servers) }) })
	for i, s := range c.Servers[clusterMasters:] {
		master := c.id(t, c.Servers[i])
		c.await(t, "accept a replica", func() bool { _, err := ask(s.Addr, "CLUSTER", "REPLICATE", master); return err == nil })
	}
	c.AwaitReady(t)
	return c
}

func startNode(t testing.TB, args []string) *Server {
	t.Helper()
	_, bus, err := net.SplitHostPort(freeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	return StartRedis(t, append([]string{
		"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", bus, "--repl-diskless-sync-delay", "0",
		"--cluster-node-timeout", strconv.FormatInt(clusterDownAfter.Milliseconds(), 10),
	}, args...)...)
}

// meet makes the first node know another.
func (c *ClusterNodes) meet(t testing.TB, s *Server) {
	t.Helper()
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	c.must(t, c.Servers[0], "CLUSTER", "MEET", host, port, c.must(t, s, "CONFIG", "GET", "cluster-port")[len("cluster-port\n"):])
}

// URL is where a store finds the cluster: all nodes are named, so that any of them may be down.
func (c *ClusterNodes) URL() string {
	addrs := make([]string, len(c.Servers))
	for i, s := range c.Servers {
		addrs[i] = s.Addr
	}
	return "redis+cluster://" + strings.Join(addrs, ",")
}

// Master returns the node that serves a slot.
func (c *ClusterNodes) Master(t testing.TB, slot int) (master *Server) {
	t.Helper()
	c.await(t, fmt.Sprint("agree on who serves slot ", slot), func() bool {
		master = c.master(slot)
		return master != nil
	})
	return master
}

// Masters returns the nodes that serve slots.
func (c *ClusterNodes) Masters(t testing.TB) (masters []*Server) {
	t.Helper()
	for _, s := range c.Servers {
		if s.cmd == nil {
			continue
		}
		for _, n := range c.nodes(s) {
			if n.self && n.master && len(n.slots) > 0 {
				masters = append(masters, s)
			}
		}
	}
	return masters
}

// Failover makes a replica of the master take its place, without loss, and returns it when all nodes know.
func (c *ClusterNodes) Failover(t testing.TB, master *Server) (promoted *Server) {
	t.Helper()
	promoted = c.replica(t, master)
	var asked time.Time
	c.await(t, "fail over", func() bool {
		if time.Since(asked) > 2*clusterDownAfter { // a node gives up by itself, and may be asked again
			asked = time.Now()
			_, _ = ask(promoted.Addr, "CLUSTER", "FAILOVER")
		}
		return c.isMaster(promoted) && !c.isMaster(master)
	})
	c.AwaitReady(t)
	return promoted
}

// Kill ends a master as kill -9 does, and returns its replica at once, which takes its place after about two seconds; AwaitReady waits for it.
func (c *ClusterNodes) Kill(t testing.TB, master *Server) (successor *Server) {
	t.Helper()
	successor = c.replica(t, master)
	master.Kill()
	return successor
}

// AwaitReady waits until every node that runs finds the cluster complete, and every replica among them is in step.
func (c *ClusterNodes) AwaitReady(t testing.TB) {
	t.Helper()
	c.await(t, "become ready", func() bool {
		return c.each(func(s *Server) bool {
			state, err := ask(s.Addr, "CLUSTER", "INFO")
			info, err2 := ask(s.Addr, "INFO", "replication")
			return err == nil && err2 == nil && strings.Contains(state, "cluster_state:ok") && len(c.owners(s)) == clusterMasters &&
				(strings.Contains(info, "role:master") || strings.Contains(info, "master_link_status:up"))
		})
	})
}

// MoveSlot moves a slot with all its keys to another master, as redis-cli's reshard does, one batch of keys at a time. step, where not nil, is called
// before each batch, so that a test can look at a slot that is half moved.
func (c *ClusterNodes) MoveSlot(t testing.TB, slot int, to *Server, step func()) {
	t.Helper()
	from := c.Master(t, slot)
	if from == to {
		return
	}
	host, port, err := net.SplitHostPort(to.Addr)
	if err != nil {
		t.Fatal(err)
	}
	number := strconv.Itoa(slot)
	c.must(t, to, "CLUSTER", "SETSLOT", number, "IMPORTING", c.id(t, from))
	c.must(t, from, "CLUSTER", "SETSLOT", number, "MIGRATING", c.id(t, to))
	for {
		if step != nil {
			step()
		}
		names := c.must(t, from, "CLUSTER", "GETKEYSINSLOT", number, "2")
		if names == "" {
			break
		}
		c.must(t, from, append([]string{"MIGRATE", host, port, "", "0", "5000", "KEYS"}, strings.Split(names, "\n")...)...)
	}
	for _, s := range append([]*Server{to, from}, c.Masters(t)...) {
		c.must(t, s, "CLUSTER", "SETSLOT", number, "NODE", c.id(t, to))
	}
}

func (c *ClusterNodes) must(t testing.TB, s *Server, words ...string) string {
	t.Helper()
	answer, err := ask(s.Addr, words...)
	if err != nil {
		t.Fatalf("%s: %s: %v", s.Addr, strings.Join(words, " "), err)
	}
	return answer
}

func (c *ClusterNodes) id(t testing.TB, s *Server) string {
	t.Helper()
	return c.must(t, s, "CLUSTER", "MYID")
}

func (c *ClusterNodes) await(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(agreeTimeout)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("the nodes did not %s within %s", what, agreeTimeout)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
