package card

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// atom is what stays on one line: a word, or a character of a script that is written without spaces, with the punctuation that belongs to it.
type atom struct {
	text  string
	cols  int
	space bool // a space comes before it
}

const (
	zeroWidthJoiner = '\u200d'
	// notFirst must not begin a line, notLast not end one.
	notFirst = "，。、！？；：）」』】》〉％…‥・ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ”’,.!?;:)]}%"
	notLast  = "（「『【《〈“‘([{"
)

// columns returns the width of s on a terminal or a receipt printer, where East Asian characters and emoji take two columns.
func columns(s string) int {
	n := 0
	joined := false
	for _, r := range s {
		if !joined {
			n += runeColumns(r)
		}
		joined = r == zeroWidthJoiner
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf), r >= 0x1f3fb && r <= 0x1f3ff: // skin tones join what they follow
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// wrap breaks a paragraph into lines of at most cols columns. A longer word is broken where the line ends.
func wrap(s string, cols int) []string {
	var (
		out  []string
		b    strings.Builder
		used int
	)
	end := func() {
		out = append(out, b.String())
		b.Reset()
		used = 0
	}
	for _, a := range atoms(s) {
		gap := 0
		if a.space && used > 0 {
			gap = 1
		}
		if used > 0 && used+gap+a.cols > cols {
			end()
			gap = 0
		}
		for a.cols > cols {
			var head string
			head, a = a.split(cols)
			b.WriteString(head)
			end()
		}
		b.WriteString(strings.Repeat(" ", gap) + a.text)
		used += gap + a.cols
	}
	if b.Len() > 0 || len(out) == 0 { // what takes no columns is text, too
		end()
	}
	return out
}

// split takes off as much as fits on a line; cols is at least 2.
func (a atom) split(cols int) (head string, rest atom) {
	used, joined := 0, false
	for i, r := range a.text {
		w := runeColumns(r)
		if joined {
			w = 0
		}
		if used+w > cols {
			return a.text[:i], atom{text: a.text[i:], cols: a.cols - used}
		}
		used += w
		joined = r == zeroWidthJoiner
	}
	return a.text, atom{}
}

// atoms cuts a paragraph into what may stand on different lines.
func atoms(s string) []atom {
	var out []atom
	// start is where the last atom begins; wide is of its last visible character.
	var start int
	var space, joined, open, wide bool
	for i, r := range s {
		if unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' {
			space, joined, open = true, false, false
			continue
		}
		w := runeColumns(r)
		if joined {
			w = 0
		}
		last := len(out) - 1
		if last >= 0 && !space && (w == 0 || open || strings.ContainsRune(notFirst, r) || w == 1 && !wide) {
			out[last].cols += w
		} else {
			out, start = append(out, atom{cols: w, space: space && last >= 0}), i
			last++
		}
		out[last].text = s[start : i+utf8.RuneLen(r)]
		if w > 0 {
			wide = w == 2
		}
		joined, open, space = r == zeroWidthJoiner, strings.ContainsRune(notLast, r), false
	}
	return out
}
