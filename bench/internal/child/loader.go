package child

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/surprise-service/surprised/bench/internal/matchers"
	"github.com/surprise-service/surprised/internal/catalog"
)

// Loaded is how a catalogue was loaded.
type Loaded struct {
	Templates int
	// Load is until it is checked and compiled, Index until it can be searched.
	Load, Index time.Duration
	// Heap is what it takes, in bytes.
	Heap int64
}

// startLoader loads the catalogue of a folder once, in a process that has done nothing before.
func startLoader(_ context.Context, args []string) (*server, error) {
	before, start := heap(), time.Now()
	cat, problems, err := catalog.LoadDir(os.DirFS(args[0]))
	if err == nil && cat == nil {
		err = fmt.Errorf("%s: %v", args[0], problems[0])
	}
	if err != nil {
		return nil, err
	}
	out := Loaded{Templates: len(cat.Templates), Load: time.Since(start)}
	start = time.Now()
	index := matchers.NewMatcher(cat)
	out.Index = time.Since(start)
	out.Heap = heap() - before
	runtime.KeepAlive(index)
	return answering(func(struct{}) (any, error) { return out, nil }, nothing), nil
}

// heap is what is in use, in bytes.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far less than 2^63
}
