package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/surprise-service/surprised/internal/simulate"
)

// smallYear simulates three customers of a small shop, so that the golden files do not change with the example catalogue.
const smallYear = "simulate --catalog cmd/surprised/testdata/simulate --customers cmd/surprised/testdata/simulate/customers.jsonl --from 2027-01-01 --seeds 2"

func TestSimulateGolden(t *testing.T) {
	testdata := fromRoot(t)
	for _, test := range []struct{ name, args string }{
		{"simulate_table", smallYear + " -o table"},
		{"simulate_json", smallYear + " --days 40 --visits 30 --seeds 1"},
		{"simulate_broken_catalog", "simulate --catalog cmd/surprised/testdata/busted --customers examples/customers.jsonl --from 2027-01-01"},
		{"simulate_broken_customers", "simulate --catalog examples/catalog --customers cmd/surprised/testdata/requests.jsonl --from 2027-01-01 -o json"},
		{"predictability", "catalog check cmd/surprised/testdata/simulate --predictability cmd/surprised/testdata/simulate/customers.jsonl --days 1460"},
		{"predictability_json", "catalog check cmd/surprised/testdata/simulate --predictability cmd/surprised/testdata/simulate/customers.jsonl --from 2027-01-01 -o json"},
		{"predictability_broken", "catalog check cmd/surprised/testdata/busted --predictability examples/customers.jsonl"},
	} {
		w := newWorld("")
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

func TestSimulateExamples(t *testing.T) {
	fromRoot(t)
	w := newWorld("")
	args := "simulate --catalog examples/catalog --customers examples/customers.jsonl --from 2027-01-01 --days 30 --seeds 1 --plots " + t.TempDir()
	if code := run(t.Context(), strings.Fields(args), &w.environment); code != exitOK || strings.Count(w.err.String(), "wrote ") != 4 {
		t.Fatalf("exit code %d: %s", code, &w.err)
	}
	var got simulate.Result
	if err := json.Unmarshal(w.out.Bytes(), &got); err != nil || len(got.Policies) != 3 || got.Policies[0].Surprises == 0 {
		t.Errorf("%v: got %+v", err, got)
	}
}

func TestSimulateMistakes(t *testing.T) {
	fromRoot(t)
	const base = "simulate --catalog examples/catalog --customers examples/customers.jsonl --from 2027-01-01 "
	for args, want := range map[string]string{
		"simulate":                                `required flag(s) "catalog", "customers", "from" not set; see: surprised simulate --help`,
		base + "--from tomorrow":                  `--from: "tomorrow" is not a date such as 2027-01-01; see: surprised simulate --help`,
		base + "--days 0":                         `--days: give 1 to 3660; see: surprised simulate --help`,
		base + "--seeds 0":                        `--seeds: give 1 to 1000; see: surprised simulate --help`,
		base + "--visits NaN":                     `--visits: give 0 to 365; see: surprised simulate --help`,
		base + "--refusals 1.5":                   `--refusals: give a share from 0 to 1; see: surprised simulate --help`,
		base + "--customers docs":                 `docs is a folder; give a file; see: surprised simulate --help`,
		base + "-o xml":                           `--output: "xml" is none of auto, json, table; see: surprised simulate --help`,
		"catalog check examples/catalog --days 3": `--days: give --predictability as well; see: surprised catalog check --help`,
		"catalog check examples/catalog --predictability examples/customers.jsonl --days -1":         `--days: give 1 to 3660; see: surprised catalog check --help`,
		"catalog check examples/catalog --predictability examples/customers.jsonl --from 2027-13-01": `--from: "2027-13-01" is not a date such as 2027-01-01; see: surprised catalog check --help`,
		"catalog check examples/catalog --predictability examples/customers.jsonl -o yaml":           `--output: "yaml" is none of text, json; see: surprised catalog check --help`,
	} {
		w := newWorld("")
		code := run(t.Context(), strings.Fields(args), &w.environment)
		if got := strings.TrimSuffix(w.err.String(), "\n"); code != exitUsage || got != "surprised: "+want {
			t.Errorf("%s: exit code %d\n got %s\nwant surprised: %s", args, code, got, want)
		}
	}
}

func TestSimulationBarIsForPeople(t *testing.T) {
	fromRoot(t)
	for _, watched := range []bool{false, true} {
		w := newWorld("")
		w.isTerminal = func(stream any) bool { return stream == w.stderr && watched }
		if code := run(t.Context(), strings.Fields(smallYear), &w.environment); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &w.err)
		}
		if bar := strings.Contains(w.err.String(), "simulating"); bar != watched {
			t.Errorf("watched %t: a bar %t: %q", watched, bar, &w.err)
		}
	}
}
