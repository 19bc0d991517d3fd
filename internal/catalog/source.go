package catalog

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/surprise-service/surprised/internal/rule"
)

// place is a node of a source file: where a part of the catalogue was written. The zero place is nowhere.
type place struct {
	file *file
	node *yaml.Node
	key  *yaml.Node // of a mapping entry
}

// in returns the place at a path of keys (string) and positions (int) below p; where the path ends early, the nearest one.
func (p place) in(path ...any) place {
	for _, step := range path {
		next, ok := p.child(step)
		if !ok {
			return p
		}
		p = next
	}
	return p
}

func (p place) child(step any) (place, bool) {
	if p.node == nil {
		return p, false
	}
	switch s := step.(type) {
	case int:
		if p.node.Kind == yaml.SequenceNode && s < len(p.node.Content) {
			return place{file: p.file, node: p.node.Content[s]}, true
		}
	case string:
		for i := 0; p.node.Kind == yaml.MappingNode && i+1 < len(p.node.Content); i += 2 {
			if sameKey(p.node.Content[i].Value, s) {
				return place{file: p.file, key: p.node.Content[i], node: p.node.Content[i+1]}, true
			}
		}
	}
	return p, false
}

// sameKey compares snake_case and camelCase names.
func sameKey(written, name string) bool {
	return written == name || strings.ReplaceAll(name, "_", "") == strings.ToLower(written)
}

func (p place) problem(format string, args ...any) Problem {
	out := Problem{Message: fmt.Sprintf(format, args...)}
	if p.file != nil {
		out.File = p.file.name
	}
	if p.node != nil {
		out.Line, out.Column = p.node.Line, p.node.Column
	}
	return out
}

// ruleProblem places a problem within a rule's text in the file.
func (p place) ruleProblem(in rule.Problem) Problem {
	out := p.problem("%s", in.Message)
	out.Hint, out.Warning = in.Hint, in.Warning
	if p.node == nil {
		return out
	}
	switch p.node.Style {
	case yaml.LiteralStyle, yaml.FoldedStyle:
		out.Line, out.Column = p.blockPosition(in)
	case yaml.DoubleQuotedStyle, yaml.SingleQuotedStyle:
		if in.Line == 1 {
			out.Column += 1 + in.Column
		}
	default:
		if in.Line == 1 {
			out.Column += in.Column
		}
	}
	return out
}

// blockPosition finds a line of a block scalar: the text starts on the line after the indicator. Folded lines have become one,
// so their problems are placed on the first.
func (p place) blockPosition(in rule.Problem) (line, column int) {
	first := p.node.Line + 1
	if p.node.Style == yaml.FoldedStyle {
		return first, p.indent(first) + 1
	}
	line = first + in.Line - 1
	return line, p.indent(first) + 1 + in.Column
}

func (p place) indent(line int) int {
	if line-1 >= len(p.file.lines) {
		return 0
	}
	l := p.file.lines[line-1]
	return len(l) - len(strings.TrimLeft(l, " "))
}
