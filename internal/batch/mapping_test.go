package batch

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMappingProblemsHavePlaces(t *testing.T) {
	const rest = "moment:\n  stage: '\"after\"'\n  channel: '\"CRM\"'\n"
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", `m.yaml:1:1: the mapping is empty (write at least customer.id, moment.stage and moment.channel)`},
		{"only a comment", "# nothing\n", `m.yaml:1:1: the mapping is empty (write at least customer.id, moment.stage and moment.channel)`},
		{"no mapping", "- a\n", `m.yaml:1:1: a mapping is YAML with keys (expected the keys delimiter, request_id, let, customer, moment)`},
		{"no YAML", "customer: [\n", `m.yaml:1:1: not YAML: did not find expected node content`},
		{"two documents", "customer: {id: row.ID}\n---\na: b\n", `m.yaml:2:1: a second YAML document (remove the ---)`},
		{"alias", "customer: &a {id: row.ID}\nmoment: *a\n", "m.yaml:1:11: anchors and aliases are not allowed (write the value out)\nm.yaml:2:9: anchors and aliases are not allowed (write the value out)"},
		{"no UTF-8", "customer:\n  id: \xff\n", `m.yaml:2:7: this is not valid UTF-8 (save the file as UTF-8)`},
		{"unknown key", "custmer:\n  id: row.ID\ncustomer:\n  id: row.ID\n" + rest, `m.yaml:1:1: unknown key "custmer" (did you mean "customer"?)`},
		{"key twice", "customer:\n  id: row.ID\n  id: row.X\n" + rest, `m.yaml:3:3: the key "id" is here twice`},
		{"delimiter", "delimiter: ab\ncustomer:\n  id: row.ID\n" + rest, `m.yaml:1:12: the delimiter must be one character and no quote or line end (write for example ";" or "\t")`},
		{"let that is no list", "let:\n  a: row.ID\ncustomer:\n  id: row.ID\n" + rest, `m.yaml:2:3: let is a list, since its order matters (write - name: NAME and below it expression: EXPRESSION)`},
		{"let of other keys", "let:\n  - name: a\n    expr: row.ID\ncustomer:\n  id: row.ID\n" + rest,
			"m.yaml:2:5: an entry of let has a name and an expression\nm.yaml:3:5: unknown key \"expr\" (expected name and expression)"},
		{"fields that are no mapping", "customer: row.ID\n" + rest, "m.yaml:1:1: customer.id is missing: no request is valid without it\nm.yaml:1:11: customer is a mapping of field paths (write FIELD: EXPRESSION, one on each line)"},
		{"nested", "customer:\n  id: row.ID\n  visits:\n    last: run_date\n" + rest, `m.yaml:4:5: visits must be one expression (write a text in quotes, and a field below as visits.FIELD: EXPRESSION)`},
		{"no expression", "customer:\n  id: row.ID\n  tier:\n" + rest, `m.yaml:3:8: tier has no expression (leave the entry out, or write null)`},
		{"misspelt field", "customer:\n  id: row.ID\n  tierr: row.X\n" + rest, `m.yaml:3:3: CustomerProfile has no field "tierr" (did you mean "tier"?)`},
		{"plain", "customer:\n  id: row.ID\n  tier: rwo.X\n" + rest, `m.yaml:3:9: undeclared reference to 'rwo' (did you mean "row"?)`},
		{"quoted", "customer:\n  id: row.ID\n  tier: 'row.X + rwo.X'\n" + rest, `m.yaml:3:18: undeclared reference to 'rwo' (did you mean "row"?)`},
		{"literal block", "customer:\n  id: row.ID\n  tier: |\n    row.X +\n      rwo.X\n" + rest, `m.yaml:5:7: undeclared reference to 'rwo' (did you mean "row"?)`},
		{"folded block", "customer:\n  id: row.ID\n  tier: >-\n    row.X +\n    rwo.X\n" + rest, `m.yaml:5:5: undeclared reference to 'rwo' (did you mean "row"?)`},
		{"number for an expression", "customer:\n  id: 7\n" + rest, `m.yaml:2:7: id is of type string, the expression is of type int (write string(...))`},
		{"missing", "customer:\n  tier: row.X\nmoment:\n  stage: '\"x\"'\n", "m.yaml:1:1: customer.id is missing: no request is valid without it\nm.yaml:3:1: moment.channel is missing: no request is valid without it"},
		{"text without quotes in quotes", "customer:\n  id: row.ID\nmoment:\n  stage: \"after\"\n  channel: \"CRM\"\n",
			"m.yaml:4:11: undeclared reference to 'after' (for the text itself write '\"after\"')\nm.yaml:5:13: undeclared reference to 'CRM' (for the text itself write '\"CRM\"')"},
	} {
		_, err := ParseMapping("m.yaml", []byte(test.text))
		if err == nil {
			t.Errorf("%s: no problem found, want %s", test.name, test.want)
			continue
		}
		if diff := cmp.Diff(test.want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestMappingTooLarge(t *testing.T) {
	_, err := ParseMapping("m.yaml", []byte("# "+strings.Repeat("x", 2<<20)))
	if want := "m.yaml:1:1: the mapping has 2097154 bytes, more than 1048576"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestExampleMapping(t *testing.T) {
	text, err := os.ReadFile("../../examples/mappings/crm_2240.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseMapping("crm_2240.yaml", text); err != nil {
		t.Error(err)
	}
}

// FuzzMapping holds the parser to it that any text is a mapping or has problems, each with a place that exists.
func FuzzMapping(f *testing.F) {
	f.Add(testMapping)
	f.Add("let:\n  - name: a\n    expression: >-\n      row.A\n      + row.B\ncustomer: {id: a}\n")
	f.Add("customer:\n  id: |\n    date(row.X, [\"D/M/Y\"])\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMapping("m.yaml", []byte(text))
		var problems Problems
		if m == nil && !errors.As(err, &problems) || m != nil && err != nil {
			t.Fatalf("got %v, %v", m, err)
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Line > strings.Count(text, "\n")+2 {
				t.Errorf("%s of %q", p, text)
			}
		}
	})
}
