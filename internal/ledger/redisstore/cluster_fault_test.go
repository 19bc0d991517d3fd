package redisstore_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// single is a cluster of one node, with a proxy before it.
type single struct {
	proxy *proxy
	look  *redis.Client
	url   string
}

// oneNode starts a cluster of one node, which clients reach through a proxy.
func oneNode(t *testing.T) single {
	t.Helper()
	node := ledgertest.Redis(t, "--cluster-enabled", "yes", "--cluster-port", freePort(t))
	p, look := newProxy(t, node), direct(t, node)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(p.url, "redis://"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(look.ConfigSet(t.Context(), "cluster-announce-port", port).Err(), look.ConfigSet(t.Context(), "cluster-announce-ip", "127.0.0.1").Err(),
		look.ClusterAddSlotsRange(t.Context(), 0, 16383).Err()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if info, err := look.ClusterInfo(t.Context()).Result(); err == nil && strings.Contains(info, "cluster_state:ok") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the node does not become ready")
		}
	}
	return single{proxy: p, look: look, url: "redis+cluster" + strings.TrimPrefix(p.url, "redis")}
}

// TestClusterOfOne shares one node, because it takes seconds to become ready. Each test has a tenant of its own; the one that hangs comes last.
func TestClusterOfOne(t *testing.T) {
	node := oneNode(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, single)
	}{
		{"LostReply", clusterLostReply}, {"LostRead", clusterLostRead}, {"ForgetsScripts", clusterForgetsScripts}, {"TooLate", clusterTooLate},
		{"OpenRefuses", clusterOpenRefuses}, {"Layout", clusterLayout}, {"Sync", clusterSync}, {"SettlesLate", clusterSettlesLate}, {"Loans", clusterLoans}, {"Marks", clusterMarks}, {"HeldNumbers", clusterHeldNumbers}, {"WrongSum", clusterWrongSum}, {"ForeignKeys", clusterForeignKeys}, {"Hang", clusterHang},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, node) })
	}
}

// clusterLostReply loses the reply to each script of a change: it was carried out once, and the caller does not take it for done.
func clusterLostReply(t *testing.T, node single) {
	s := openCluster(t, node.url, redisstore.Options{Tenant: "lost-reply"})
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(9), Limits: []ledger.LimitOp{cake("first", 1, 100)}}); err != nil { // makes the node know the scripts
		t.Fatal(err)
	}
	lost := func(change ledger.Change, version uint64, usage int64) {
		t.Helper()
		before := calls(t, node.look, "evalsha")
		node.proxy.loseReplyTo("evalsha")
		wantUnknown(t, s.Apply(t.Context(), change))
		if got := calls(t, node.look, "evalsha") - before; got != 1 {
			t.Errorf("scripts that ran: %d, want one", got)
		}
		got, err := s.Load(t.Context(), customer(1))
		if err != nil || got[0].Version != version {
			t.Errorf("record after a lost reply: got %+v, error %v, want version %d", got, err, version)
		}
		if sums, err := s.Usage(t.Context(), "cake"); err != nil || sums[0] != usage {
			t.Errorf("usage: got %v, error %v, want %d", sums, err, usage)
		}
	}
	lost(ledger.Change{Key: customer(1)}, 1, 1)
	lost(ledger.Change{Key: customer(1), Expect: 1, Limits: []ledger.LimitOp{cake("a", 2, 100)}}, 1, 3)
	lost(ledger.Change{Key: customer(1), Expect: 1, Limits: []ledger.LimitOp{cake("a", 2, 100)}}, 1, 3)
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: 1, Limits: []ledger.LimitOp{cake("a", 2, 100)}}); err != nil {
		t.Errorf("Apply again: %v", err)
	}
}

// clusterLostRead loses replies to reads and to settling, which are simply asked again.
func clusterLostRead(t *testing.T, node single) {
	s := openCluster(t, node.url, redisstore.Options{Tenant: "lost-read"})
	for command, call := range map[string]func() error{
		"get":   func() error { _, err := s.Load(t.Context(), customer(1)); return err },
		"hget":  func() error { _, err := s.Usage(t.Context(), "cake"); return err },
		"hmget": func() error { _, err := s.Find(t.Context(), "wall", "a"); return err },
		"evalsha": func() error {
			return s.Settle(t.Context(), ledger.LimitOp{Limit: "cake", Action: ledger.Post, ClaimID: "a"})
		},
		"xrange": func() error { _, err := s.Events(t.Context(), "", 1); return err },
		"setnx":  func() error { _, err := s.Secret(t.Context(), "name", []byte("secret")); return err },
		"sscan":  func() error { _, err := s.Overdue(t.Context(), time.Now(), 1); return err },
	} {
		node.proxy.loseReplyTo(command)
		if err := call(); err != nil {
			t.Errorf("with a lost reply to %s: %v", command, err)
		}
	}
}

// clusterHang has a node fall silent: every call ends with its deadline.
func clusterHang(t *testing.T, node single) {
	const deadline, grace = 100 * time.Millisecond, 50 * time.Millisecond
	s := openCluster(t, node.url, redisstore.Options{Tenant: "hang", Timeout: time.Second})
	node.proxy.hang.Store(true)
	before := clientGoroutines()
	slowest := time.Hour
	for range 3 { // the best of three: the machine may be busy with other tests
		slowest = min(slowest, slowestOf(t, 40, s, deadline))
	}
	if slowest > deadline+grace {
		t.Errorf("Apply with a deadline of %s while the cluster hangs took %s", deadline, slowest)
	}
	const looking = 2 // the client looks at the cluster again, once at a time
	for end := time.Now().Add(5 * time.Second); clientGoroutines() > before+looking; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("goroutines of the client: %d before, %d after the cluster hung", before, clientGoroutines())
		}
	}
}

// clusterForgetsScripts has a node forget its scripts.
func clusterForgetsScripts(t *testing.T, node single) {
	s := openCluster(t, node.url, redisstore.Options{Tenant: "forgets"})
	for version := range uint64(2) {
		if err := node.look.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		change := ledger.Change{Key: customer(1), Expect: version, Limits: []ledger.LimitOp{cake("a", 1, 1)}, Index: []ledger.IndexOp{code("a", 1)}}
		if err := s.Apply(t.Context(), change); err != nil {
			t.Errorf("Apply after the node forgot its scripts: %v", err)
		}
		if got, err := s.Range(t.Context(), "codes", nil, 9, false); err != nil || len(got) != 1 {
			t.Errorf("Range: got %v, error %v, want one entry", got, err)
		}
	}
}

// clusterTooLate gives a change less time than writing its record may take: the record is surely not written.
func clusterTooLate(t *testing.T, node single) {
	s := openCluster(t, node.url, redisstore.Options{Tenant: "too-late"})
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Millisecond)
	defer cancel()
	if err := s.Apply(ctx, ledger.Change{Key: customer(1)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Apply with 9 ms left: got error %v, want the deadline's", err)
	}
	if got, err := s.Load(t.Context(), customer(1)); err != nil || got[0].Version != 0 {
		t.Errorf("record: got %+v, error %v, want none", got, err)
	}
}

// clusterOpenRefuses opens what can't be the store.
func clusterOpenRefuses(t *testing.T, node single) {
	if err := openCluster(t, node.url, redisstore.Options{Tenant: "shop"}).Close(); err != nil {
		t.Fatal(err)
	}
	plain := strings.Replace(ledgertest.Redis(t), "redis://", "redis+cluster://", 1)
	for text, want := range map[string][]string{
		node.url + "?partitions=32":          {"the data has 16 partitions, the URL asks for 32", "?partitions=16"},
		node.url + "?partitions=12":          {"power of two"},
		node.url + "?partitions=256":         {"power of two"},
		node.url + "?partition=16":           {"partitions=16"},
		node.url + "/3":                      {"no databases"},
		plain:                                {"no Redis Cluster", "write redis://"},
		"redis+cluster://127.0.0.1:1":        {"check that it runs"},
		"redis+cluster://u:hush@h:1,u:hush@": {"redis+cluster://"},
		"redis+cluster://u:hush@h:x":         {"can't be read"},
		"redis+cluster://":                   {"names no host"},
		"redis://h":                          {"redis+cluster://"},
	} {
		c, err := redisstore.OpenCluster(t.Context(), text, redisstore.Options{Tenant: "shop", Timeout: 300 * time.Millisecond})
		if err == nil {
			t.Errorf("OpenCluster(%q): got no error", text)
			_ = c.Close()
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("OpenCluster(%q): got error %q, want %q in it", text, err, w)
			}
		}
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("OpenCluster(%q): the error has the password in it: %q", text, err)
		}
	}
}

// clusterLayout pins what is in the nodes, which other versions of the program will read.
func clusterLayout(t *testing.T, node single) {
	s := openCluster(t, node.url+"?partitions=2", redisstore.Options{Tenant: "layout"})
	const odd = "a|{b}%"
	oddPiece := piece("a")
	oddPiece.Limit = odd
	free := ledger.LimitOp{Limit: "edition", Action: ledger.Release, ClaimID: "b"}
	for _, change := range []ledger.Change{
		{
			Key: customer(1), Data: []byte("data"), Due: time.UnixMicro(1_234_567), Limits: []ledger.LimitOp{oddPiece, piece("a"), piece("b"), free},
			Index: []ledger.IndexOp{code("first", 255)}, Events: []ledger.Event{{Data: []byte("it happened")}},
		},
		{Key: customer(3)},
	} {
		if err := s.Apply(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: 9, Limits: []ledger.LimitOp{
		{Limit: "edition", Action: ledger.Release, ClaimID: "a"}, piece("c"),
	}})
	if !errors.Is(err, ledger.ErrConflict) {
		t.Fatal(err)
	}
	if _, err := s.Secret(t.Context(), "key", []byte("hidden")); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	const in1, in2, limit = "surprised:{layout:p1}:", "surprised:{layout:p0}:", "surprised:{layout:l:edition}:"
	got := map[string]any{
		"record":     node.look.Get(ctx, in1+"c:"+customer(1).String()).Val(),
		"other":      node.look.Get(ctx, in2+"c:"+customer(3).String()).Val(),
		"due":        node.look.ZCard(ctx, in1+"due").Val(),
		"order":      node.look.ZRange(ctx, in1+"i:codes", 0, -1).Val(),
		"codes":      node.look.HGetAll(ctx, in1+"m:codes").Val(),
		"events":     node.look.XRange(ctx, in1+"e", "-", "+").Val()[0].Values,
		"limit":      node.look.HGetAll(ctx, limit+"l").Val(),
		"freed":      node.look.ZRange(ctx, limit+"f", 0, -1).Val(),
		"open":       node.look.ZRange(ctx, limit+"o", 0, -1).Val(),
		"loans":      node.look.HGetAll(ctx, limit+"h").Val(),
		"odd limit":  node.look.HGetAll(ctx, "surprised:{layout:l:a|%7Bb%7D%25}:l").Val(),
		"registry":   len(node.look.SMembers(ctx, "surprised:{layout:r0}:limits").Val()) + len(node.look.SMembers(ctx, "surprised:{layout:r1}:limits").Val()),
		"secret":     node.look.Get(ctx, "surprised:{layout:meta}:s:key").Val(),
		"format":     node.look.Get(ctx, "surprised:{layout:meta}:format").Val(),
		"partitions": node.look.Get(ctx, "surprised:{layout:meta}:partitions").Val(),
	}
	want := map[string]any{
		"record": "\x00\x00\x00\x00\x00\x00\x00\x01data", "other": "\x00\x00\x00\x00\x00\x00\x00\x01", "due": int64(1),
		"order": []string{"00000000000000fffirst"}, "codes": map[string]string{"first": "00000000000000ffof first"},
		"events": map[string]any{"event": "it happened"}, "limit": map[string]string{"": "1", "#n": "2", "a": "r1#1", "c": "r1#1"},
		"freed": []string{"2"}, "open": []string{"a", "c"}, "loans": map[string]string{"1:ca": "1#"},
		"odd limit": map[string]string{"": "1", "#n": "1", "a": "r1#1"}, "registry": 2, "secret": "hidden", "format": "1", "partitions": "2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// clusterSync asks whether replicas have a record, where there are none.
func clusterSync(t *testing.T, node single) {
	s := openCluster(t, node.url, redisstore.Options{Tenant: "sync"})
	if err := s.Sync(t.Context(), surprise.CustomerKey{1}, 7); err != nil {
		t.Errorf("Sync of a store that promises nothing: %v", err)
	}
	var warnings []string
	waits, err := redisstore.OpenCluster(t.Context(), node.url, redisstore.Options{Tenant: "sync", Replicas: 1, Warn: func(text string) { warnings = append(warnings, text) }})
	if err != nil || !strings.Contains(strings.Join(warnings, "\n"), "needs 1 connected replica") {
		t.Fatalf("OpenCluster without the replica that it needs: %v, %v", warnings, err)
	}
	defer waits.Close()
	if err := waits.Apply(t.Context(), ledger.Change{Key: surprise.CustomerKey{9}, Data: []byte("x")}); err == nil {
		t.Error("a change counted without the replica that it needs")
	}
}

// clusterSettlesLate has a change settle its limits after another has given back what it took: that must not come again.
func clusterSettlesLate(t *testing.T, node single) {
	s := openCluster(t, node.url, redisstore.Options{Tenant: "late"})
	give := ledger.LimitOp{Limit: "cake", Action: ledger.Release, ClaimID: "a"}
	take := cake("b", 3, 3)
	for version, ops := range [][]ledger.LimitOp{{cake("a", 3, 3)}, {give, take}} {
		if err := s.Apply(t.Context(), ledger.Change{Key: customer(1), Expect: uint64(version), Limits: ops}); err != nil {
			t.Fatal(err)
		}
	}
	gone := ledger.LimitOp{Limit: "cake", Action: ledger.Release, ClaimID: "b"}
	if err := errors.Join(s.Settle(t.Context(), gone), s.SettleLate(t.Context(), give, take)); err != nil {
		t.Fatal(err)
	}
	if sums, err := s.Usage(t.Context(), "cake"); err != nil || sums[0] != 0 {
		t.Errorf("usage: got %v, error %v, want 0", sums, err)
	}
}
