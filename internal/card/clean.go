package card

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
	// maxMarks is how many marks one character may carry. No script needs more; texts that pile them up cover the lines above and below.
	maxMarks = 4
)

// line returns s as one line of harmless text: line breaks are spaces.
func line(s string) string {
	if plain(s) {
		return s
	}
	return clean(s, ' ', false)
}

// lines is line for each.
func lines(all []string) []string { return each(all, line) }

// written is line for what operators wrote and a customer's name was filled into: the name stays isolated.
func written(s string) string {
	if plain(s) {
		return s
	}
	return clean(s, ' ', balanced(s))
}

func each(all []string, f func(string) string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = f(s)
	}
	return out
}

// balanced reports that every isolate in s is closed in s.
func balanced(s string) bool {
	depth := 0
	for _, r := range s {
		switch r {
		case '\u2066', '\u2067', '\u2068':
			depth++
		case '\u2069':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// paragraphs returns s as harmless text in which line breaks are kept, at most one empty line at a time and none at the ends.
func paragraphs(s string) []string {
	var out []string
	for _, p := range strings.Split(strings.TrimSpace(clean(s, '\n', false)), "\n") {
		p = strings.TrimSpace(p)
		if p != "" || len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, p)
		}
	}
	return out
}

// plain tells without work that there is nothing to remove.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// clean removes what acts on the text around it: control characters, with them the escapes of terminals, and changes of direction. Isolates
// may stay, line breaks become lineBreak.
func clean(s string, lineBreak rune, isolates bool) string {
	var b strings.Builder
	b.Grow(len(s))
	marks := 0
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case breaks(r):
			r = lineBreak
		case r == '\t':
			r = ' '
		case acts(r) && (!isolates || !isolating(r)):
			continue
		}
		if marks++; !mark(r) {
			marks = 0
		}
		if marks <= maxMarks {
			b.WriteRune(r) // a broken byte comes out as U+FFFD
		}
	}
	return b.String()
}

func breaks(r rune) bool {
	return r >= '\n' && r <= '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

func isolating(r rune) bool { return r >= '\u2066' && r <= '\u2069' }

func mark(r rune) bool { return r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me) }

// acts reports characters that change others and show nothing themselves. Joiners stay: Persian, Hindi and emoji are written with them.
func acts(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r == '\u200e', r == '\u200f', r == '\u061c', r == '\ufeff', r == '\u00ad':
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u206f', r >= '\ufff9' && r <= '\ufffb':
		return true
	case r >= 0xe0000 && r <= 0xe0fff && !mark(r): // tags; variation selectors are marks
		return true
	}
	return false
}

// isolate keeps right-to-left text from turning its surroundings around. What has none is left as it is, for printers that know few characters.
func isolate(s string) string {
	if !turns(s) {
		return s
	}
	return firstStrongIsolate + s + popIsolate
}

func turns(s string) bool {
	for i, r := range s {
		if r < 0x590 {
			continue
		}
		p, _ := bidi.LookupString(s[i:])
		if c := p.Class(); c == bidi.R || c == bidi.AL || c == bidi.AN {
			return true
		}
	}
	return false
}

// minParagraph is how many characters a paragraph counts for at the least, so that many short lines don't make a long receipt either.
const minParagraph = 20

// cut returns at most n characters of paragraphs, and marks where it cut.
func cut(paragraphs []string, n int) []string {
	for i, p := range paragraphs {
		count := utf8.RuneCountInString(p)
		if n >= max(count, minParagraph) {
			n -= max(count, minParagraph)
			continue
		}
		out := slices.Clone(paragraphs[:i])
		return append(out, strings.TrimSpace(string([]rune(p)[:min(n, count)]))+"…")
	}
	return paragraphs
}
