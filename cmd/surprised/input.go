package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
	"github.com/surprise-service/surprised/internal/rule"
)

// input is the requests to decide for.
type input struct {
	source   batch.Source
	prepare  func(*surprisev1.RecommendRequest) // nil: nothing to do
	progress *progress
	close    func() error
}

func (r *recommendFlags) input(env *environment, file string, back *backend) (*input, error) {
	at, given, err := parseTime(r.time, back.zone, env.clock())
	if err != nil {
		return nil, err
	}
	mapping, err := r.readMapping(env, file, back)
	if err != nil {
		return nil, err
	}
	text, size, closeFile, err := openInput(env, file)
	if err != nil {
		return nil, err
	}
	in := &input{progress: newProgress(env, size), close: closeFile}
	if given {
		in.prepare = setTime(at)
	}
	in.source = namedSource{newSource(file, in.progress.count(text), mapping, rule.DateOf(at)), file}
	return in, nil
}

func newSource(file string, text io.Reader, mapping *batch.Mapping, runDate *surprisev1.Date) batch.Source {
	if mapping != nil {
		return batch.NewCSV(text, mapping, runDate)
	}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".jsonl", ".ndjson":
		return batch.NewJSONLines(text)
	}
	return batch.NewAnyJSON(text)
}

// namedSource names the file in errors that end a run.
type namedSource struct {
	batch.Source
	file string
}

// Next implements batch.Source.
func (s namedSource) Next() (batch.Entry, error) {
	e, err := s.Source.Next()
	var problems batch.Problems
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return e, err
	case errors.As(err, &problems):
		return e, fmt.Errorf("%s does not fit the mapping:\n%w", displayName(s.file), problems)
	}
	return e, fmt.Errorf("%s: %w", displayName(s.file), err)
}

func (r *recommendFlags) readMapping(env *environment, file string, back *backend) (*batch.Mapping, error) {
	if r.mapping == "" {
		if ext := strings.ToLower(filepath.Ext(file)); ext == ".csv" || ext == ".tsv" {
			return nil, usagef("--mapping: give a mapping to read %s with, for example examples/mappings/crm_2240.yaml", file)
		}
		return nil, nil //nolint:nilnil // JSON needs none
	}
	text, err := os.ReadFile(r.mapping)
	if err != nil {
		return nil, fmt.Errorf("--mapping: %w", err)
	}
	m, err := batch.ParseMapping(r.mapping, text)
	if err != nil {
		return nil, fmt.Errorf("the mapping is broken:\n%w", err)
	}
	if back.attributes != nil {
		for _, name := range m.UndeclaredAttributes(back.attributes) {
			fmt.Fprintf(env.stderr, "warning: %s: the catalogue does not declare %s, so no rule reads it\n", r.mapping, name)
		}
	}
	return m, nil
}

// openInput opens the file, or takes the standard input for "-". The size is -1 where it is not known.
func openInput(env *environment, file string) (text io.Reader, size int64, closeFile func() error, err error) {
	if file == "-" {
		return env.stdin, -1, func() error { return nil }, nil
	}
	f, err := os.Open(file) //nolint:gosec // the user names it
	if err != nil {
		return nil, 0, nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, 0, nil, errors.Join(err, f.Close())
	case info.IsDir():
		return nil, 0, nil, errors.Join(usagef("%s is a folder; give a file", file), f.Close())
	case info.Mode().IsRegular():
		return f, info.Size(), f.Close, nil
	}
	return f, -1, f.Close, nil
}

func displayName(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// parseTime reads --time. Where it is not given, the time is now.
func parseTime(s string, zone *time.Location, now time.Time) (at time.Time, given bool, err error) {
	if s == "" {
		return now.In(zone), false, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.In(zone), true, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return time.Time{}, false, usagef("--time: %q is neither a date such as 2014-07-01 nor a time such as 2014-07-01T18:30:00+08:00", s)
	}
	y, m, d := day.Date()
	return time.Date(y, m, d, 12, 0, 0, 0, zone), true, nil
}

// setTime gives requests that have no time of their own the one of the run.
func setTime(at time.Time) func(*surprisev1.RecommendRequest) {
	stamp := timestamppb.New(at)
	return func(req *surprisev1.RecommendRequest) {
		if req.GetMoment() != nil && req.GetMoment().GetTime() == nil {
			req.Moment.Time = stamp
		}
	}
}
