package repo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goFile is one Go source file, parsed down to its comments and imports.
type goFile struct {
	path      string // slash-separated, from the repository's root
	lines     int
	generated bool
	syntax    *ast.File
}

// dir is the folder of the file's package, "." for the root.
func (f goFile) dir() string { return path.Dir(f.path) }

// isTest tells whether only go test builds the file.
func (f goFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// imports lists the file's import paths, unquoted.
func (f goFile) imports() []string {
	var paths []string
	for _, spec := range f.syntax.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

// root is the repository as every test here sees it.
func root(t *testing.T) fs.FS {
	t.Helper()
	const up = "../.."
	if _, err := os.Stat(up + "/go.mod"); err != nil {
		t.Fatalf("the repository's root is not where this test expects it: %v", err)
	}
	return os.DirFS(up)
}

// goFiles parses the Go files of the main module: what ./... names.
func goFiles(t *testing.T, tree fs.FS) []goFile {
	t.Helper()
	var files []goFile
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && outsideModule(tree, name) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		files = append(files, goFile{
			path:      name,
			lines:     strings.Count(string(source), "\n"),
			generated: ast.IsGenerated(syntax),
			syntax:    syntax,
		})
		return nil
	})
	if err != nil {
		t.Fatalf("walk the Go files: %v", err)
	}
	return files
}

// outsideModule tells whether the go command leaves a folder out of ./...: hidden, test data, or a module of its own.
func outsideModule(tree fs.FS, dir string) bool {
	base := path.Base(dir)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" {
		return true
	}
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	return err == nil
}

// uncommented lists the packages that have hand-written code but no package comment.
func uncommented(files []goFile) []string {
	commented := map[string]bool{}
	for _, f := range files {
		if f.generated || f.isTest() {
			continue
		}
		want := "Package " + f.syntax.Name.Name + " "
		if f.syntax.Name.Name == "main" {
			want = "Command " + path.Base(f.dir()) + " "
		}
		commented[f.dir()] = commented[f.dir()] || strings.HasPrefix(f.syntax.Doc.Text(), want)
	}
	var bad []string
	for dir, ok := range commented {
		if !ok {
			bad = append(bad, dir)
		}
	}
	slices.Sort(bad)
	return bad
}

// maxLines is where a hand-written file holds more than one idea.
const maxLines = 400

// tooLong lists the hand-written files outside tests that exceed maxLines.
func tooLong(files []goFile) []string {
	var bad []string
	for _, f := range files {
		if !f.generated && !f.isTest() && f.lines > maxLines {
			bad = append(bad, f.path)
		}
	}
	return bad
}

var replaceDirective = regexp.MustCompile(`(?m)^\s*replace\b.*$`)

// replaces lists the replace directives of the go.mod files in tree. A replaced module builds here and nowhere else;
// only a module inside this repository may name the one at the root that way.
func replaces(t *testing.T, tree fs.FS, names []string) []string {
	t.Helper()
	var bad []string
	for _, name := range names {
		if path.Base(name) != "go.mod" {
			continue
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range replaceDirective.FindAllString(string(text), -1) {
			if path.Dir(name) == "." || !strings.HasSuffix(strings.TrimSpace(line), module+" => ../") {
				bad = append(bad, name+": "+strings.TrimSpace(line))
			}
		}
	}
	return bad
}

// machinePath finds an absolute path of somebody's machine. The folder names stand in brackets so that this very file
// does not match.
var machinePath = regexp.MustCompile(`(^|[^A-Za-z0-9_.])/([r]oot|[w]ork|[U]sers)/`)

// machinePaths lists the files that name one.
func machinePaths(t *testing.T, tree fs.FS, names []string) []string {
	t.Helper()
	var bad []string
	for _, name := range names {
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			t.Fatal(err)
		}
		if machinePath.Match(text) {
			bad = append(bad, name)
		}
	}
	return bad
}
