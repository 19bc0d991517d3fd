package batch

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/surprise-service/surprised/internal/rule"
)

// maxMappingBytes bounds a mapping's text.
const maxMappingBytes = 1 << 20

// parse returns the top of the YAML tree, or nil with problems: one document, no aliases, no key twice.
func (f *mappingFile) parse(text []byte) *yaml.Node {
	at := func(line int) *yaml.Node { return &yaml.Node{Line: line, Column: 1} }
	if len(text) > maxMappingBytes {
		f.bad(at(1), "", "the mapping has %d bytes, more than %d", len(text), maxMappingBytes)
		return nil
	}
	for i, line := range f.lines {
		if column, bad := invalidUTF8([]byte(line)); bad {
			f.bad(&yaml.Node{Line: i + 1, Column: column}, "save the file as UTF-8", "this is not valid UTF-8")
			return nil
		}
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		f.bad(at(1), "write at least customer.id, moment.stage and moment.channel", "the mapping is empty")
		return nil
	} else if err != nil {
		line, message := yamlError(err)
		f.bad(at(line), "", "not YAML: %s", message)
		return nil
	}
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		f.bad(at(max(second.Line, 1)), "remove the ---", "a second YAML document")
		return nil
	}
	if doc.Content[0].Kind != yaml.MappingNode {
		f.bad(doc.Content[0], "expected the keys delimiter, request_id, let, customer, moment", "a mapping is YAML with keys")
		return nil
	}
	if !f.strict(&doc) {
		return nil
	}
	return doc.Content[0]
}

func yamlError(err error) (line int, message string) {
	message = strings.TrimPrefix(err.Error(), "yaml: ")
	if m := regexp.MustCompile(`line (\d+): `).FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = strings.Replace(message, m[0], "", 1)
	}
	return max(line, 1), message
}

// strict reports anchors, aliases and keys that are there twice.
func (f *mappingFile) strict(n *yaml.Node) bool {
	if n.Anchor != "" || n.Kind == yaml.AliasNode {
		f.bad(n, "write the value out", "anchors and aliases are not allowed")
		return false
	}
	ok := true
	seen := map[string]bool{}
	for key := range pairs(n) {
		if seen[key.Value] {
			f.bad(key, "", "the key %q is here twice", key.Value)
			ok = false
		}
		seen[key.Value] = true
	}
	for _, c := range n.Content {
		ok = f.strict(c) && ok
	}
	return ok
}

// pairs are the keys and values of a YAML mapping; nothing for other nodes.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// placed gives a problem of an expression its place in the file.
func (f *mappingFile) placed(p rule.MappingProblem) Problem {
	out := f.at(p.MappingPlace, p.Line, p.Column)
	out.Message, out.Hint = p.Message, p.Hint
	return out
}

// at finds a line and column of an expression in the file.
func (f *mappingFile) at(place rule.MappingPlace, line, column int) Problem {
	out := Problem{File: f.name, Line: 1, Column: 1}
	n := f.nodes[place]
	if n == nil {
		return out
	}
	out.Line, out.Column = n.Line, n.Column
	switch {
	case place.InName || place.Index < 0:
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		out.Line, out.Column = f.inBlock(n, line, column)
	case line > 1: // a plain or quoted text over several lines: these have become one, so this is in an expression with \n
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		out.Column += 1 + column
	default:
		out.Column += column
	}
	return out
}

// inBlock finds a place in a block scalar, whose text starts on the line after its indicator. In a folded one the lines have become one,
// joined by spaces, so the column tells the line.
func (f *mappingFile) inBlock(n *yaml.Node, line, column int) (int, int) {
	first := n.Line + 1
	indent := f.indent(first)
	if n.Style&yaml.LiteralStyle != 0 {
		return first + line - 1, indent + 1 + column
	}
	for at := first; at <= len(f.lines); at++ {
		length := utf8.RuneCountInString(strings.TrimSpace(f.lines[at-1]))
		if column <= length {
			return at, f.indent(at) + 1 + column
		}
		column -= length + 1
	}
	return first, indent + 1
}

func (f *mappingFile) indent(line int) int {
	if line > len(f.lines) {
		return 0
	}
	return len(f.lines[line-1]) - len(strings.TrimLeft(f.lines[line-1], " "))
}
