package catalog

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"buf.build/go/protoyaml"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// samples returns texts of catalogues: golden ones, examples, and some that have all that the plain reader knows.
func samples(t testing.TB) []string {
	t.Helper()
	out := []string{shopYAML, noteYAML, cakeYAML, plainYAML}
	for _, dir := range []string{"testdata", "../../examples"} {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".yaml" {
				return err
			}
			data, err := os.ReadFile(path) //nolint:gosec // of this tree
			if _, bad := invalidUTF8(data); !bad {
				out = append(out, string(data))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

const plainYAML = `# What stands before.
default_locale: en # the first

attributes:
  customer: {likes_tea: BOOL, "visits": INT}
segments:
  regular: 'customer.visits.last_365d >= 3 && customer.tier == "it''s"'
  quoted: "customer.tier == \"a\\b\""
  folded: >-
    customer.visits.total > 1
    && (customer.tier != "gold"
      || customer.tier != "black"
      )
    && true

  # Nobody.
  literal: |
     # A comment of the rule.
     false
policies:
    carry_over: 0.5
    caps:
    - max: 3   # three
      window: 7d
    -   {max: 1, window: visit}
templates:
- id: tea
  kind: NOTE
  validFrom: 2026-01-01T00:00:00+08:00
  valid_until: "2026-02-01T00:00:00Z"
  stages: [till, 'shop/door',
    "end"]
  per_order: true
  household_max: 2
  levels:
    - {id: cup, value: 1.5e1, cost_minor: 100, texts: {}}
  texts:
    en:
      title: Tea (hot), for {name|you} -- now
      message: a:b #c d
      card: {steps: [pour, 茶を出す], avoid: []}
    zh-Hant: {title: 茶, message: "請 , 用"} # 茶
`

// TestPlainIsWhatItSeems changes a few characters of texts at random. What the plain reader and decoder take, the general ones take for the same.
func TestPlainIsWhatItSeems(t *testing.T) {
	texts := samples(t)
	r := newTestParser(t)
	pieces := []string{
		" ", "  ", "    ", "\n", "\n\n", "\t", "\r", ":", ": ", "- ", "-", "#", " #", ",", ", ", "[", "]", "{", "}", `"`, "'", "''", `\`, `\"`, `\n`, "?", "? ", "!", "!!str ", "&", "&a ", "*a", "|", "> ", "|\n", ">-\n  ", ": >\n   ",
		"%", "@", "`", "~", "null", "Null", "true", "no", "0x10", "007", "1_000", "-1", "+1", ".5", ".inf", "1e3", "12k", "a", "id: ", "kind: NOTE", "<<: ", "...", "---", "--- ", "茶", "é", "\u00a0", "\u0085", "\u2028", "\ufeff",
		"2026-01-01T00:00:00.5Z", "per_order", "perOrder: true", "value: 1", "en: ", "{}", "[]", `""`,
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(texts).Draw(t, "text")
		for range rapid.IntRange(0, 4).Draw(t, "changes") {
			at := rapid.IntRange(0, len(text)).Draw(t, "at")
			to := min(len(text), at+rapid.SampledFrom([]int{0, 0, 1, 2, 5, 30}).Draw(t, "without"))
			text = text[:at] + rapid.SampledFrom(pieces).Draw(t, "with") + text[to:]
		}
		checkPlain(t, r, strings.ToValidUTF8(text, "?"))
	})
}

// FuzzPlain does the same with any text.
func FuzzPlain(f *testing.F) {
	for _, text := range samples(f) {
		f.Add(text)
	}
	r := newTestParser(f)
	f.Fuzz(func(t *testing.T, text string) {
		if _, bad := invalidUTF8([]byte(text)); !bad {
			checkPlain(t, r, text)
		}
	})
}

func checkPlain(t failer, r *parser, text string) (plain, decoded bool) {
	t.Helper()
	root, ok := readPlain(text)
	if !ok {
		return false, false
	}
	dec := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		t.Fatalf("%q: taken for plain: %v", text, err)
	}
	if err := dec.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		t.Fatalf("%q: taken for one document: %v", text, err)
	}
	if d := cmp.Diff(nodeOf(doc.Content[0]), root, cmp.AllowUnexported(node{})); d != "" {
		t.Fatalf("%q: nodes (-want +got):\n%s", text, d)
	}
	return true, checkDecoded(t, r, text, root, doc.Content[0])
}

func checkDecoded(t failer, r *parser, text string, root *node, general *yaml.Node) bool {
	t.Helper()
	f := newFile("a.yaml", []byte(text))
	if !r.plain.message(root, f.msg.ProtoReflect()) {
		return false
	}
	want := &surprisev1.Catalog{}
	if err := protoyaml.Unmarshal([]byte(text), want); err != nil {
		t.Fatalf("%q: taken for a catalogue: %v", text, err)
	}
	if ps := append(f.strict(general, nil), f.misread(general, r.schema)...); len(ps) > 0 {
		t.Fatalf("%q: taken for sound: %v", text, ps)
	}
	if !proto.Equal(want, f.msg) {
		t.Fatalf("%q: catalogue (-want +got):\n%s", text, cmp.Diff(want, f.msg, protocmp.Transform()))
	}
	return true
}

// What is common is read quickly.
func TestPlainTextsAreTakenAsSuch(t *testing.T) {
	r := newTestParser(t)
	for _, text := range []string{shopYAML, noteYAML, cakeYAML, plainYAML} {
		if plain, decoded := checkPlain(t, r, text); !plain || !decoded {
			t.Errorf("plain: %v, decoded: %v: %s", plain, decoded, text)
		}
	}
}

// Much of this is right; the general reader and decoder know what of it.
func TestUnusualTextsAreNotPlain(t *testing.T) {
	for _, text := range []string{
		"name: a\tb", "name: a\rb", "name: a\u0085b", "name: a\u2028b", "name: a\ufeffb", "\ufeffname: a", "name: a\x7fb", "name:\n", "name: ~", "name: a\n b", "name:\n  a", " name: a",
		"name: a: b", "name: a:", "name: [a, b", "name: 'a", "name: \"a\\tb\"", "name: \"a\" b", "name: \"a\"#", "name: |\n  a", "name: |\n  a \n", "name: |+\n  a\n", "name: |2\n   a\n", "name: >\n  a\n\n  b\n",
		"name: >\na\n", "a:\n  b: >\n  c\n", "? name\n: a", "name : a", "1: a", "!!str name: a", "name: !!str a", "{name: a}",
		"shifts: [a,\nb]", "shifts: [a, b,]", "shifts: [a #c\n  ]", "shifts: [\n  #c\n  a]", "shifts: [a\n  b]", "shifts: [a: b]", "shifts:\n- - a", "shifts:\n-\n  a", "shifts: ['07:00']\n...\n", "shifts: [a,\n...\n]",
		"journeys: [{id}]", "journeys: [{id:a}]", "journeys:\n  - id: a\n   stages: []",
		"name: " + strings.Repeat("[", 2*maxDepth) + strings.Repeat("]", 2*maxDepth), strings.Repeat("a", 2*maxKey) + ": b",
	} {
		if root, ok := readPlain(text); ok {
			t.Errorf("%q is taken for plain: %v", text, root)
		}
	}
}

func TestUnusualValuesAreNotDecoded(t *testing.T) {
	r := newTestParser(t)
	for _, text := range []string{
		"name: a\nname: b", "segments: {a: b, a: c}", "limits: [{perStore: true, per_store: true}]", "limits: [{per_store: \"true\"}]", "limits: [{per_store: yes}]", "limits: [{capacity: 1.0}]",
		"limits: [{capacity: 10k}]", "limits: [{capacity: -1}]", "limits: [{unit: 1}]", "limits: [{unit: [UNITS]}]", "limits: {}", "templates: [{valid_from: 2026-01-01}]",
		"templates: [{valid_from: 2026-01-01T00:00:00.000000000000Z}]", "templates: [{valid_from: {seconds: 1}}]", "templates: [{valid_until: 9999-12-31T23:00:00-08:00}]", "policies: {min_gap: [1]}",
		"wallet: a", "nope: a", "segments: [a]", "name: {}", "policies: {choice_size: 3000000000}",
	} {
		root, ok := readPlain(text)
		if !ok || r.plain.message(root, (&surprisev1.Catalog{}).ProtoReflect()) {
			t.Errorf("%q: plain: %v, and decoded", text, ok)
		}
	}
}

// Whole files, with all that is wrong with them, are the same without the plain reader.
func TestPlainFilesAreTheSame(t *testing.T) {
	for _, text := range samples(t) {
		plain, general := newTestParser(t), newTestParser(t)
		general.plain = &shape{never: true}
		got, gotProblems := plain.parseFile("a.yaml", []byte(text))
		want, wantProblems := general.parseFile("a.yaml", []byte(text))
		if d := cmp.Diff(wantProblems, gotProblems); d != "" {
			t.Errorf("%.60q: problems (-want +got):\n%s", text, d)
		}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(file{}, node{}), protocmp.Transform()); d != "" {
			t.Errorf("%.60q: file (-want +got):\n%s", text, d)
		}
	}
}
