package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// shortly returns flags of a run that is as short as it can be.
func shortly(t *testing.T, more ...string) []string {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir()) // where the bench puts its own folder
	return append([]string{"--callers", "1,64", "--rounds", "2", "--seconds", "0.02", "--sizes", "20,100", "--templates", "30", "--customers", "20"}, more...)
}

// nothingLeft checks that the bench has removed what it wrote.
func nothingLeft(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "surprised-bench-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func hasRedis() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// TestRun runs all parts, as short as they can be.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bench.json")
	var out strings.Builder
	if err := run(t.Context(), shortly(t, "--json", file, "--plots", dir), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	names := []string{"surprised", "closures", "cel-go, flat", "grule", "1a echo", "Recommend, mem", "Recommend, bolt", "Claim, mem", "Claim, bolt", "match_100_vs_best_peer"}
	if hasRedis() {
		names = append(names, "1b echo + GET", "Recommend, redis", "Claim, redis", "claim_hot_vs_evalsha_64", "claim_20000_vs_evalsha_64", "RecommendStream, redis")
	} else {
		names = append(names, "are left out")
	}
	if _, err := exec.LookPath("redis-benchmark"); err == nil && hasRedis() {
		names = append(names, "claim_hot_vs_own_script_64", "claim_20000_vs_own_script_64")
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
	for _, name := range []string{"matching.svg"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.HasPrefix(string(text), "<svg") {
			t.Errorf("%s: %v", name, err)
		}
	}
	nothingLeft(t)
}

// TestQuickPrintsFiguresOnly in the form that other programs read.
func TestQuickPrintsFiguresOnly(t *testing.T) {
	if !hasRedis() {
		t.Skip("most of the key figures need a Redis server")
	}
	var out strings.Builder
	if err := run(t.Context(), shortly(t, "--quick"), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	want := []string{"match_100_vs_best_peer", "recommend_cpu_vs_floor_64", "claim_cpu_vs_recommend_64", "batch_decisions_per_core_s"}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("got\n%s\nwant %v", out.String(), want)
	}
	for i, line := range lines {
		if !regexp.MustCompile(`^figure ` + want[i] + ` [0-9]+(\.[0-9]+)?$`).MatchString(line) {
			t.Errorf("got %q, want figure %s and a plain number", line, want[i])
		}
	}
	nothingLeft(t)
}

// TestShapes has our own engine, closures and cel-go agree on the other kinds of rules.
func TestShapes(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), shortly(t, "--only", "match", "--sizes", "50", "--shape", "rare"), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "rules: rare") || !strings.Contains(out.String(), "cel-go") {
		t.Errorf("got\n%s", out.String())
	}
}

// TestInterrupt presses Ctrl-C at the first sign of life.
func TestInterrupt(t *testing.T) {
	for _, part := range []string{"match", "service"} {
		ctx, cancel := context.WithCancel(t.Context())
		err := run(ctx, shortly(t, "--only", part), io.Discard, writerFunc(cancel))
		if err == nil || !strings.HasPrefix(err.Error(), "interrupted; nothing was measured") {
			t.Errorf("%s: got %v", part, err)
		}
		cancel()
		nothingLeft(t)
	}
}

// writerFunc is called for every line of progress.
type writerFunc func()

func (f writerFunc) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

func TestBadFlags(t *testing.T) {
	for args, want := range map[string]string{
		"--callers 1,x":    `--callers: "x" is not a number from 1 to 2000; write for example 1,16,64`,
		"--callers 0":      `--callers: "0" is not a number from 1 to 2000; write for example 1,16,64`,
		"--sizes 2000000":  `--sizes: "2000000" is not a number from 1 to 1000000; write for example 1,16,64`,
		"--rounds 0":       "--rounds: 0 is not between 1 and 100",
		"--seconds NaN":    "--seconds: NaN is not between 0.01 and 60",
		"--templates 0":    "--templates: 0 is not between 1 and 100000",
		"--only match,all": `--only: there is no part "all"; there are match,service,claims,batch,memory,start`,
		"--stores disk":    `--stores: "disk" is none of mem,bolt,redis`,
		"--shape round":    `there is no shape "round"; there are [plain stores custom rare ors dnf true false]`,
		"quick":            `"quick" is no flag; bench --help lists them`,
	} {
		if err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard); fmt.Sprint(err) != want {
			t.Errorf("%s: got %v, want %s", args, err, want)
		}
	}
}

func TestQuickLeavesWhatWasGiven(t *testing.T) {
	o, err := parse([]string{"--rounds", "7", "--quick", "--callers", "1, 4"}, io.Discard)
	if err != nil || o.rounds != 7 || o.seconds != 0.25 || fmt.Sprint(o.callers) != "[1 4]" || !o.quick {
		t.Errorf("got %+v, %v", o, err)
	}
}
