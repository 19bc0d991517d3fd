package catalog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"
)

// Each # of the text stands where the file has it.
func TestPlacesWithinTexts(t *testing.T) {
	for name, text := range map[string]string{
		"folded":               ">-\n  aa # bb\n  cc #\n\n  # dd\n",
		"more indented":        ">-\n  aa #\n    bb #\n   # c\n  dd\n  # ee\n",
		"folded, blank first":  ">\n\n\n  aa\n  # b\n\n\n",
		"folded, kept":         ">+\n  aa\n  # b\n\n",
		"literal":              "|\n  aa # bb\n    cc #\n\n  # dd\n",
		"literal, blank first": "|\n\n  aa\n  # b\n",
		"folded, Chinese":      ">-\n  生日 # 生日\n  生日 # b\n",
		"plain":                "a# b#\n",
		"plain lines":          "a# b\n  c# d\n\n\n  e# f   # comment",
		"single":               "' a# it''s #\n    b#  #'  # comment",
		"double":               "\"a# \\\"b\\\" #\n    b#\\\\  #\"  # comment",
	} {
		checkPlaces(t, name, "a: "+text, false)
		checkPlaces(t, name+" with CRLF", strings.ReplaceAll("a: "+text, "\n", "\r\n"), false)
	}
	// Where it cannot be told, it is the first line.
	checkPlaces(t, "escapes", "a: \"\\x41\\u4e0b\\n\\t\\\\ #\n   b #\"", false)
	checkPlaces(t, "an unknown escape", "a: \"\\_ #\n   b #\"", true)
	checkPlaces(t, "no escape", "a: '\\x41\\ #'", false)
	checkPlaces(t, "an indicator", "a: >1-\n   b #\n  b #", true)
}

func TestPlacesWithinAnyText(t *testing.T) {
	line := rapid.StringMatching(`( {0,3}[ab#]{1,2} ?[b#]?)?`)
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(line, 1, 7).Draw(t, "lines")
		lines[0] = "a" + strings.TrimSpace(lines[0])
		header := rapid.SampledFrom([]string{">", ">-", ">+", "|", "|-"}).Draw(t, "header")
		checkPlaces(t, header, "a: "+header+"\n  "+strings.Join(lines, "\n  ")+"\n", false)
	})
}

type failer interface {
	Helper()
	Errorf(string, ...any)
	Fatalf(string, ...any)
}

func checkPlaces(t failer, name, source string, unknown bool) {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(source), &doc); err != nil {
		t.Fatalf("%s: %q: %v", name, source, err)
	}
	f := newFile("a.yaml", []byte(source))
	f.root = nodeOf(doc.Content[0])
	p := place{file: f, node: f.root}.in("a")
	first := fmt.Sprint(p.firstLine())
	var got []string
	for l, text := range strings.Split(p.node.value, "\n") {
		for at := strings.IndexByte(text, '#'); at >= 0; at = after(text, at) {
			got = append(got, fmt.Sprint(p.within(l+1, utf8.RuneCountInString(text[:at]))))
		}
	}
	for i := range got {
		if unknown && got[i] == first {
			got[i] = "unknown"
		}
	}
	want := marks(source, unknown)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q: got %v, want %v", name, source, got, want)
	}
}

func after(text string, at int) int {
	if next := strings.IndexByte(text[at+1:], '#'); next >= 0 {
		return at + 1 + next
	}
	return -1
}

// marks finds every # of the file, save that of a comment.
func marks(source string, unknown bool) []string {
	var out []string
	for l, text := range strings.Split(source, "\n") {
		text, _, _ = strings.Cut(text, "  # comment")
		for i, r := range []rune(text) {
			switch {
			case r == '#' && unknown:
				out = append(out, "unknown")
			case r == '#':
				out = append(out, fmt.Sprint(l+1, i+1))
			}
		}
	}
	return out
}
