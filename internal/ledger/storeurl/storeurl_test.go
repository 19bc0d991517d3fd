package storeurl_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/boltstore"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
	"github.com/surprise-service/surprised/internal/ledger/storeurl"
)

func TestOpen(t *testing.T) {
	is := map[string]func(ledger.Store) bool{
		"bolt:" + filepath.Join(t.TempDir(), "new", "ledger.db"): func(s ledger.Store) bool { _, ok := s.(*boltstore.Store); return ok },
		ledgertest.Redis(t): func(s ledger.Store) bool { _, ok := s.(*redisstore.Store); return ok },
		"mem:":              func(s ledger.Store) bool { _, ok := s.(*memstore.Store); return ok },
	}
	for spec, isKind := range is {
		s, err := storeurl.Open(t.Context(), spec, storeurl.Options{})
		if err != nil {
			t.Errorf("Open(%q): %v", spec, err)
			continue
		}
		if !isKind(s) {
			t.Errorf("Open(%q): got a %T", spec, s)
		}
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("Ping of %q: %v", spec, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close of %q: %v", spec, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	for spec, want := range map[string][]string{
		"":                                      {"no store given", "bolt:PATH", "redis://", "rediss://", "mem:"},
		"bolt:":                                 {"names no file", "bolt:PATH"},
		"bolt://data/ledger.db":                 {"bolt:PATH"},
		"bolt:~/ledger.db":                      {"whole path"},
		"bolt:" + folder:                        {"it is a folder"},
		"bolt":                                  {"no known kind", "bolt:PATH"},
		"/var/lib/surprised.db":                 {"write bolt:/var/lib/surprised.db"},
		"surprised.db":                          {"write bolt:surprised.db"},
		"mem:x":                                 {"nothing after the colon"},
		"mem":                                   {"mem:"},
		"redis":                                 {"redis://"},
		"redis+sentinel://h":                    {"names no primary"},
		"redis+sentinel://127.0.0.1:1/m":        {"no Sentinel answers", "127.0.0.1:1"},
		"redis+cluster://127.0.0.1:1":           {"127.0.0.1:1"},
		"redis:localhost":                       {"redis://HOST"},
		"redis://127.0.0.1:1":                   {"Redis at 127.0.0.1:1", "check that it runs"},
		"REDIS://u:hush@host":                   {"REDIS://...", "redis://"},
		"http://u:hush@host":                    {"http://...", "bolt:PATH"},
		"postgres:u:hush@host":                  {"no known kind", "bolt:PATH"},
		"u:hush@host://x":                       {"no known kind", "bolt:PATH"},
		"redis://u:hush@host:port/":             {"can't be read"},
		"redis+sentinel://u:hush@127.0.0.1:1/m": {"no Sentinel answers"},
	} {
		s, err := storeurl.Open(t.Context(), spec, storeurl.Options{})
		if err == nil || s != nil {
			t.Errorf("Open(%q): got store %v, error %v, want only an error", spec, s, err)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("Open(%q): got error %q, want %q in it", spec, err, w)
			}
		}
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("Open(%q): the error has the password in it: %q", spec, err)
		}
	}
}

func TestOpenPassesOptions(t *testing.T) {
	var warnings []string
	url := ledgertest.Redis(t)
	s, err := storeurl.Open(t.Context(), url, storeurl.Options{Tenant: "shop", Warn: func(w string) { warnings = append(warnings, w) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if len(warnings) == 0 {
		t.Error("a Redis without persistence: got no warning")
	}
	if _, err := storeurl.Open(t.Context(), url, storeurl.Options{Tenant: "no tenant"}); err == nil || !strings.Contains(err.Error(), "tenant") {
		t.Errorf("a tenant with a space: got error %v", err)
	}
}

// TestDurability has promises that a store can't keep, or not yet.
func TestDurability(t *testing.T) {
	file := "bolt:" + filepath.Join(t.TempDir(), "ledger.db")
	primary := ledgertest.StartRedis(t)
	replica := strings.Replace(primary.Addr, ":", " ", 1)
	for _, tt := range []struct{ spec, durability, want string }{
		{file, "replicated", "a file has no replicas"},
		{"mem:", "replicated", "memory has no replicas"},
		{primary.URL(), "replicated", "needs 1 connected replica(s), it has 0"},
		{primary.URL(), "for ever", "write local or replicated"},
		{"bolt", "replicated", "no known kind"},
	} {
		_, err := storeurl.Open(t.Context(), tt.spec, storeurl.Options{Durability: tt.durability})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Open(%q) with durability %s: got error %v, want %q in it", tt.spec, tt.durability, err, tt.want)
		}
	}
	ledgertest.StartRedis(t, "--replicaof", replica)
	ledgertest.AwaitReplicas(t, primary, 1)
	for spec, durability := range map[string]string{file: "local", "mem:": "", primary.URL(): "replicated"} {
		s, err := storeurl.Open(t.Context(), spec, storeurl.Options{Durability: durability})
		if err != nil {
			t.Errorf("Open(%q) with durability %q: %v", spec, durability, err)
			continue
		}
		_ = s.Close()
	}
}
