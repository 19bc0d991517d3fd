package repo

import (
	"fmt"
	"slices"
	"strings"
)

const module = "github.com/surprise-service/surprised"

// layers are the packages from the entry down to the vocabulary. A package imports its own line and the lines below
// it, never one above. A new package goes onto the line where its callers and its imports leave it.
var layers = [][]string{
	{"cmd/*"},
	{"internal/app"},
	{"internal/batch", "internal/simulate"},
	{"internal/server", "internal/console"},
	{"internal/recommend", "internal/learn"},
	{"internal/card", "internal/wish"},
	{"internal/ledger", "internal/ledger/*"},
	{"internal/catalog", "internal/match", "internal/rank", "internal/calendar", "internal/offer", "internal/event"},
	{"internal/rule", "internal/rule/*"},
	{"internal/config", "internal/telemetry", "internal/wire"},
	{"internal/surprise"},
	{"api/*"},
	{"internal/repo", "internal/e2e", "internal/faults"}, // tests only
}

// onlyIn confines a dependency to the packages whose job it is to know it. A path covers the packages below it.
var onlyIn = []struct {
	dependency string
	allowed    []string
}{
	{"cel.dev/", []string{"internal/rule"}},
	{"github.com/google/cel-go", []string{"internal/rule"}},
	{"go.etcd.io/bbolt", []string{"internal/ledger/boltstore"}},
	{"github.com/redis/go-redis", []string{"internal/ledger/redisstore"}},
	{"go.uber.org/zap", []string{"internal/telemetry", "internal/server", "internal/app", "cmd"}},
	// A store is chosen by its URL in one place; everyone else sees ledger's contract.
	{module + "/internal/ledger/boltstore", []string{"internal/ledger/storeurl"}},
	{module + "/internal/ledger/redisstore", []string{"internal/ledger/storeurl"}},
	{module + "/internal/ledger/memstore", []string{"internal/ledger/storeurl", "internal/ledger/ledgertest"}},
	// The conformance suite is for tests, which this check does not look at.
	{module + "/internal/ledger/ledgertest", nil},
	// Settings reach a package as its own arguments, so that it can be used and tested without them.
	{module + "/internal/config", []string{"internal/app", "cmd"}},
}

// covers tells whether pkg is the pattern's package, or one below it where the pattern ends in /*.
func covers(pattern, pkg string) bool {
	prefix, below := strings.CutSuffix(pattern, "*")
	return pattern == pkg || below && strings.HasPrefix(pkg, prefix)
}

// layerOf is the line of layers that a package stands on, or -1.
func layerOf(pkg string) int {
	return slices.IndexFunc(layers, func(line []string) bool {
		return slices.ContainsFunc(line, func(pattern string) bool { return covers(pattern, pkg) })
	})
}

// badImports lists what the files outside tests import against layers, onlyIn, and the rule that the vocabulary needs
// nothing but the standard library.
func badImports(files []goFile) []string {
	var bad []string
	for _, f := range files {
		if f.isTest() {
			continue
		}
		if layerOf(f.dir()) < 0 {
			bad = append(bad, fmt.Sprintf("%s: package %s has no place in layers yet", f.path, f.dir()))
			continue
		}
		for _, imported := range f.imports() {
			if why := refusal(f.dir(), imported); why != "" {
				bad = append(bad, fmt.Sprintf("%s: imports %s: %s", f.path, imported, why))
			}
		}
	}
	return bad
}

// refusal says why package pkg may not import a path, or nothing when it may.
func refusal(pkg, imported string) string {
	if pkg == "internal/surprise" && strings.Contains(strings.Split(imported, "/")[0], ".") {
		return "the vocabulary uses the standard library only"
	}
	for _, rule := range onlyIn {
		if within(imported, rule.dependency) && !slices.ContainsFunc(rule.allowed, func(dir string) bool { return within(pkg, dir) }) {
			return fmt.Sprintf("only %v may", rule.allowed)
		}
	}
	own, inside := strings.CutPrefix(imported, module+"/")
	if !inside {
		return ""
	}
	if layerOf(own) < 0 {
		return "it has no place in layers yet"
	}
	if layerOf(own) < layerOf(pkg) {
		return "it stands above this package"
	}
	return ""
}

// within tells whether a path is dir or below it; a dir that ends in a slash stands for all below it.
func within(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}
