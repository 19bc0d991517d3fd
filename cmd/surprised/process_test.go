package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
)

// asProgram makes the test binary behave as the program itself.
const asProgram = "SURPRISED_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is the program, running as a process of its own.
type process struct {
	cmd *exec.Cmd
	web string
	out *bytes.Buffer
}

var mirrorLine = regexp.MustCompile(`HTTP/JSON\s+(http://\S+)`)

// startProcess runs serve on free ports and waits until it says where it listens.
func startProcess(t *testing.T, store string, args ...string) *process {
	t.Helper()
	args = append([]string{"serve", "--catalog", "../../examples/catalog", "--store", store, "--grpc-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0"}, args...)
	p := &process{cmd: exec.Command(os.Args[0], args...), out: &bytes.Buffer{}} //nolint:gosec,noctx // ourselves
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = p.out
	stdout, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(stdout)
	for p.web == "" && lines.Scan() {
		if m := mirrorLine.FindStringSubmatch(lines.Text()); m != nil {
			p.web = m[1]
		}
	}
	if p.web == "" {
		t.Fatalf("it did not start: %s", p.out)
	}
	go func() {
		for lines.Scan() { // so that it never waits for a reader
		}
	}()
	return p
}

// kill is kill -9. It may be called again.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // the error is that it was killed
}

func (p *process) post(t *testing.T, path, body string) string {
	t.Helper()
	res, err := http.Post(p.web+path, "application/json", strings.NewReader(body)) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestKillBetweenClaimAndConfirm kills the service with a claim held. After a restart the claim is there, and can be confirmed.
func TestKillBetweenClaimAndConfirm(t *testing.T) {
	for name, store := range map[string]string{"bolt": "bolt:" + filepath.Join(t.TempDir(), "s.db"), "redis": ledgertest.Redis(t)} {
		t.Run(name, func(t *testing.T) {
			p := startProcess(t, store)
			res := p.post(t, "/v1/recommendations", birthdayJSON("mei"))
			token, id := field(t, res, "token"), field(t, res, "claimId")
			if res := p.post(t, "/v1/claims", fmt.Sprintf(`{"offerToken":%q,"customerId":"mei"}`, token)); !strings.Contains(res, "HELD") {
				t.Fatalf("claim: %s", res)
			}
			p.kill()
			p = startProcess(t, store)
			if res := p.post(t, "/v1/claims", fmt.Sprintf(`{"offerToken":%q,"customerId":"mei"}`, token)); !strings.Contains(res, "HELD") || field(t, res, "claimId") != id {
				t.Errorf("the same claim after the restart: %s", res)
			}
			if res := p.post(t, "/v1/claims/"+id+":confirm", `{}`); !strings.Contains(res, "CONFIRMED") {
				t.Errorf("confirm: %s", res)
			}
			p.kill()
			p = startProcess(t, store)
			if res := p.post(t, "/v1/recommendations", birthdayJSON("mei")); !strings.Contains(res, "OCCASION_USED") {
				t.Errorf("after another restart: %s", res)
			}
		})
	}
}

func birthdayJSON(id string) string {
	taipei, err := time.LoadLocation("Asia/Taipei")
	if err != nil {
		panic(err)
	}
	today := time.Now().In(taipei)
	return fmt.Sprintf(`{"customer":{"id":%q,"birthday":{"month":%d,"day":%d}},"moment":{"stage":"checkout","channel":"POS","store":"taipei-1"}}`, id, today.Month(), today.Day())
}

func field(t *testing.T, json, name string) string {
	t.Helper()
	m := regexp.MustCompile(`"` + name + `": *"([^"]*)"`).FindStringSubmatch(json)
	if m == nil {
		t.Fatalf("no %s in %s", name, json)
	}
	return m[1]
}

// TestReadme runs the walk-through of the README as it is written, against a service of its own.
func TestReadme(t *testing.T) {
	for _, file := range []string{"../../README.md", "../../README.zh-Hant.md"} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file) //nolint:gosec // our own
			if err != nil {
				t.Fatal(err)
			}
			p := startProcess(t, "mem:")
			script := strings.NewReplacer("http://127.0.0.1:7080", p.web, "/tmp/", t.TempDir()+"/").Replace(walkThrough(t, string(text)))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, "bash", "-euc", script).CombinedOutput() //nolint:gosec // our own README
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			rest := string(out)
			for _, want := range []string{`"OFFER"`, "birthday_cake", `"HELD"`, `"CONFIRMED"`, "OCCASION_USED"} {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("%s does not follow in %s", want, rest)
				}
				rest = after
			}
		})
	}
}

// walkThrough returns the shell commands that talk to the service.
func walkThrough(t *testing.T, text string) string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[1], "curl") {
			out = append(out, m[1])
		}
	}
	if len(out) < 4 {
		t.Fatalf("the README has %d blocks with curl", len(out))
	}
	return strings.Join(out, "echo\n")
}

// TestStartsThatFail sees every way in which a start goes wrong told in one clear message, and the exit code 1.
func TestStartsThatFail(t *testing.T) {
	dir := t.TempDir()
	corrupt := filepath.Join(dir, "corrupt.db")
	if err := os.WriteFile(corrupt, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(dir, "catalog")
	if err := os.MkdirAll(broken, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(broken, "a.yaml"), []byte("default_locale: en\ntemplates: [{id: X, kind: CAKES}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	running := startProcess(t, "bolt:"+filepath.Join(dir, "locked.db"))
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"no catalogue":     {[]string{"--catalog", filepath.Join(dir, "none")}, []string{"no such file", "--catalog"}},
		"empty catalogue":  {[]string{"--catalog", t.TempDir()}, []string{"no .yaml files"}},
		"broken catalogue": {[]string{"--catalog", broken}, []string{"a.yaml:2:", `unknown value "CAKES"`, "this name is not allowed"}},
		"port in use":      {[]string{"--http-addr", strings.TrimPrefix(running.web, "http://")}, []string{"--http-addr", "in use"}},
		"locked file":      {[]string{"--store", "bolt:" + filepath.Join(dir, "locked.db")}, []string{"another process"}},
		"corrupt file":     {[]string{"--store", "bolt:" + corrupt}, []string{corrupt}},
		"Redis is down":    {[]string{"--store", "redis://127.0.0.1:1/0"}, []string{"127.0.0.1:1"}},
		"not Redis":        {[]string{"--store", "redis://" + strings.TrimPrefix(running.web, "http://")}, []string{"Redis"}},
		"open to all":      {[]string{"--grpc-addr", "0.0.0.0:0"}, []string{"--grpc-addr", "--api-keys", "--insecure"}},
		"wrong level":      {[]string{"--log-level", "loud"}, []string{"--log-level", "debug"}},
		"a store of none":  {[]string{"--store", "surprised.db"}, []string{"bolt:surprised.db"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"serve", "--catalog", "../../examples/catalog", "--store", "mem:", "--grpc-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0", "--admin-addr", ""}, tc.args...)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, os.Args[0], args...) //nolint:gosec // ourselves
			cmd.Env = append(os.Environ(), asProgram+"=1")
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 1 || ctx.Err() != nil {
				t.Errorf("exit code %d, %v", cmd.ProcessState.ExitCode(), err)
			}
			for _, want := range tc.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("%q is not in: %s", want, out)
				}
			}
			if strings.Contains(string(out), "goroutine") || strings.Contains(string(out), "panic") {
				t.Errorf("it panics: %s", out)
			}
		})
	}
}

// TestSignals reloads the catalogue on SIGHUP, keeps the old one when the new one is broken, and stops on SIGTERM.
func TestSignals(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "c.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const one = "default_locale: en\njourneys: [{id: v, stages: [{id: till}]}]\ntemplates: [{id: %s, kind: GIFT, levels: [{id: l, value: 10}], texts: {en: {title: t, message: m}}}]\n"
	write(fmt.Sprintf(one, "first"))
	p := startProcess(t, "mem:", "--catalog", dir)
	has := func(want string) bool {
		return strings.Contains(p.post(t, "/v1/recommendations", `{"customer":{"id":"x"},"moment":{"stage":"till","channel":"POS"}}`), want)
	}
	if !has(`"first"`) {
		t.Fatal("the first catalogue is not in force")
	}
	hup := func() {
		if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
	}
	write("templates: broken")
	hup()
	if !has(`"first"`) {
		t.Error("a broken catalogue was swapped in")
	}
	write(fmt.Sprintf(one, "second"))
	hup()
	if !has(`"second"`) {
		t.Error("the second catalogue is not in force")
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}
