package catalog

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/surprise-service/surprised/internal/rule"
)

// ruleProblem places a problem within a rule's text in the file.
func (p place) ruleProblem(in rule.Problem) Problem {
	out := p.problem("%s", in.Message)
	out.Hint, out.Warning = in.Hint, in.Warning
	if p.node != nil {
		out.Line, out.Column = p.within(in.Line, in.Column)
	}
	return out
}

// within returns where a place of the text (line from 1, column from 0) stands in the file. YAML folds lines and takes escapes out,
// so the text is put together anew from the lines of the file, with the origin of each character. Where that does not lead to what
// YAML read, the answer is the first line of the text.
func (p place) within(line, column int) (atLine, atColumn int) {
	return p.locate(func(t *spelled) int { return t.offset(line, column) })
}

// position does the same for a character of the text, counted from 0.
func (p place) position(char int) (line, column int) {
	return p.locate(func(*spelled) int { return char })
}

func (p place) locate(of func(*spelled) int) (line, column int) {
	t := p.spelledOut()
	if t.want == 0 || t.written() != p.node.value {
		return p.firstLine()
	}
	i := of(t)
	if i >= len(t.chars) {
		return t.end.line, t.end.column
	}
	return t.chars[i].line, t.chars[i].column
}

func (p place) firstLine() (line, column int) {
	if p.isBlock() {
		next := int(p.node.line) + 1
		return next, p.indent(next) + 1
	}
	return int(p.node.line), int(p.node.column)
}

func (p place) isBlock() bool {
	return p.node.style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

func (p place) spelledOut() *spelled {
	want := utf8.RuneCountInString(p.node.value)
	switch {
	case p.node.style&yaml.LiteralStyle != 0:
		return p.block(want, false)
	case p.node.style&yaml.FoldedStyle != 0:
		return p.block(want, true)
	default:
		return p.flow(want)
	}
}

// char is a character of a text with where it comes from.
type char struct {
	r            rune
	line, column int // from 1
}

// spelled is the beginning of a text, up to the length that is wanted.
type spelled struct {
	chars []char
	want  int
	// end is after the last character.
	end char
}

func (t *spelled) add(r rune, line, column int) {
	if len(t.chars) < t.want {
		t.chars = append(t.chars, char{r, line, column})
		t.end = char{line: line, column: column + 1}
	}
}

func (t *spelled) addAll(text []rune, line, column int) {
	for i, r := range text {
		t.add(r, line, column+i)
	}
}

func (t *spelled) full() bool { return len(t.chars) >= t.want }

func (t *spelled) written() string {
	var b strings.Builder
	for _, c := range t.chars {
		b.WriteRune(c.r)
	}
	return b.String()
}

// offset returns the position of a line and column among the characters.
func (t *spelled) offset(line, column int) int {
	i := 0
	for ; line > 1 && i < len(t.chars); i++ {
		if t.chars[i].r == '\n' {
			line--
		}
	}
	return i + column
}

// lineOf returns a line of the file, from 1, without its end.
func (p place) lineOf(n int) (text []rune, ok bool) {
	line, ok := p.file.line(n)
	return []rune(strings.TrimSuffix(line, "\r")), ok
}

func (p place) indent(n int) int {
	l, _ := p.lineOf(n)
	return leading(l)
}

// leading returns how many spaces a line begins with.
func leading(line []rune) int {
	for i, r := range line {
		if r != ' ' {
			return i
		}
	}
	return len(line)
}
