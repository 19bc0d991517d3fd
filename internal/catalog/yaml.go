package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"buf.build/go/protovalidate"
	"buf.build/go/protoyaml"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// MaxFileSize bounds one YAML file; larger catalogues are split into several.
const MaxFileSize = 1 << 20

// file is one parsed source file.
type file struct {
	name string
	text string
	// starts are where the lines begin in the text.
	starts []uint32
	// root is the top mapping, nil for an empty file. It and msg are there until the catalogue is compiled.
	root *node
	msg  *surprisev1.Catalog
}

func newFile(name string, data []byte) *file {
	f := &file{name: name, text: string(data), starts: make([]uint32, 1, bytes.Count(data, []byte("\n"))+1), msg: &surprisev1.Catalog{}}
	for at := 0; ; {
		i := bytes.IndexByte(data[at:], '\n')
		if i < 0 {
			return f
		}
		at += i + 1
		f.starts = append(f.starts, uint32(at)) //nolint:gosec // files are at most 1 MiB
	}
}

// line returns a line, from 1, without its end; ok is false where there is none.
func (f *file) line(n int) (text string, ok bool) {
	if n < 1 || n > len(f.starts) {
		return "", false
	}
	end := len(f.text)
	if n < len(f.starts) {
		end = int(f.starts[n]) - 1
	}
	return f.text[f.starts[n-1]:end], true
}

// parsed lets go of what is only needed until the catalogue is compiled.
func (f *file) parsed() { f.root, f.msg = nil, nil }

// parser reads files with what they share.
type parser struct {
	validator validator
	speller   *surprise.Speller
	schema    protoreflect.MessageDescriptor
	// fields and values are the words of the schema.
	fields, values surprise.Candidates
	plain          *shape
}

func newParser(v protovalidate.Validator, s *surprise.Speller) *parser {
	r := &parser{validator: validator{v}, speller: s, schema: (&surprisev1.Catalog{}).ProtoReflect().Descriptor()}
	r.plain = shapes{}.of(r.schema)
	words := sync.OnceValues(func() (fields, values []string) { return vocabulary(r.schema) })
	r.fields = func() []string { fields, _ := words(); return fields }
	r.values = func() []string { _, values := words(); return values }
	return r
}

// validator fits protovalidate into protoyaml.
type validator struct{ v protovalidate.Validator }

func (v validator) Validate(m proto.Message) error { return v.v.Validate(m) }

// parseFile reads one file strictly: UTF-8, one document, no anchors, no duplicate or unknown keys.
func (r *parser) parseFile(name string, data []byte) (*file, Problems) {
	if len(data) > MaxFileSize {
		return nil, Problems{tooLarge(name, int64(len(data)))}
	}
	f := newFile(name, data)
	if line, ok := invalidUTF8(data); ok {
		return nil, Problems{{File: name, Line: line, Column: 1, Message: "this line is not valid UTF-8"}}
	}
	if r.parsePlain(f) {
		return f, nil
	}
	if root := r.parseSound(f, data); root != nil {
		return f, f.misread(root, r.schema)
	}
	f.msg = &surprisev1.Catalog{}
	root, ps := f.parseNodes(data)
	if len(ps) > 0 {
		return nil, ps
	}
	if root == nil {
		return f, nil
	}
	f.root = nodeOf(root)
	err := protoyaml.UnmarshalOptions{Path: name, Validator: r.validator}.Unmarshal(data, f.msg)
	return f, append(f.misread(root, r.schema), r.decodeProblems(name, err)...)
}

// parsePlain reads a file of plain YAML that has nothing wrong with it. It returns false for all others: what could be wrong with them, and whether it
// is, is for the general decoder to tell.
func (r *parser) parsePlain(f *file) bool {
	root, ok := readPlain(f.text)
	if !ok || !r.plain.message(root, f.msg.ProtoReflect()) || r.validator.Validate(f.msg) != nil {
		f.msg = &surprisev1.Catalog{}
		return false
	}
	f.root = root
	return true
}

// parseSound reads a file that has nothing wrong with it, which takes half the time: the decoder's own nodes are taken over. It returns nil
// where anything is wrong, or could be; what, is then for a second reading to tell.
func (r *parser) parseSound(f *file, data []byte) *yaml.Node {
	if severalDocuments(data) {
		return nil
	}
	root := &rootNode{file: f}
	err := protoyaml.UnmarshalOptions{Path: f.name, Validator: r.validator, CustomUnmarshaler: root}.Unmarshal(data, f.msg)
	if err != nil || root.node == nil {
		return nil
	}
	f.root = nodeOf(root.node)
	return root.node
}

// severalDocuments reports whether a file may hold more than one: a mark of three dots or dashes begins a line. Any byte that can end what YAML
// takes for a line break counts, so that none is missed.
func severalDocuments(data []byte) bool {
	for _, mark := range []string{"---", "..."} {
		for rest := data; ; {
			i := bytes.Index(rest, []byte(mark))
			if i < 0 {
				break
			}
			if i > 0 && bytes.IndexByte([]byte("\n\r\x85\xa8\xa9"), rest[i-1]) >= 0 {
				return true
			}
			rest = rest[i+1:]
		}
	}
	return false
}

// rootNode keeps the node of a whole file as the decoder comes to it, and ends the decoding of what is not allowed.
type rootNode struct {
	file *file
	node *yaml.Node
}

var errNotStrict = errors.New("there are anchors, or a key is there twice")

// Unmarshal implements protoyaml.CustomUnmarshaler.
func (r *rootNode) Unmarshal(n *yaml.Node, m proto.Message) (bool, error) {
	if m != proto.Message(r.file.msg) {
		return false, nil
	}
	r.node = n
	if n.Kind != yaml.MappingNode || len(r.file.strict(n, nil)) > 0 {
		return false, errNotStrict
	}
	return false, nil
}

func invalidUTF8(data []byte) (line int, found bool) {
	if utf8.Valid(data) {
		return 0, false
	}
	for i, l := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(l) {
			return i + 1, true
		}
	}
	return 0, false
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

func (f *file) parseNodes(data []byte) (root *yaml.Node, ps Problems) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, Problems{f.syntaxProblem(err)}
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		return nil, Problems{{File: f.name, Line: second.Line, Column: max(second.Column, 1), Message: "a second YAML document", Hint: "one file holds one document: remove the ---"}}
	} else if !errors.Is(err, io.EOF) {
		return nil, Problems{f.syntaxProblem(err)}
	}
	if top := doc.Content[0]; top.Kind == yaml.MappingNode {
		root = top
	} else if top.Tag != "!!null" {
		return nil, Problems{{File: f.name, Line: top.Line, Column: top.Column, Message: "a catalogue file is a mapping of keys such as templates:, segments:, journeys:"}}
	}
	return root, f.strict(&doc, nil)
}

func (f *file) syntaxProblem(err error) Problem {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	p := Problem{File: f.name, Line: 1, Column: 1, Message: msg}
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Message = strings.Replace(msg, m[0], "", 1)
	}
	p.Message = "not YAML: " + p.Message
	if line, _ := f.line(p.Line); strings.HasPrefix(strings.TrimLeft(line, " "), "\t") {
		p.Hint = "indent with spaces, not tabs"
	}
	return p
}

// strict finds anchors, aliases, merge keys and duplicate keys below n.
func (f *file) strict(n *yaml.Node, ps Problems) Problems {
	if n.Anchor != "" || n.Kind == yaml.AliasNode {
		return append(ps, f.at(n, "anchors and aliases are not allowed", "write the value out"))
	}
	if n.Kind == yaml.MappingNode {
		seen := make(map[string]int, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			if first, dup := seen[key.Value]; dup {
				ps = append(ps, f.at(key, fmt.Sprintf("the key %q is here twice", key.Value), fmt.Sprintf("first on line %d", first)))
			}
			seen[key.Value] = key.Line
		}
	}
	for _, c := range n.Content {
		ps = f.strict(c, ps)
	}
	return ps
}

func (f *file) at(n *yaml.Node, message, hint string) Problem {
	return Problem{File: f.name, Line: n.Line, Column: n.Column, Message: message, Hint: hint}
}
