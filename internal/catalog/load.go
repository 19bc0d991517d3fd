package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"buf.build/go/protovalidate"
)

// MaxFiles bounds the number of files of a catalogue.
const MaxFiles = 10_000

// File is one source file by its name and content.
type File struct {
	Name string
	Data []byte
}

// LoadDir reads all .yaml and .yml files below the root of fsys, files and folders that start with a dot left out. Where any problem
// is more than a warning the catalogue is nil. Err is about reading the folder, not about what is in it.
func LoadDir(fsys fs.FS) (cat *Catalog, problems Problems, err error) {
	files, err := readFiles(fsys)
	if err != nil {
		return nil, nil, err
	}
	cat, problems = Load(files)
	return cat, problems, nil
}

func readFiles(fsys fs.FS) ([]File, error) {
	var files []File
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != "." && strings.HasPrefix(path.Base(name), ".")
		switch ext := path.Ext(name); {
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden, d.IsDir(), ext != ".yaml" && ext != ".yml":
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		files = append(files, File{Name: name, Data: data})
		return err
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("catalog: read folder: %w", err)
	case len(files) == 0:
		return nil, errors.New("catalog: the folder has no .yaml files")
	case len(files) > MaxFiles:
		return nil, fmt.Errorf("catalog: the folder has %d files, more than %d", len(files), MaxFiles)
	}
	return files, nil
}

// Load checks and compiles the files of a catalogue. All problems are reported at once. Where any is more than a warning the
// catalogue is nil.
func Load(files []File) (*Catalog, Problems) {
	v, err := protovalidate.New()
	if err != nil {
		return nil, Problems{{File: ".", Message: err.Error()}}
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	var problems Problems
	var parsed []*file
	unreadable := false
	for _, in := range files {
		f, ps := parseFile(in.Name, in.Data, v)
		problems = append(problems, ps...)
		unreadable = unreadable || f == nil
		parsed = append(parsed, f)
	}
	if unreadable { // what it would have said is unknown, and complaints that it is missing would only distract
		return nil, problems.sorted()
	}
	c := newCompiler()
	c.merge(parsed)
	cat := c.compile()
	problems = append(problems, c.problems...).sorted()
	if problems.HasErrors() {
		return nil, problems
	}
	return cat, problems
}
