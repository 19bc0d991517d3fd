package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the diff before you commit it")

// world is an environment with what was written to it.
type world struct {
	environment
	out, err bytes.Buffer
}

func newWorld(stdin string) *world {
	w := &world{}
	w.environment = environment{
		stdin: strings.NewReader(stdin), stdout: &w.out, stderr: &w.err, getenv: func(string) string { return "" },
		clock:      func() time.Time { return time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC) },
		isTerminal: func(any) bool { return false },
	}
	return w
}

// fromRoot makes the repository's root the working folder, as the examples in the help expect, and returns this package's test data.
func fromRoot(t *testing.T) (testdata string) {
	t.Helper()
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..")
	return testdata
}

// masks hide what is different in every run, and what depends on the text of the whole example catalogue.
func mask(text string) string {
	for pattern, shown := range map[string]string{
		`"token":"[^"]+"`:                "\"token\":\"...\"",
		`"(decision_id|claim_id)":"\w+"`: "\"$1\":\"...\"",
		`"expires":"[^"]+"`:              "\"expires\":\"...\"",
		`(revision"?:? ?"?)[0-9a-f]{12}`: "${1}REVISION",
		`\bc[a-z0-9]{52}\b`:              "CLAIM",
		`go1\.[0-9.]+, \w+/\w+`:          "GO",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, shown)
	}
	return text
}

// TestGolden compares what commands print with the files in testdata/golden.
func TestGolden(t *testing.T) {
	testdata := fromRoot(t)
	for _, test := range []struct {
		name, args, stdin string
	}{
		{name: "check", args: "catalog check examples/catalog"},
		{name: "check_json", args: "catalog check examples/catalog -o json"},
		{name: "check_broken", args: "catalog check cmd/surprised/testdata/busted"},
		{name: "check_broken_json", args: "catalog check --output json cmd/surprised/testdata/busted"},
		{name: "check_nothing", args: "catalog check cmd/surprised/testdata/golden"},
		{name: "recommend_examples", args: "recommend --catalog examples/catalog examples/customers.jsonl --output table"},
		{name: "recommend_one", args: "recommend --catalog examples/catalog -",
			stdin: "{\n  \"request_id\": \"r1\",\n  \"customer\": {\"id\": \"c-1\", \"birthday\": {\"month\": 11, \"day\": 21}},\n" +
				"  \"moment\": {\"stage\": \"checkout\", \"channel\": \"POS\"}, \"max_offers\": 1\n}\n"},
		{name: "recommend_csv", args: "recommend --catalog examples/catalog --mapping examples/mappings/crm_2240.yaml --time 2014-07-01 -o table cmd/surprised/testdata/customers.csv"},
		{name: "recommend_failures", args: "recommend --catalog examples/catalog cmd/surprised/testdata/requests.jsonl"},
		{name: "recommend_broken_catalog", args: "recommend --catalog cmd/surprised/testdata/busted examples/customers.jsonl"},
		{name: "recommend_broken_mapping", args: "recommend --catalog examples/catalog --mapping cmd/surprised/testdata/broken_mapping.yaml cmd/surprised/testdata/customers.csv"},
		{name: "recommend_other_columns", args: "recommend --catalog examples/catalog --mapping examples/mappings/crm_2240.yaml -", stdin: "ID;Income\n1;2\n"},
		{name: "explain_table", args: "explain --catalog examples/catalog --output table -",
			stdin: "{\"request_id\": \"odd\", \"customer\": {\"id\": \"c-1\", \"birthday\": {\"month\": 11, \"day\": 30}, \"allergies\": [\"milk\"], \"visits\": {\"last_365d\": 7}},\n" +
				"  \"moment\": {\"stage\": \"checkout\", \"channel\": \"POS\", \"visit_id\": \"v1\"}}\n"},
		{name: "explain_one_template", args: "explain --catalog examples/catalog --template limited_edition -",
			stdin: "{\"customer\": {\"id\": \"c-1\"}, \"moment\": {\"stage\": \"basket\", \"channel\": \"POS\"}}\n"},
		{name: "explain_no_template", args: "explain --catalog examples/catalog --template nothing -",
			stdin: "{\"customer\": {\"id\": \"c-1\"}, \"moment\": {\"stage\": \"basket\", \"channel\": \"POS\"}}\n"},
		{name: "version", args: "version"},
	} {
		w := newWorld(test.stdin)
		code := run(t.Context(), strings.Fields(test.args), &w.environment)
		got := mask(fmt.Sprintf("$ surprised %s\n%s-- stderr --\n%s-- exit code %d --\n", test.args, &w.out, &w.err, code))
		file := filepath.Join(testdata, "golden", test.name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%v; go test -update writes it", err)
			continue
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got; if the new one is right, go test -update):\n%s", test.name, diff)
		}
	}
}

func TestMistakesInTheCommandLine(t *testing.T) {
	fromRoot(t)
	for args, want := range map[string]string{
		"frobnicate":                         `unknown command "frobnicate" for "surprised"; see: surprised --help`,
		"catalog chek examples/catalog":      `unknown command "chek" for "surprised catalog"; it has check; see: surprised catalog --help`,
		"catalog check":                      `accepts 1 arg(s), received 0; see: surprised catalog check --help`,
		"catalog check . --frob":             `unknown flag: --frob; see: surprised catalog check --help`,
		"catalog check . -o yaml":            `--output: "yaml" is none of text, json; see: surprised catalog check --help`,
		"recommend":                          `accepts 1 arg(s), received 0; see: surprised recommend --help`,
		"recommend x.jsonl -o xml":           `--output: "xml" is none of auto, json, table; see: surprised recommend --help`,
		"recommend x.jsonl --store bolt:x":   `--store: give --catalog as well; a service has a store of its own; see: surprised recommend --help`,
		"recommend x.jsonl --server example": `--server: "example" is not host:port, for example 127.0.0.1:7070; see: surprised recommend --help`,
		"recommend x.jsonl --server example.com:7070": `--server: example.com:7070 is another machine, and without TLS anybody between could read the customers' data: ` +
			`add --tls or --ca FILE; or, where the network itself is trusted, --insecure; see: surprised recommend --help`,
		"recommend x.jsonl --api-key a\x01b":                                `--api-key: the key has characters that no key has; see: surprised recommend --help`,
		"recommend x.csv --catalog examples/catalog":                        `--mapping: give a mapping to read x.csv with, for example examples/mappings/crm_2240.yaml; see: surprised recommend --help`,
		"recommend x.jsonl --catalog examples/catalog --time yesterday":     `--time: "yesterday" is neither a date such as 2014-07-01 nor a time such as 2014-07-01T18:30:00+08:00; see: surprised recommend --help`,
		"recommend examples --catalog examples/catalog":                     `examples is a folder; give a file; see: surprised recommend --help`,
		"recommend x.jsonl --catalog examples/catalog --server 127.0.0.1:1": `if any flags in the group [catalog server] are set none of the others can be; [catalog server] were all set; see: surprised recommend --help`,
		"customer show": `accepts 1 arg(s), received 0; see: surprised customer show --help`,
	} {
		w := newWorld("")
		code := run(t.Context(), strings.Fields(args), &w.environment)
		if got := strings.TrimSuffix(w.err.String(), "\n"); code != exitUsage || got != "surprised: "+want {
			t.Errorf("%s: exit code %d\n got %s\nwant surprised: %s", args, code, got, want)
		}
	}
}

func TestFailures(t *testing.T) {
	fromRoot(t)
	for args, want := range map[string]string{
		"recommend x.jsonl --catalog examples/catalog":                           `surprised: open x.jsonl: no such file or directory`,
		"recommend x.jsonl --catalog nowhere":                                    `surprised: catalog: stat nowhere: no such file or directory; give the folder of the catalogue with --catalog`,
		"recommend x.csv --catalog examples/catalog --mapping m.yaml":            `surprised: --mapping: open m.yaml: no such file or directory`,
		"recommend examples/customers.jsonl --server 127.0.0.1:1 --timeout 2s":   `surprised: no service answers at 127.0.0.1:1; start one with surprised serve, or name another with --server (`,
		"recommend examples/customers.jsonl --server 127.0.0.1:1 --ca README.md": `surprised: --ca: `,
		"recommend examples/customers.jsonl --server 127.0.0.1:1 --ca go.mod":    `surprised: --ca: go.mod has no certificate in PEM form`,
		"recommend - --catalog examples/catalog --summary-json nowhere/file":     `  0 requests in 0.0 s` + "\nsurprised: --summary-json: open nowhere/file: no such file or directory",
		"catalog check nowhere":                               `surprised: stat nowhere: no such file or directory`,
		"catalog check go.mod":                                `surprised: go.mod is a file; give the folder that it is in`,
		"customer show c-1 --store bolt:nowhere/x.db":         `surprised: --store: stat nowhere/x.db: no such file or directory`,
		"customer show c-1 --store frob:":                     `surprised: --store: `,
		"customer show c-1 --server 127.0.0.1:1 --timeout 2s": `surprised: no service answers at 127.0.0.1:1; `,
	} {
		w := newWorld("")
		code := run(t.Context(), strings.Fields(args), &w.environment)
		if got := w.err.String(); code != exitFailed || !strings.HasPrefix(got, want) {
			t.Errorf("%s: exit code %d\n got %s\nwant %s", args, code, got, want)
		}
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	root := newRootCommand(&newWorld("").environment)
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Short == "" || !cmd.HasSubCommands() && !strings.Contains(cmd.Example, "surprised "+strings.TrimPrefix(cmd.CommandPath(), "surprised ")) {
			t.Errorf("%s has no short text or no example of itself", cmd.CommandPath())
		}
		w := newWorld("")
		if code := run(t.Context(), append(strings.Fields(cmd.CommandPath())[1:], "--help"), &w.environment); code != exitOK || w.out.Len() == 0 {
			t.Errorf("%s --help: exit code %d", cmd.CommandPath(), code)
		}
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit(root)
	for _, args := range []string{"completion bash", "--version", "catalog", "customer"} {
		w := newWorld("")
		if code := run(t.Context(), strings.Fields(args), &w.environment); code != exitOK || w.out.Len() == 0 {
			t.Errorf("%s: exit code %d, %d bytes", args, code, w.out.Len())
		}
	}
}

// hangingInput gives its text, and then interrupts the program and gives nothing more.
type hangingInput struct {
	text      io.Reader
	interrupt func()
}

func (h hangingInput) Read(p []byte) (int, error) {
	n, err := h.text.Read(p)
	if err == nil {
		return n, nil
	}
	h.interrupt()
	select {}
}

func TestInterrupted(t *testing.T) {
	fromRoot(t)
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld("")
	lines := strings.Repeat(`{"customer":{"id":"c"},"moment":{"stage":"after","channel":"CRM"}}`+"\n", 5000)
	w.stdin = hangingInput{strings.NewReader(lines), cancel}
	code := run(ctx, []string{"recommend", "--catalog", "examples/catalog", "-"}, &w.environment)
	// How far it comes is up to chance; what it says it has done it must have written.
	said := regexp.MustCompile(`surprised: interrupted after (no|\d+) requests?\n$`).FindStringSubmatch(w.err.String())
	if code != exitFailed || said == nil {
		t.Fatalf("exit code %d, got %s", code, &w.err)
	}
	if got := count(strings.Count(w.out.String(), "\n"), "request"); !strings.Contains(said[0], " "+got+"\n") {
		t.Errorf("%s answered, but: %s", got, said[0])
	}
}

func TestInterruptedEarly(t *testing.T) {
	fromRoot(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := newWorld("")
	code := run(ctx, []string{"recommend", "--catalog", "examples/catalog", "examples/customers.jsonl"}, &w.environment)
	if want := "surprised: interrupted\n"; code != exitFailed || w.err.String() != want {
		t.Errorf("exit code %d, got %s, want %s", code, &w.err, want)
	}
}

func TestProgressIsForPeople(t *testing.T) {
	fromRoot(t)
	args := strings.Fields("recommend --catalog examples/catalog examples/customers.jsonl")
	for _, test := range []struct {
		name           string
		stdout, stderr bool // terminals
		bar, table     bool
	}{
		{"nobody watches", false, false, false, false},
		{"answers go to a file", false, true, true, false},
		{"answers and summary on the terminal", true, true, false, true},
	} {
		w := newWorld("")
		w.isTerminal = func(stream any) bool { return stream == w.stdout && test.stdout || stream == w.stderr && test.stderr }
		if code := run(t.Context(), args, &w.environment); code != exitOK {
			t.Fatalf("%s: exit code %d: %s", test.name, code, &w.err)
		}
		if bar := strings.Contains(w.err.String(), "\r"); bar != test.bar {
			t.Errorf("%s: a bar: %t, want %t: %q", test.name, bar, test.bar, &w.err)
		}
		if table := strings.HasPrefix(w.out.String(), " LINE"); table != test.table {
			t.Errorf("%s: a table: %t, want %t", test.name, table, test.table)
		}
	}
}

func TestSummaryFile(t *testing.T) {
	fromRoot(t)
	file := filepath.Join(t.TempDir(), "summary.json")
	w := newWorld("")
	if code := run(t.Context(), []string{"recommend", "--catalog", "examples/catalog", "--summary-json", file, "examples/customers.jsonl"}, &w.environment); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &w.err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\n  \"requests\": 46,\n"; !strings.HasPrefix(string(text), want) {
		t.Errorf("got %s, want %s", text, want)
	}
}
