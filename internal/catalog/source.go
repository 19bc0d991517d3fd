package catalog

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// place is a node of a source file: where a part of the catalogue was written. The zero place is nowhere.
type place struct {
	file *file
	node *yaml.Node
	key  *yaml.Node // of a mapping entry
}

// alone returns a place for after the load, when the nodes around it are no longer needed: they take several times the memory of the text.
func (p place) alone() place {
	if p.node == nil {
		return p
	}
	n := yaml.Node{Kind: p.node.Kind, Style: p.node.Style, Value: p.node.Value, Line: p.node.Line, Column: p.node.Column}
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
		if p.node.Kind == yaml.SequenceNode && s < len(p.node.Content) {
			return place{file: p.file, node: p.node.Content[s]}, true
		}
	case string:
		if p.node.Kind != yaml.MappingNode {
			return p, false
		}
		// Names that operators choose are written as they are, and some differ in case only.
		if entry, ok := p.entry(func(key string) bool { return key == s }); ok {
			return entry, true
		}
		return p.entry(func(key string) bool { return sameKey(key, s) })
	}
	return p, false
}

// entry returns the first entry of a mapping whose key is the one.
func (p place) entry(isIt func(key string) bool) (place, bool) {
	for i := 0; i+1 < len(p.node.Content); i += 2 {
		if isIt(p.node.Content[i].Value) {
			return place{file: p.file, key: p.node.Content[i], node: p.node.Content[i+1]}, true
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

// atKey returns the place of the key, for what is wrong with a name.
func (p place) atKey() place {
	if p.key != nil {
		p.node = p.key
	}
	return p
}

func (p place) line() int { return p.problem("").Line }

func (p place) column() int { return p.problem("").Column }
