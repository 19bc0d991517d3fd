package catalog

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// place is a node of a source file: where a part of the catalogue was written. The zero place is nowhere.
type place struct {
	file *file
	node *node
	key  *node // of a mapping entry
}

// alone returns a place for after the load, when the nodes around it are no longer needed: they take several times the memory of the text.
func (p place) alone() place {
	if p.node == nil {
		return p
	}
	n := *p.node
	n.content = nil
	return place{file: p.file, node: &n}
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
		if p.node.kind == yaml.SequenceNode && s < len(p.node.content) {
			return place{file: p.file, node: &p.node.content[s]}, true
		}
	case string:
		if p.node.kind != yaml.MappingNode {
			return p, false
		}
		// Names that operators choose are written as they are, and some differ in case only.
		content := p.node.content
		for i := 0; i+1 < len(content); i += 2 {
			if content[i].value == s {
				return p.entry(i), true
			}
		}
		bare := strings.ReplaceAll(s, "_", "")
		for i := 0; i+1 < len(content); i += 2 {
			if sameKey(content[i].value, bare) {
				return p.entry(i), true
			}
		}
	}
	return p, false
}

// entry returns that of a mapping whose key is the i-th node in it.
func (p place) entry(i int) place {
	return place{file: p.file, key: &p.node.content[i], node: &p.node.content[i+1]}
}

// sameKey compares a camelCase name, or one that is not as it should be, with a snake_case name without its _.
func sameKey(written, bare string) bool {
	if written != "" && bare != "" && written[0] < utf8.RuneSelf && (written[0]^bare[0])&^('a'-'A') != 0 {
		return false // most names differ in their first letters already
	}
	return strings.ToLower(written) == bare
}

func (p place) problem(format string, args ...any) Problem {
	out := Problem{Message: fmt.Sprintf(format, args...)}
	if p.file != nil {
		out.File = p.file.name
	}
	if p.node != nil {
		out.Line, out.Column = int(p.node.line), int(p.node.column)
	}
	return out
}

// atKey returns the place of the key, for what is wrong with a name.
func (p place) atKey() place {
	if p.key != nil {
		p.node = p.key
	}
	return p
}

func (p place) line() int { return p.problem("").Line }

func (p place) column() int { return p.problem("").Column }
