package batch

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Mapping says how to read the rows of a table as requests. As YAML, every value a CEL expression (package rule says over what):
//
//	delimiter: ";"             # optional; a comma if it is left out
//	request_id: '"crm-" + row.ID'
//	let:                       # in order; each may use those before it
//	  - name: spent
//	    expression: number(row.Wine) + number(row.Meat)
//	customer:                  # path of a field: expression
//	  id: row.ID
//	  visits.last: days_ago(integer(row.Recency))
//	moment:
//	  stage: '"after"'
//	  channel: '"CRM"'
type Mapping struct {
	delimiter rune
	rules     *rule.Mapping
	source    *mappingFile
}

// UndeclaredAttributes warns of custom attributes that the mapping fills and a catalogue ignores.
func (m *Mapping) UndeclaredAttributes(declared *surprisev1.Attributes) []string {
	return m.rules.UndeclaredAttributes(declared)
}

// ParseMapping reads a mapping strictly. The error is Problems where the text is at fault. Name stands in them.
func ParseMapping(name string, text []byte) (*Mapping, error) {
	f := &mappingFile{name: name, lines: strings.Split(string(text), "\n"), nodes: map[rule.MappingPlace]*yaml.Node{}, delimiter: ','}
	root := f.parse(text)
	if root != nil {
		f.read(root)
	}
	var compiled *rule.Mapping
	if root != nil {
		var found []rule.MappingProblem
		var err error
		if compiled, found, err = rule.CompileMapping(f.source); err != nil {
			return nil, err
		}
		for _, p := range found {
			f.problems = append(f.problems, f.placed(p))
		}
	}
	if len(f.problems) > 0 {
		return nil, f.problems.sorted()
	}
	return &Mapping{delimiter: f.delimiter, rules: compiled, source: f}, nil
}

// mappingFile is a mapping as it was written, with the places of its expressions.
type mappingFile struct {
	name      string
	lines     []string
	nodes     map[rule.MappingPlace]*yaml.Node
	source    rule.MappingSource
	delimiter rune
	problems  Problems
}

func (f *mappingFile) bad(n *yaml.Node, hint, format string, args ...any) {
	f.problems = append(f.problems, Problem{File: f.name, Line: max(n.Line, 1), Column: max(n.Column, 1), Message: fmt.Sprintf(format, args...), Hint: hint})
}

// read takes the parts of a mapping.
func (f *mappingFile) read(root *yaml.Node) {
	for key, value := range pairs(root) {
		switch key.Value {
		case "delimiter":
			f.readDelimiter(value)
		case "request_id":
			f.source.RequestID = f.expression(rule.MappingPlace{Part: rule.PartRequestID}, key, value)
		case "let":
			f.readLet(value)
		case "customer":
			f.source.Customer = f.readFields(rule.PartCustomer, key, value)
		case "moment":
			f.source.Moment = f.readFields(rule.PartMoment, key, value)
		default:
			known := []string{"delimiter", "request_id", "let", "customer", "moment"}
			hint := surprise.DidYouMean(key.Value, known)
			if hint == "" {
				hint = "expected one of " + strings.Join(known, ", ")
			}
			f.bad(key, hint, "unknown key %q", key.Value)
		}
	}
}

func (f *mappingFile) readDelimiter(n *yaml.Node) {
	r, size := utf8.DecodeRuneInString(n.Value)
	if n.Kind != yaml.ScalarNode || size == 0 || size != len(n.Value) || strings.ContainsRune("\"\r\n\ufeff", r) || r == utf8.RuneError {
		f.bad(n, `write for example ";" or "\t"`, "the delimiter must be one character and no quote or line end")
		return
	}
	f.delimiter = r
}

func (f *mappingFile) readLet(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		f.bad(n, "write - name: NAME and below it expression: EXPRESSION", "let is a list, since its order matters")
		return
	}
	for i, item := range n.Content {
		place := rule.MappingPlace{Part: rule.PartLet, Index: i}
		f.nodes[place], f.nodes[inName(place)] = item, item
		named, err := f.letItem(place, item)
		if err != nil {
			f.bad(item, "", "%s", err)
		}
		f.source.Let = append(f.source.Let, named)
	}
}

func (f *mappingFile) letItem(place rule.MappingPlace, item *yaml.Node) (rule.Named, error) {
	named, seen := rule.Named{Expression: "null"}, map[string]bool{}
	for key, value := range pairs(item) {
		switch key.Value {
		case "name":
			named.Name = value.Value
			f.nodes[inName(place)] = value
		case "expression":
			named.Expression = f.expression(place, key, value)
		default:
			f.bad(key, "expected name and expression", "unknown key %q", key.Value)
		}
		seen[key.Value] = true
	}
	if !seen["name"] || !seen["expression"] {
		return named, errors.New("an entry of let has a name and an expression")
	}
	return named, nil
}

func inName(p rule.MappingPlace) rule.MappingPlace {
	p.InName = true
	return p
}

func (f *mappingFile) readFields(part rule.MappingPart, key, n *yaml.Node) []rule.Named {
	f.nodes[rule.MappingPlace{Part: part, Index: -1}] = key
	if n.Kind != yaml.MappingNode {
		f.bad(n, "write FIELD: EXPRESSION, one on each line", "%s is a mapping of field paths", part)
		return nil
	}
	var out []rule.Named
	for name, value := range pairs(n) {
		place := rule.MappingPlace{Part: part, Index: len(out)}
		f.nodes[inName(place)] = name
		out = append(out, rule.Named{Name: name.Value, Expression: f.expression(place, name, value)})
	}
	return out
}

// expression returns the text of a value. One that is none is reported here and replaced by null, which fits everywhere.
func (f *mappingFile) expression(place rule.MappingPlace, key, n *yaml.Node) string {
	f.nodes[place] = n
	switch {
	case n.Kind != yaml.ScalarNode:
		f.bad(n, fmt.Sprintf("write a text in quotes, and a field below as %s.FIELD: EXPRESSION", key.Value), "%s must be one expression", key.Value)
		return "null"
	case strings.TrimSpace(n.Value) == "" || n.Tag == "!!null" && n.Value != "null":
		f.bad(n, "leave the entry out, or write null", "%s has no expression", key.Value)
		return "null"
	}
	return n.Value
}
