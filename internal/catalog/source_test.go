package catalog

import (
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// A key is found by its own name first, then by any spelling that is the same without case and _.
func TestKeysAreFoundInAnySpelling(t *testing.T) {
	names := []string{"lead_time", "leadTime", "LeadTime", "leadtime", "Kind", "kind", "Kind", "id", "", "_", "é", "É"}
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.SampledFrom(names), 0, 6).Draw(t, "keys")
		name := rapid.SampledFrom(names).Draw(t, "name")
		n := node{kind: yaml.MappingNode}
		for _, k := range keys {
			n.content = append(n.content, node{value: k}, node{})
		}
		want := slices.Index(keys, name)
		if want < 0 {
			want = slices.IndexFunc(keys, func(k string) bool { return strings.ToLower(k) == strings.ReplaceAll(name, "_", "") })
		}
		got, ok := place{node: &n}.child(name)
		if ok != (want >= 0) || ok && got.key != &n.content[2*want] {
			t.Fatalf("%q in %q: got %v, want the %d-th", name, keys, got.key, want)
		}
	})
}
