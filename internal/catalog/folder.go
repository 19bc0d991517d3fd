package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// MaxFiles bounds the number of files of a catalogue.
const MaxFiles = 10_000

// folder collects the files of a catalogue, and what is wrong with those that cannot be read.
type folder struct {
	fsys     fs.FS
	files    []File
	problems Problems
}

func readFiles(fsys fs.FS) ([]File, Problems, error) {
	f := &folder{fsys: fsys}
	err := fs.WalkDir(fsys, ".", f.visit)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("catalog: read folder: %w", err)
	case len(f.files)+len(f.problems) == 0:
		return nil, nil, errors.New("catalog: the folder has no .yaml files")
	}
	return f.files, f.problems, nil
}

func (f *folder) visit(name string, d fs.DirEntry, err error) error {
	hidden := name != "." && strings.HasPrefix(path.Base(name), ".")
	switch {
	case name == "." && err != nil:
		return err
	case hidden && d.IsDir():
		return fs.SkipDir
	case err != nil:
		f.problem(name, err)
	case !hidden && !d.IsDir() && isYAML(name):
		f.add(name)
	}
	if len(f.files) > MaxFiles {
		return fmt.Errorf("the folder has more than %d files", MaxFiles)
	}
	return nil
}

func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

// add follows links, but to files only: a folder could be one that it stands in. Pipes and devices would be waited for without end.
func (f *folder) add(name string) {
	info, err := fs.Stat(f.fsys, name)
	switch {
	case err != nil:
		f.problem(name, err)
	case info.IsDir():
	case !info.Mode().IsRegular():
		f.problems = append(f.problems, Problem{File: name, Message: "this is not a regular file, and is left out", Warning: true})
	case info.Size() > MaxFileSize:
		f.problems = append(f.problems, tooLarge(name, info.Size()))
	default:
		f.read(name, info.Size())
	}
}

// read takes one byte more than is allowed, so that a file that has grown since is told as too large.
func (f *folder) read(name string, size int64) {
	in, err := f.fsys.Open(name)
	if err != nil {
		f.problem(name, err)
		return
	}
	defer in.Close() //nolint:errcheck // it was only read
	data := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(in, MaxFileSize+1)); err != nil {
		f.problem(name, err)
		return
	}
	f.files = append(f.files, File{Name: name, Data: data.Bytes()})
}

// problem notes the cause without the path, which problems begin with.
func (f *folder) problem(name string, err error) {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	f.problems = append(f.problems, Problem{File: name, Message: fmt.Sprintf("it cannot be read: %s", err)})
}

func tooLarge(name string, size int64) Problem {
	return Problem{File: name, Message: fmt.Sprintf("the file has %d bytes, more than %d", size, MaxFileSize), Hint: "split it into several files"}
}
