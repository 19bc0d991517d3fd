package catalog

import "go.yaml.in/yaml/v3"

// node is a value, or a key, of a source file with its place. There are some forty for each template until the catalogue is compiled, which is why
// they are not those of the YAML package: these take a third of the memory.
type node struct {
	value string // of a scalar
	// content are the items of a sequence; of a mapping its keys, each with its value after it.
	content []node
	kind    yaml.Kind
	style   yaml.Style
	// line and column count from 1.
	line, column uint32
}

// nodeOf takes what is needed of a node without aliases.
func nodeOf(n *yaml.Node) *node {
	out := toNode(n)
	return &out
}

func toNode(n *yaml.Node) node {
	out := node{value: n.Value, kind: n.Kind, style: n.Style, line: uint32(n.Line), column: uint32(n.Column)} //nolint:gosec // files are at most 1 MiB
	if len(n.Content) > 0 {
		out.content = make([]node, len(n.Content))
	}
	for i, c := range n.Content {
		out.content[i] = toNode(c)
	}
	return out
}
