package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/surprise-service/surprised/bench/internal/child"
	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/workload"
)

// field is where everything takes place: it knows what was started and written, and leaves nothing behind.
type field struct {
	opts      options
	progress  io.Writer
	dir       string           // all that is written stands below it
	key       string           // of the API, in keysFile
	processes []*child.Process // in the order of their start
	targets   []*load.Target
}

const keysFile = "keys"

func newField(opts options, progress io.Writer) (*field, error) {
	dir, err := os.MkdirTemp("", "surprised-bench-")
	if err != nil {
		return nil, err
	}
	f := &field{opts: opts, progress: progress, dir: dir}
	if f.key, err = workload.WriteKeys(f.path(keysFile)); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *field) path(name string) string { return filepath.Join(f.dir, name) }

func (f *field) say(format string, args ...any) { fmt.Fprintf(f.progress, format+"\n", args...) }

// leftOut says what cannot be measured on this machine.
func (f *field) leftOut() string {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return "floors 1b, 2a, 2b and 2c and the rows on redis are left out: there is no redis-server (apt-get install redis-server, or brew install redis)"
	}
	return ""
}

// startRedis returns the address of a Redis of our own, or nothing where there is no redis-server.
func (f *field) startRedis(ctx context.Context, name string) (string, error) {
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil //nolint:nilerr // the rest can be measured all the same
	}
	p, err := f.launch(ctx, name, child.Redis, binary, f.dir)
	if err != nil {
		return "", err
	}
	return p.Addrs.Main, nil
}

// launch starts a child under a name, which its log has too.
func (f *field) launch(ctx context.Context, name string, args ...string) (*child.Process, error) {
	p, err := child.Start(ctx, f.dir, name, args...)
	if err == nil {
		f.processes = append(f.processes, p)
	}
	return p, err
}

// stop stops children early.
func (f *field) stop(done ...*child.Process) error {
	var errs []error
	for _, p := range done {
		f.processes = slices.DeleteFunc(f.processes, func(q *child.Process) bool { return p == q })
		errs = append(errs, p.Stop())
	}
	return errors.Join(errs...)
}

// dial connects callers to a child; an empty key is not sent.
func (f *field) dial(p *child.Process, key string) (*load.Target, error) {
	t, err := load.Dial(p.Addrs.Main, p.PID(), key)
	if err == nil {
		f.targets = append(f.targets, t)
	}
	return t, err
}

// close stops all children, those first that were started last, and removes what they wrote.
func (f *field) close() error {
	for _, t := range f.targets {
		t.Close()
	}
	slices.Reverse(f.processes)
	return errors.Join(f.stop(slices.Clone(f.processes)...), os.RemoveAll(f.dir))
}
