package catalog

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPlaceholdersAreFoundAsByARegularExpression(t *testing.T) {
	form := regexp.MustCompile(`\{([^{}|]*)(\|([^{}]*))?\}`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([{}|]|name|x){0,12}`).Draw(t, "text")
		var got, want []placeholder
		for p, ok := nextPlaceholder(text, 0); ok; p, ok = nextPlaceholder(text, p.end) {
			got = append(got, p)
		}
		for _, m := range form.FindAllStringSubmatchIndex(text, -1) {
			p := placeholder{start: m[0], end: m[1], name: text[m[2]:m[3]]}
			if m[6] >= 0 {
				p.fallback = text[m[6]:m[7]]
			}
			want = append(want, p)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q: got %v, want %v", text, got, want)
		}
		left := form.ReplaceAllString(text, "")
		if alone := slices.Contains(placeholderProblems(text), "a { or } stands alone"); alone != strings.ContainsAny(left, "{}") {
			t.Fatalf("%q: stands alone: %v", text, alone)
		}
	})
}
