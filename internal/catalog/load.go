package catalog

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"

	"buf.build/go/protovalidate"

	"github.com/surprise-service/surprised/internal/surprise"
)

// maxHints bounds the hints on misspelt words of one load.
const maxHints = 200

// File is one source file by its name and content.
type File struct {
	Name string
	Data []byte
}

// LoadDir reads all .yaml and .yml files below the root of fsys, files and folders that start with a dot left out. Where any problem
// is more than a warning the catalogue is nil. What cannot be read is a problem too; err is about the folder as a whole.
func LoadDir(fsys fs.FS) (cat *Catalog, problems Problems, err error) {
	return LoadDirContext(context.Background(), fsys)
}

// LoadDirContext is LoadDir that ends with the context's error once that is done.
func LoadDirContext(ctx context.Context, fsys fs.FS) (cat *Catalog, problems Problems, err error) {
	files, unread, err := readFiles(fsys)
	if err != nil {
		return nil, nil, err
	}
	return build(ctx, files, unread)
}

// Load checks and compiles the files of a catalogue. All problems are reported at once. Where any is more than a warning the
// catalogue is nil.
func Load(files []File) (*Catalog, Problems) {
	cat, problems, err := LoadContext(context.Background(), files)
	if err != nil {
		return nil, Problems{{File: ".", Message: err.Error()}}
	}
	return cat, problems
}

// LoadContext is Load that ends with the context's error once that is done.
func LoadContext(ctx context.Context, files []File) (*Catalog, Problems, error) {
	return build(ctx, files, nil)
}

// build takes the problems that reading the files had.
func build(ctx context.Context, files []File, problems Problems) (*Catalog, Problems, error) {
	v, err := protovalidate.New()
	if err != nil {
		return nil, nil, fmt.Errorf("catalog: rules of the API: %w", err)
	}
	speller := surprise.NewSpeller(maxHints)
	parsed, unreadable, found := newParser(v, speller).parseAll(ctx, files)
	problems = append(problems, found...)
	if ctx.Err() == nil && (unreadable || problems.unread()) {
		// What it would have said is unknown, and complaints that it is missing would only distract.
		return nil, problems.sorted(), nil
	}
	c := newCompiler(speller)
	c.merge(parsed)
	cat := c.compile(ctx)
	for _, f := range parsed {
		f.parsed()
	}
	if ctx.Err() != nil {
		return nil, nil, fmt.Errorf("catalog: load: %w", ctx.Err())
	}
	problems = append(problems, c.problems...).sorted()
	if problems.HasErrors() {
		return nil, problems, nil
	}
	return cat, problems, nil
}

// unread reports whether any problem is about a whole file.
func (ps Problems) unread() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Line == 0 && !p.Warning })
}

// parseAll returns the files in the order of their names, as long as the context is not done; unreadable tells that one of them could not be read at all.
func (r *parser) parseAll(ctx context.Context, files []File) (parsed []*file, unreadable bool, problems Problems) {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	results := make([]struct {
		*file
		problems Problems
		done     bool
	}, len(files))
	inParallel(ctx, len(files), func(i int) {
		results[i].file, results[i].problems = r.parseFile(files[i].Name, files[i].Data)
		results[i].done = true
	})
	for _, f := range results {
		problems = append(problems, f.problems...)
		if f.file != nil {
			parsed = append(parsed, f.file)
		}
		unreadable = unreadable || f.done && f.file == nil
	}
	return parsed, unreadable, problems
}
