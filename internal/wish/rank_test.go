package wish

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// foundTags is a template with how common its tags are that were found, the rarest first.
type foundTags struct {
	id    string
	rarer []int
}

// ranked is the order that Match promises, worked out in full.
func ranked(templates [][]string, found []string) []string {
	common := map[string]int{}
	for _, grants := range templates {
		for _, tag := range grants {
			common[tag]++
		}
	}
	var list []foundTags
	for n, grants := range templates {
		var rarer []int
		for _, tag := range grants {
			if slices.Contains(found, tag) {
				rarer = append(rarer, common[tag])
			}
		}
		slices.Sort(rarer)
		if len(rarer) > 0 {
			list = append(list, foundTags{templateID(n), rarer})
		}
	}
	slices.SortFunc(list, func(a, b foundTags) int {
		return cmp.Or(len(b.rarer)-len(a.rarer), slices.Compare(a.rarer, b.rarer), strings.Compare(a.id, b.id))
	})
	out := []string{}
	for _, t := range list {
		out = append(out, t.id)
	}
	return out
}

func templateID(n int) string { return fmt.Sprintf("template_%02d", n) }

func TestTheBestTemplatesComeFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tags := []string{"alpha", "bravo", "coral", "delta", "echo", "fox"}
		grants := rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.SampledFrom(tags), 1, 5, rapid.ID[string]), 1, 12).Draw(t, "grants")
		found := rapid.SliceOfNDistinct(rapid.SampledFrom(tags), 0, 6, rapid.ID[string]).Draw(t, "found")
		n := rapid.IntRange(0, 13).Draw(t, "n")
		var templates []string
		for i, g := range grants {
			templates = append(templates, templateID(i)+": "+strings.Join(g, ", "))
		}
		m := New(newCatalog(nil, templates))
		want := ranked(grants, found)
		got, all := []string{}, []string{}
		for _, match := range m.Match(strings.Join(found, " "), n) {
			got = append(got, match.GetTemplate())
		}
		for _, match := range m.MatchTags(found) {
			all = append(all, match.GetTemplate())
		}
		if diff := gocmp.Diff(want, all); diff != "" {
			t.Fatalf("MatchTags(%q) (-want +got):\n%s", found, diff)
		}
		if diff := gocmp.Diff(want[:min(n, len(want))], got); diff != "" {
			t.Fatalf("Match of %q, %d (-want +got):\n%s", found, n, diff)
		}
	})
}
