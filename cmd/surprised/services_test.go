package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
)

// TestServices runs the walk-through of docs/services.md as it is written, on each kind of store, and looks for what it promises behind "# ->".
func TestServices(t *testing.T) {
	text, err := os.ReadFile("../../docs/services.md")
	if err != nil {
		t.Fatal(err)
	}
	stores := map[string]func(t *testing.T) string{
		"bolt":  func(t *testing.T) string { return "bolt:" + filepath.Join(t.TempDir(), "services.db") },
		"redis": func(t *testing.T) string { return ledgertest.Redis(t) + "/0" },
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProcess(t, store(t), "--catalog", "../../examples/services")
			runPromises(t, strings.NewReplacer("http://127.0.0.1:7080", p.web, "/tmp/", t.TempDir()+"/").Replace(string(text)))
		})
	}
}

// blockEnd is printed after each block.
const blockEnd = "=== end of block ==="

// runPromises runs all sh blocks of a page in one shell.
func runPromises(t *testing.T, page string) {
	t.Helper()
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, m[1])
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	script := strings.Join(blocks, "echo '"+blockEnd+"'\n") + "echo '" + blockEnd + "'\n"
	out, err := exec.CommandContext(ctx, "bash", "-uc", script).CombinedOutput() //nolint:gosec // our own page
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	answers := strings.Split(string(out), blockEnd+"\n")
	if len(answers) != len(blocks)+1 {
		t.Fatalf("%d blocks, %d answers: %s", len(blocks), len(answers)-1, out)
	}
	for i, block := range blocks {
		checkPromises(t, block, answers[i])
	}
}

// checkPromises looks for what a block promises, in its order.
func checkPromises(t *testing.T, block, answer string) {
	t.Helper()
	tight := strings.NewReplacer(`": `, `":`, `", `, `",`) // JSON may have spaces or not
	rest := tight.Replace(answer)
	for _, m := range regexp.MustCompile(`(?m)^# -> (.*)$`).FindAllStringSubmatch(block, -1) {
		_, after, found := strings.Cut(rest, tight.Replace(m[1]))
		if !found {
			t.Errorf("%s does not follow in the answer to\n%s\n%s", m[1], block, answer)
			return
		}
		rest = after
	}
	if strings.Contains(answer, "a secret is in the log") {
		t.Errorf("a secret is in the log: %s", answer)
	}
}
