package catalog

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// block spells the lines of a block scalar out: those after the indicator, as far as the text goes.
func (p place) block(want int, folded bool) *spelled {
	t := &spelled{want: want}
	b := blockText{spelled: t, folded: folded, indent: p.blockIndent()}
	for n := int(p.node.line) + 1; !t.full(); n++ {
		line, ok := p.lineOf(n)
		if ends := leading(line) < min(b.indent, len(line)); !ok || ends {
			break
		}
		b.next(line, n)
	}
	b.finish()
	return t
}

// blockIndent is that of the first line with a text, which is also right for all but those with an indentation indicator.
func (p place) blockIndent() int {
	for n := int(p.node.line) + 1; ; n++ {
		line, ok := p.lineOf(n)
		if !ok || leading(line) < len(line) {
			return leading(line)
		}
	}
}

// blockText joins lines as YAML does: literal lines keep their breaks. Between folded lines one break is a space and of more the
// first one is dropped, but breaks around lines that are indented further are kept.
type blockText struct {
	*spelled
	folded bool
	indent int
	// breaks are those since the last line with a text.
	breaks []char
	begun  bool
	// further tells that the last line was indented further.
	further bool
}

func (b *blockText) next(line []rune, n int) {
	if leading(line) == len(line) && len(line) <= b.indent { // blank
		b.breaks = append(b.breaks, char{'\n', n, len(line) + 1})
		return
	}
	text := line[min(b.indent, len(line)):]
	further := text[0] == ' ' || text[0] == '\t'
	b.join(further)
	b.addAll(text, n, b.indent+1)
	b.breaks = append(b.breaks[:0], char{'\n', n, len(line) + 1})
	b.begun, b.further = true, further
}

func (b *blockText) join(further bool) {
	breaks := b.breaks
	if b.folded && b.begun && !further && !b.further {
		if len(breaks) == 1 {
			breaks[0].r = ' '
		} else {
			breaks = breaks[1:]
		}
	}
	b.addBreaks(breaks)
}

// finish adds the breaks at the end, of which the length of the text tells how many were kept.
func (b *blockText) finish() { b.addBreaks(b.breaks) }

func (b *blockText) addBreaks(breaks []char) {
	for _, c := range breaks {
		b.add(c.r, c.line, c.column)
	}
}

// flow spells a plain or quoted scalar out, whose lines are folded without their indentation.
func (p place) flow(want int) *spelled {
	t := &spelled{want: want}
	quote := p.quote()
	column := int(p.node.column) - 1 + len(quote)
	var breaks []char
	for n := int(p.node.line); !t.full(); n++ {
		line, ok := p.lineOf(n)
		if !ok || column > len(line) {
			break
		}
		text := line[column:]
		skipped := len(text) - len(trimLeft(text))
		if n == int(p.node.line) {
			skipped = 0 // a quoted text may begin with spaces
		}
		text = text[skipped:]
		if n > int(p.node.line) && len(text) > 0 {
			t.addFolded(breaks)
			breaks = nil
		}
		end := t.addFlow(text, n, column+skipped+1, quote)
		breaks = append(breaks, char{'\n', n, end})
		column = 0
	}
	return t
}

func (p place) quote() string {
	switch {
	case p.node.style&yaml.DoubleQuotedStyle != 0:
		return `"`
	case p.node.style&yaml.SingleQuotedStyle != 0:
		return `'`
	}
	return ""
}

func (t *spelled) addFolded(breaks []char) {
	if len(breaks) == 1 {
		breaks[0].r = ' '
	} else if len(breaks) > 1 {
		breaks = breaks[1:]
	}
	for _, c := range breaks {
		t.add(c.r, c.line, c.column)
	}
}

// addFlow adds one line up to its last character that is no space, and returns the column after it.
func (t *spelled) addFlow(text []rune, line, column int, quote string) (end int) {
	spaces := 0
	for i := 0; i < len(text); i++ {
		at := column + i
		r, length := unescape(text[i:], quote)
		if length == 1 && (r == ' ' || r == '\t') {
			spaces++
			continue
		}
		i += length - 1
		for s := spaces; s > 0; s-- {
			t.add(text[at-column-s], line, at-s)
		}
		spaces = 0
		t.add(r, line, at)
	}
	return column + len(text) - spaces
}

// unescape returns the first character of a quoted text and how many it is written with. It knows the escapes that are in use; of others it
// returns the backslash.
func unescape(text []rune, quote string) (r rune, length int) {
	if len(text) < 2 || quote == "" {
		return text[0], 1
	}
	next := text[1]
	switch {
	case quote == `'` && text[0] == '\'' && next == '\'':
		return next, 2
	case quote != `"` || text[0] != '\\':
		return text[0], 1
	case strings.ContainsRune(`"\/`, next):
		return next, 2
	case next == 'n':
		return '\n', 2
	case next == 't':
		return '\t', 2
	}
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}[next]
	if digits == 0 || len(text) < 2+digits {
		return text[0], 1
	}
	code, err := strconv.ParseUint(string(text[2:2+digits]), 16, 31)
	if err != nil {
		return text[0], 1
	}
	return rune(code), 2 + digits
}

func trimLeft(text []rune) []rune {
	i := slices.IndexFunc(text, func(r rune) bool { return r != ' ' && r != '\t' })
	if i < 0 {
		return nil
	}
	return text[i:]
}
