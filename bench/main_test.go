package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surprise-service/surprised/bench/internal/child"
)

// TestMain lets this binary be its own children, as the bench is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == child.Subcommand {
		exit(child.Run(os.Args[2:], os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// examples returns a folder with the example catalogue and few customers, so that a run is short.
func examples(t *testing.T) string {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir()) // where the bench puts its own folder
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "catalog"), os.DirFS("../examples/catalog")); err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile("../examples/customers.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	few := bytes.Join(bytes.SplitAfterN(all, []byte("\n"), 4)[:3], nil)
	if err := os.WriteFile(filepath.Join(dir, "customers.jsonl"), few, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func quickly(dir string) []string {
	return []string{"--examples", dir, "--callers", "1,2", "--rounds", "2", "--seconds", "0.02"}
}

// nothingLeft checks that the bench has removed what it wrote.
func nothingLeft(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "surprised-bench-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestRun(t *testing.T) {
	dir := examples(t)
	file := filepath.Join(dir, "bench.json")
	var out strings.Builder
	if err := run(t.Context(), append(quickly(dir), "--json", file), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	names := []string{"1a echo", "Recommend, mem", "Recommend, bolt", "Claim, mem", "Claim, bolt"}
	if _, err := exec.LookPath("redis-server"); err == nil {
		names = append(names, "1b echo + GET", "Recommend, redis", "Claim, redis", "claim_hot_vs_evalsha_64", "claim_20000_vs_evalsha_64")
	} else {
		names = append(names, "are left out")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.Contains(out.String(), name) || !strings.Contains(string(text), name) {
			t.Errorf("nothing about %q in\n%s", name, out.String())
		}
	}
	nothingLeft(t)
}

// TestInterrupt presses Ctrl-C in the first round.
func TestInterrupt(t *testing.T) {
	dir := examples(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := run(ctx, quickly(dir), io.Discard, writerFunc(cancel))
	if err == nil || err.Error() != "interrupted; nothing was measured" {
		t.Errorf("got %v", err)
	}
	nothingLeft(t)
}

// writerFunc is called for every line of progress.
type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

// TestBrokenCatalog quotes what the service has to say.
func TestBrokenCatalog(t *testing.T) {
	dir := examples(t)
	if err := os.WriteFile(filepath.Join(dir, "catalog", "broken.yaml"), []byte("templates:\n  - nonsense: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), quickly(dir), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "start surprised-mem") || !strings.Contains(err.Error(), "broken.yaml:2") {
		t.Errorf("got %v, want the position of the mistake", err)
	}
	nothingLeft(t)
}

func TestBadFlags(t *testing.T) {
	for args, want := range map[string]string{
		"--callers 1,x":       `--callers: "x" is not a number from 1 to 2000; write for example 1,16,64`,
		"--callers 0":         `--callers: "0" is not a number from 1 to 2000; write for example 1,16,64`,
		"--rounds 0":          "--rounds: 0 is not between 1 and 100",
		"--seconds NaN":       "--seconds: NaN is not between 0.01 and 60",
		"quick":               `"quick" is no flag; bench --help lists them`,
		"--examples nowhere/": "open nowhere/customers.jsonl: no such file or directory; run in the folder bench, or give --examples DIR",
	} {
		if err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard); fmt.Sprint(err) != want {
			t.Errorf("%s: got %v, want %s", args, err, want)
		}
	}
}

func TestQuick(t *testing.T) {
	o, err := parse([]string{"--rounds", "7", "--quick", "--callers", "1, 4"}, io.Discard)
	if err != nil || o.rounds != 7 || o.seconds != 0.25 || fmt.Sprint(o.callers) != "[1 4]" {
		t.Errorf("got %+v, %v", o, err)
	}
}
