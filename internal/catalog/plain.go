package catalog

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// plainReader reads the plain part of YAML, in which catalogues are mostly written, ten times faster than the general reader: block mappings and
// sequences, flow collections, scalars of one line, plain or quoted, and paragraphs as block scalars; without tabs, tags, anchors, and escapes other
// than \" and \\.
// What is not surely in that part it does not read at all; the general reader has the last word on it. The tests hold the two to the same nodes.
type plainReader struct {
	text string
	// ascii tells that characters are bytes.
	ascii bool
	pos   int
	// line is counted from 1, and begins at a byte.
	line, begin int
	// indent is the column, from 0, of the first character at or after pos; -1 at the end of the text.
	indent int
	// outside is the indent of the block around a flow collection: its lines have more.
	outside int
	depth   int
	// open are nodes whose collections are not yet complete, free is where complete ones go.
	open, free []node
}

const (
	maxDepth = 50
	maxKey   = 256
	// pageOfNodes is how many nodes are allocated at once: 28 KiB.
	pageOfNodes = 512
)

// readPlain returns the top mapping of a text in UTF-8; ok is false where it is not plain YAML.
func readPlain(text string) (root *node, ok bool) {
	r := plainReader{text: text, line: 1}
	if r.ascii, ok = plainChars(text); !ok {
		return nil, false
	}
	if r.nextLine(); r.indent != 0 {
		return nil, false
	}
	top, ok := r.mapping()
	return &top, ok && r.indent < 0
}

// plainChars reports whether all characters stand for themselves in YAML, and whether all are ASCII.
func plainChars(text string) (ascii, ok bool) {
	ascii = true
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c < ' ' && c != '\n' || c == 0x7f {
			return false, false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii, ascii || strings.IndexFunc(text, unusual) < 0
}

// unusual finds control characters, line breaks and marks that are not ASCII, and what YAML does not allow.
func unusual(c rune) bool {
	return c >= utf8.RuneSelf && c < 0xa0 || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff
}

// nextLine goes to the first character of the next line that is neither blank nor a comment, starting with the rest of this one.
func (r *plainReader) nextLine() {
	for r.spaces(); r.pos < len(r.text); r.spaces() {
		switch r.text[r.pos] {
		case '\n':
			r.newline()
		case '#':
			r.pos = r.lineEnd()
		default:
			r.indent = r.pos - r.begin
			return
		}
	}
	r.indent = -1
}

func (r *plainReader) newline() {
	r.pos++
	r.line++
	r.begin = r.pos
}

func (r *plainReader) spaces() {
	for r.pos < len(r.text) && r.text[r.pos] == ' ' {
		r.pos++
	}
}

func (r *plainReader) lineEnd() int {
	if i := strings.IndexByte(r.text[r.pos:], '\n'); i >= 0 {
		return r.pos + i
	}
	return len(r.text)
}

// at returns the byte at a position, a line break for the end of the text.
func (r *plainReader) at(pos int) byte {
	if pos < len(r.text) {
		return r.text[pos]
	}
	return '\n'
}

func (r *plainReader) isItem() bool { return r.at(r.pos) == '-' && r.at(r.pos+1) == ' ' }

// node returns one that begins here.
func (r *plainReader) node(kind yaml.Kind, style yaml.Style) node {
	column := r.pos - r.begin
	if !r.ascii {
		column = utf8.RuneCountInString(r.text[r.begin:r.pos])
	}
	return node{kind: kind, style: style, line: uint32(r.line), column: uint32(column) + 1} //nolint:gosec // files are at most 1 MiB
}

// close makes the open nodes from one on the content of a collection.
func (r *plainReader) close(n *node, from int) {
	content := r.open[from:]
	if len(content) == 0 {
		return
	}
	if cap(r.free)-len(r.free) < len(content) {
		r.free = make([]node, 0, max(len(content), pageOfNodes))
	}
	begin := len(r.free)
	r.free = append(r.free, content...)
	n.content = r.free[begin:len(r.free):len(r.free)]
	r.open = r.open[:from]
}

// mapping reads a block mapping whose first key is here.
func (r *plainReader) mapping() (n node, ok bool) {
	indent, from := r.indent, len(r.open)
	n = r.node(yaml.MappingNode, 0)
	for r.indent == indent {
		if !r.key() || !r.valueBelow(indent) {
			return n, false
		}
	}
	r.close(&n, from)
	return n, r.indent < indent
}

// sequence reads a block sequence whose first dash is here.
func (r *plainReader) sequence() (n node, ok bool) {
	indent, from := r.indent, len(r.open)
	n = r.node(yaml.SequenceNode, 0)
	for r.indent == indent && r.isItem() {
		if !r.item(indent) {
			return n, false
		}
	}
	r.close(&n, from)
	return n, r.indent <= indent
}

// item reads one of a block sequence: a mapping that begins on the line of the dash, or a value of one line.
func (r *plainReader) item(indent int) bool {
	r.pos++
	r.spaces()
	if r.at(r.pos) == '\n' {
		return false
	}
	if !r.isKey() {
		return r.inline(indent)
	}
	r.indent = r.pos - r.begin
	m, ok := r.nested(r.mapping)
	r.open = append(r.open, m)
	return ok
}

// isKey reports whether a key begins here.
func (r *plainReader) isKey() bool {
	before, open := *r, len(r.open)
	ok := r.key()
	*r = before
	r.open = r.open[:open]
	return ok
}

// key reads a key with its colon.
func (r *plainReader) key() bool {
	begin := r.pos
	n, ok := r.quoted()
	if !ok {
		n = r.node(yaml.ScalarNode, 0)
		end := begin
		for isWord(r.at(end)) {
			end++
		}
		if end == begin || r.text[begin] < 'A' {
			return false
		}
		n.value, r.pos = r.text[begin:end], end
	}
	after := r.at(r.pos + 1)
	if r.at(r.pos) != ':' || after != ' ' && after != '\n' || r.pos-begin > maxKey {
		return false
	}
	r.pos++
	r.open = append(r.open, n)
	return true
}

// isWord reports whether a character can be in a key; those below A not as the first.
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// valueBelow reads the value of a key of a block mapping: on the line of the key, or on those below.
func (r *plainReader) valueBelow(indent int) bool {
	r.spaces()
	if c := r.at(r.pos); c != '\n' && c != '#' {
		return r.inline(indent)
	}
	r.nextLine()
	var n node
	ok := false
	switch {
	case r.indent >= indent && r.isItem():
		n, ok = r.nested(r.sequence)
	case r.indent > indent:
		n, ok = r.nested(r.mapping)
	}
	r.open = append(r.open, n)
	return ok
}

// nested bounds the depth.
func (r *plainReader) nested(read func() (node, bool)) (n node, ok bool) {
	if r.depth++; r.depth > maxDepth {
		return n, false
	}
	n, ok = read()
	r.depth--
	return n, ok
}

// inline reads the value of a line to its end. A line below that has a greater indent would go on with it.
func (r *plainReader) inline(indent int) bool {
	if c := r.at(r.pos); c == '>' || c == '|' {
		return r.block(indent)
	}
	r.outside = indent
	n, ok := r.value(false)
	if !ok {
		return false
	}
	r.open = append(r.open, n)
	if c := r.at(r.pos); c != ' ' && c != '\n' {
		return false
	}
	r.spaces()
	if c := r.at(r.pos); c != '\n' && c != '#' {
		return false
	}
	r.nextLine()
	return r.indent <= indent
}
