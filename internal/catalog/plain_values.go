package catalog

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// value reads a flow collection or a scalar, after which pos stands; inFlow tells that it is in a collection.
func (r *plainReader) value(inFlow bool) (n node, ok bool) {
	switch r.at(r.pos) {
	case '[':
		return r.nested(r.flowSequence)
	case '{':
		return r.nested(r.flowMapping)
	case '"', '\'':
		return r.quoted()
	}
	return r.plain(inFlow)
}

func (r *plainReader) flowSequence() (n node, ok bool) {
	n = r.node(yaml.SequenceNode, yaml.FlowStyle)
	return n, r.flow(&n, ']', func() bool { return true })
}

func (r *plainReader) flowMapping() (n node, ok bool) {
	n = r.node(yaml.MappingNode, yaml.FlowStyle)
	return n, r.flow(&n, '}', func() bool { return r.key() && r.flowSpace() })
}

// flow reads the entries of a collection up to its end; before reads what stands before the value of each.
func (r *plainReader) flow(n *node, end byte, before func() bool) bool {
	from := len(r.open)
	r.pos++
	if !r.flowSpace() {
		return false
	}
	for r.at(r.pos) != end {
		if !before() {
			return false
		}
		v, ok := r.value(true)
		if !ok || !r.flowSpace() {
			return false
		}
		r.open = append(r.open, v)
		if r.at(r.pos) == ',' {
			r.pos++
			if !r.flowSpace() || r.at(r.pos) == end {
				return false
			}
		} else if r.at(r.pos) != end {
			return false
		}
	}
	r.pos++
	r.close(n, from)
	return true
}

// flowSpace goes over spaces and line breaks within a flow collection.
func (r *plainReader) flowSpace() bool {
	line := r.line
	for r.spaces(); r.pos < len(r.text) && r.text[r.pos] == '\n'; r.spaces() {
		r.newline()
	}
	return r.pos < len(r.text) && (r.line == line || r.pos-r.begin > r.outside)
}

// plain reads a plain scalar.
func (r *plainReader) plain(inFlow bool) (n node, ok bool) {
	if !r.beginsPlain() {
		return n, false
	}
	n = r.node(yaml.ScalarNode, 0)
	text := r.text[r.pos:]
	ends := "\n"
	if inFlow {
		ends = "\n,[]{}?" // lines may be long, and have many: their ends are not looked for
	}
	if end := strings.IndexAny(text, ends); end >= 0 {
		text = text[:end]
	}
	if i := strings.Index(text, " #"); i >= 0 {
		text = text[:i]
	}
	text = strings.TrimRight(text, " ")
	if strings.Contains(text, ": ") || text[len(text)-1] == ':' {
		return n, false
	}
	n.value = text
	r.pos += len(text)
	return n, true
}

// block reads a literal or folded block scalar of one paragraph, none of whose lines is blank. indent is that of the block around it.
func (r *plainReader) block(indent int) bool {
	n, between := r.node(yaml.ScalarNode, yaml.LiteralStyle), byte('\n')
	if r.text[r.pos] == '>' {
		n.style, between = yaml.FoldedStyle, ' '
	}
	r.pos++
	strip := r.at(r.pos) == '-'
	if strip {
		r.pos++
	}
	if r.at(r.pos) != '\n' || r.pos == len(r.text) {
		return false
	}
	r.newline()
	r.spaces()
	inside := r.pos - r.begin
	text, ok := r.paragraph(inside, between)
	if !ok || inside <= indent {
		return false
	}
	if n.value = text; !strip {
		n.value += "\n"
	}
	r.open = append(r.open, n)
	r.nextLine()
	return r.indent <= indent
}

// paragraph reads lines of at least an indent up to the next that has less, and joins them. Lines that are indented further are not folded.
func (r *plainReader) paragraph(indent int, between byte) (text string, ok bool) {
	var b strings.Builder
	further, furtherBefore := false, false
	for ; r.pos-r.begin >= indent && r.at(r.pos) != '\n'; furtherBefore = further {
		end := r.lineEnd()
		if end == len(r.text) || r.text[end-1] == ' ' {
			return "", false
		}
		switch further = r.pos-r.begin > indent; {
		case b.Len() == 0:
		case further || furtherBefore:
			b.WriteByte('\n')
		default:
			b.WriteByte(between)
		}
		b.WriteString(r.text[r.begin+indent : end])
		r.pos = end
		r.newline()
		r.spaces()
	}
	for r.pos-r.begin <= indent && r.pos < len(r.text) && r.text[r.pos] == '\n' {
		r.newline()
		r.spaces()
	}
	return b.String(), b.Len() > 0 && r.pos-r.begin < indent
}

// beginsPlain reports whether a plain scalar surely begins here.
func (r *plainReader) beginsPlain() bool {
	c := r.at(r.pos)
	if c == '-' {
		c = r.at(r.pos + 1)
	}
	return c != '-' && isWord(c) || c >= utf8.RuneSelf || strings.IndexByte("./($+^", c) >= 0
}

// quoted reads a scalar in quotes.
func (r *plainReader) quoted() (n node, ok bool) {
	quote := r.at(r.pos)
	style := yaml.DoubleQuotedStyle
	if quote == '\'' {
		style = yaml.SingleQuotedStyle
	}
	if quote != '"' && quote != '\'' {
		return n, false
	}
	n = r.node(yaml.ScalarNode, style)
	end, escapes := r.closing(quote)
	if end < 0 {
		return n, false
	}
	n.value = r.text[r.pos+1 : end]
	switch {
	case escapes && quote == '\'':
		n.value = strings.ReplaceAll(n.value, "''", "'")
	case escapes:
		n.value, ok = unescaped(n.value)
	}
	r.pos = end + 1
	return n, ok || !escapes || quote == '\''
}

// closing returns where the quote that is open here closes on its line, or -1, and whether there are escapes before that.
func (r *plainReader) closing(quote byte) (end int, escapes bool) {
	for i := r.pos + 1; i < len(r.text) && r.text[i] != '\n'; i++ {
		switch {
		case r.text[i] == '\\' && quote == '"', r.text[i] == quote && quote == '\'' && r.at(i+1) == quote:
			escapes = true
			i++
		case r.text[i] == quote:
			return i, escapes
		}
	}
	return -1, escapes
}

// unescaped takes the escapes of quotes and backslashes out; ok is false where there are others.
func unescaped(text string) (out string, ok bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '\\')
		if i < 0 {
			b.WriteString(text)
			return b.String(), true
		}
		if text[i+1] != '"' && text[i+1] != '\\' {
			return "", false
		}
		b.WriteString(text[:i])
		b.WriteByte(text[i+1])
		text = text[i+2:]
	}
}
