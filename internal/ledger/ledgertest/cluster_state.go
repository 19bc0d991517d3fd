package ledgertest

import (
	"strconv"
	"strings"
	"testing"
)

// node is one line of CLUSTER NODES.
type node struct {
	addr   string
	self   bool
	master bool
	of     string // the master's id, of a replica
	id     string
	slots  [][2]int
}

// nodes returns the nodes that a server knows and does not take for dead.
func (c *ClusterNodes) nodes(s *Server) (known []node) {
	answer, err := ask(s.Addr, "CLUSTER", "NODES")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(answer) {
		words := strings.Fields(line)
		if len(words) < 8 || strings.Contains(words[2], "fail") || strings.Contains(words[2], "handshake") {
			continue
		}
		addr, _, _ := strings.Cut(words[1], "@")
		n := node{id: words[0], addr: addr, of: words[3], self: strings.Contains(words[2], "myself"), master: strings.Contains(words[2], "master")}
		for _, word := range words[8:] {
			if first, last, ok := slotRange(word); ok {
				n.slots = append(n.slots, [2]int{first, last})
			}
		}
		known = append(known, n)
	}
	return known
}

// slotRange reads "7" and "7-9"; slots on the move are in brackets.
func slotRange(word string) (first, last int, ok bool) {
	from, to, isRange := strings.Cut(word, "-")
	first, err := strconv.Atoi(from)
	if !isRange {
		return first, first, err == nil
	}
	last, err2 := strconv.Atoi(to)
	return first, last, err == nil && err2 == nil
}

// owners returns the nodes that serve slots, as one server sees it.
func (c *ClusterNodes) owners(s *Server) (owners []node) {
	for _, n := range c.nodes(s) {
		if n.master && len(n.slots) > 0 {
			owners = append(owners, n)
		}
	}
	return owners
}

// master returns the node that says of itself that it serves a slot, where only one does.
func (c *ClusterNodes) master(slot int) (found *Server) {
	for _, s := range c.Servers {
		if s.cmd == nil {
			continue
		}
		for _, n := range c.nodes(s) {
			if !n.self || !n.master || !n.serves(slot) {
				continue
			}
			if found != nil {
				return nil
			}
			found = s
		}
	}
	return found
}

func (n node) serves(slot int) bool {
	for _, r := range n.slots {
		if r[0] <= slot && slot <= r[1] {
			return true
		}
	}
	return false
}

func (c *ClusterNodes) isMaster(s *Server) bool {
	for _, n := range c.nodes(s) {
		if n.self {
			return n.master
		}
	}
	return false
}

// replica returns a running replica of a master, which may just have become one.
func (c *ClusterNodes) replica(t testing.TB, master *Server) (found *Server) {
	t.Helper()
	id := c.id(t, master)
	c.await(t, "tell of a replica of "+master.Addr, func() bool {
		for _, n := range c.nodes(master) {
			for _, s := range c.Servers {
				if n.of == id && n.addr == s.Addr && s.cmd != nil {
					found = s
				}
			}
		}
		return found != nil
	})
	return found
}

// each reports whether something holds for all nodes that run.
func (c *ClusterNodes) each(holds func(s *Server) bool) bool {
	for _, s := range c.Servers {
		if s.cmd != nil && !holds(s) {
			return false
		}
	}
	return true
}
