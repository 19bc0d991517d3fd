package catalog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"
)

func problemsOf(files ...string) []string {
	var in []File
	for i, f := range files {
		in = append(in, File{Name: string(rune('a'+i)) + ".yaml", Data: []byte(f)})
	}
	var out []string
	_, problems := Load(in)
	for _, p := range problems {
		out = append(out, p.String())
	}
	return out
}

// A catalogue of mistakes is checked in about the time that a good one is.
func TestManyMistakesAreQuick(t *testing.T) {
	var segments, long, templates, occasions strings.Builder
	segments.WriteString("segments:\n")
	for i := range 5000 {
		fmt.Fprintf(&segments, "  s%05d: segment(\"unknown_%d\")\n", i, i)
	}
	name := strings.Repeat("x", 495)
	long.WriteString("segments:\n")
	for i := range 900 {
		fmt.Fprintf(&long, "  %s%03d: segment(\"%s\")\n", name, i, name[:480])
	}
	templates.WriteString("templates:\n")
	for i := range 2000 {
		fmt.Fprintf(&templates, "  - {id: t%d, kind: NOPE%d, limits: [l%d], stages: [s%d], levels: [{id: a, value: 1}]}\n", i, i, i, i)
	}
	occasions.WriteString("segments: {a: 'true'}\ntemplates:\n")
	for i := range 2000 {
		fmt.Fprintf(&occasions, "  - {id: t%d, kind: NOTE, rule: customer.nope%d == 1, occasion: {name: o%d}, levels: [{id: a, value: 1}]}\n", i, i, i)
	}
	for what, file := range map[string]string{"segments": segments.String(), "long names": long.String(), "templates": templates.String(), "rules": occasions.String()} {
		start := time.Now()
		problems := problemsOf(shopYAML, file)
		t.Logf("%s: %v, %d problems", what, time.Since(start), len(problems))
		// It takes about a second. The race detector and other tests beside this one take their share; a comparison of everything with
		// everything takes minutes.
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: took %v", what, d)
		}
	}
}

func TestLoadEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cat, problems, err := LoadContext(ctx, []File{{Name: "a.yaml", Data: []byte(shopYAML + noteYAML)}})
	if !errors.Is(err, context.Canceled) || cat != nil || problems != nil {
		t.Errorf("got %v, %v, %v", cat, problems, err)
	}
}

func TestOnlyRegularFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "note.txt")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(dir, "shop.YAML"), []byte(shopYAML), 0o600))
	must(os.WriteFile(outside, []byte(noteYAML), 0o600))
	must(os.Symlink(outside, filepath.Join(dir, "note.Yml")))
	must(os.Symlink(filepath.Dir(outside), filepath.Join(dir, "folder.yaml")))
	must(syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600))
	cat, problems, err := LoadDir(os.DirFS(dir))
	if err != nil || cat == nil || cat.Template("note") == nil {
		t.Fatal(problems, err)
	}
	if want := "pipe.yaml: warning: this is not a regular file, and is left out"; problems.Error() != want {
		t.Errorf("got %s, want %s", problems.Error(), want)
	}
	must(os.Symlink("nowhere", filepath.Join(dir, "gone.yaml")))
	must(os.WriteFile(filepath.Join(dir, "bad.yaml"), []byte("a\tb: [\n"), 0o600))
	cat, problems, err = LoadDir(os.DirFS(dir))
	if err != nil || cat != nil || len(problems) != 3 || !strings.HasPrefix(problems[1].String(), "gone.yaml: it cannot be read: no such file") {
		t.Errorf("got %v, %v", problems, err)
	}
}

// A file that tells its size is not read to find out that it is too large.
func TestSizeBeforeContent(t *testing.T) {
	fsys := fstest.MapFS{"big.yaml": {Data: []byte(strings.Repeat("x", MaxFileSize+1))}}
	files, problems, err := readFiles(fsys)
	if err != nil || len(files) != 0 || len(problems) != 1 || !strings.Contains(problems.Error(), "split it") {
		t.Errorf("got %d files, %v, %v", len(files), problems, err)
	}
}
