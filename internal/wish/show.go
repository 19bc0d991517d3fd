package wish

import (
	"strings"
	"unicode"
)

// Marks of the Unicode Bidirectional Algorithm (UAX 9).
const (
	leftToRightEmbedding, rightToLeftEmbedding, popEmbedding          = '\u202a', '\u202b', '\u202c'
	leftToRightOverride, rightToLeftOverride                          = '\u202d', '\u202e'
	leftToRightIsolate, rightToLeftIsolate, firstIsolate, popIsolated = '\u2066', '\u2067', '\u2068', '\u2069'
)

// Isolate returns a text that a customer wrote as it may stand in plain text or on a terminal: whatever its direction, what is around it keeps its
// own. Each line is put between U+2068 and U+2069, since directions end with the line; marks of direction that are not closed or not opened
// in their line are left out, and so are control characters other than tabs, the escapes of terminals among them. It is not for HTML, where
// text is escaped and put into a bdi element. An empty line stays empty.
func Isolate(text string) string {
	var out strings.Builder
	for i, line := range strings.Split(lines(text), "\n") {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(isolate(line))
	}
	return out.String()
}

// Line is Isolate for one line: spaces, tabs and line breaks in a row become one space, and a text longer than n characters (code points) ends
// with … as the last of n. Accents and joined emoji are not cut apart. The two marks around it are not counted. n less than 1 gives nothing.
func Line(text string, n int) string {
	if n < 1 {
		return ""
	}
	return isolate(shorten([]rune(strings.Join(strings.Fields(withoutControls(lines(text))), " ")), n))
}

func lines(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
}

func withoutControls(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' {
			return -1
		}
		return r
	}, text)
}

func shorten(text []rune, n int) string {
	if len(text) <= n {
		return string(text)
	}
	end := n - 1
	for end > 0 && joined(text[end-1], text[end]) {
		end--
	}
	return string(text[:end]) + "…"
}

// joined tells of two characters that they are shown as one, as far as their kinds tell it.
func joined(before, after rune) bool {
	const joiner = '\u200d'
	return before == joiner || after == joiner || unicode.IsMark(after) || after >= 0x1f3fb && after <= 0x1f3ff
}

func isolate(line string) string {
	if line = withoutControls(line); line == "" {
		return ""
	}
	return string(firstIsolate) + balanced([]rune(line)) + string(popIsolated)
}

// balanced leaves out marks that open or close a direction and have no counterpart.
func balanced(line []rune) string {
	drop := map[int]bool{}
	var open []int
	for i, r := range line {
		switch r {
		case leftToRightEmbedding, rightToLeftEmbedding, leftToRightOverride, rightToLeftOverride,
			leftToRightIsolate, rightToLeftIsolate, firstIsolate:
			open = append(open, i)
			drop[i] = true // until it is closed
		case popEmbedding, popIsolated:
			opener := closes(line, open, r)
			if drop[i] = opener < 0; opener >= 0 {
				drop[open[opener]] = false
				open = open[:opener]
			}
		}
	}
	var out strings.Builder
	for i, r := range line {
		if !drop[i] {
			out.WriteRune(r)
		}
	}
	return out.String()
}

// closes returns the place in open of what a mark closes, or -1. An embedding is closed within its isolate only; the end of an isolate ends what
// was opened in it.
func closes(line []rune, open []int, r rune) int {
	for i := len(open) - 1; i >= 0; i-- {
		isolated := line[open[i]] >= leftToRightIsolate
		if r == popIsolated && isolated || r == popEmbedding && !isolated {
			return i
		}
		if r == popEmbedding {
			return -1
		}
	}
	return -1
}
