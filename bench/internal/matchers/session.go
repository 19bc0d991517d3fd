package matchers

import (
	"fmt"
	"runtime"
	"time"

	"github.com/surprise-service/surprised/bench/internal/load"
	"github.com/surprise-service/surprised/bench/internal/rules"
)

const (
	// People is how many profiles an engine is asked about in turn. Slow ones get fewer, at least fewest: those that they answer within
	// firstLook at the start, when the answers are compared.
	People    = 1000
	fewest    = 8
	firstLook = 500 * time.Millisecond
	// Seed is that of the rules; another one has the profiles.
	seed        = 1
	profileSeed = 7
)

// Task is what an engine is to do for each profile.
type Task string

// The tasks. All engines do Match; the others are ours: Top finds the best three, of which Facts is the part that reads the messages of
// the request, and Search what is left.
const (
	Match  Task = "match"
	Top    Task = "top"
	Facts  Task = "facts"
	Search Task = "search"
)

// Session is one engine with one catalogue, ready to be measured.
type Session struct {
	engine Engine
	next   int
	Info
}

// Info is what the engine said before it was measured.
type Info struct {
	// Build is how long its rules took: for ours to read, check and index the catalogue.
	Build time.Duration `json:"build_ns"`
	// Heap is what it keeps after that, in bytes: rules, index and what it prepared of the profiles.
	Heap int64 `json:"heap"`
	// Answers identify the matches of the profiles that it is measured with.
	Answers []uint64 `json:"answers"`
	// Matches is the mean number of them.
	Matches float64 `json:"matches"`
}

// NewSession builds an engine with n rules, and has it answer for its profiles once.
func NewSession(name string, shape rules.Shape, n int) (*Session, error) {
	e, err := New(name)
	if err != nil {
		return nil, err
	}
	s := &Session{engine: e}
	c := rules.Generate(shape, seed, n)
	before, start := heap(), time.Now()
	if err := e.Build(c); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.Build = time.Since(start)
	if err := e.Prepare(c, rules.Profiles(c.Attributes, profileSeed, People)); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.Heap = heap() - before
	runtime.KeepAlive(c)
	return s, s.answer()
}

// heap is what is in use, in bytes.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what lies in a pool lives through one
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far less than 2^63
}

func (s *Session) answer() error {
	start, total := time.Now(), 0
	var out []int32
	for i := 0; i < People && (i < fewest || time.Since(start) < firstLook); i++ {
		var err error
		if out, err = s.engine.Match(i, out[:0]); err != nil {
			return fmt.Errorf("profile %d: %w", i, err)
		}
		s.Answers = append(s.Answers, Answer(out))
		total += len(out)
	}
	s.Matches = float64(total) / float64(len(s.Answers))
	return nil
}

// Round is what an engine did in a while.
type Round struct {
	Profiles int           `json:"profiles"`
	Took     time.Duration `json:"took_ns"`
	// CPU is the time of the process, its garbage collector included.
	CPU    time.Duration `json:"cpu_ns"`
	Allocs float64       `json:"allocs"` // for each profile
}

// chunk is how many profiles go by between two looks at the clock, if they are quick.
const chunk = 64

// Run does a task for profile after profile, for about d.
func (s *Session) Run(task Task, d time.Duration) (Round, error) {
	var r Round
	for size := 1; r.Took < d; {
		one, err := s.chunk(task, size)
		if err != nil {
			return r, err
		}
		r.Profiles, r.Took, r.CPU, r.Allocs = r.Profiles+size, r.Took+one.Took, r.CPU+one.CPU, r.Allocs+one.Allocs
		if one.Took < time.Millisecond {
			size = min(2*size, chunk)
		}
	}
	r.Allocs /= float64(r.Profiles)
	return r, nil
}

// chunk measures one task for n profiles.
func (s *Session) chunk(task Task, n int) (Round, error) {
	do, err := s.work(task, n)
	if err != nil {
		return Round{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, err := load.CPU(0)
	if err != nil {
		return Round{}, err
	}
	start := time.Now()
	for i := range n {
		if err := do(i); err != nil {
			return Round{}, err
		}
	}
	took := time.Since(start)
	used, err := load.CPU(0)
	runtime.ReadMemStats(&after)
	return Round{Took: took, CPU: used - cpu, Allocs: float64(after.Mallocs - before.Mallocs)}, err
}

// work returns what does the task for the i-th of the next n profiles.
func (s *Session) work(task Task, n int) (func(i int) error, error) {
	first := s.next
	s.next = (s.next + n) % len(s.Answers)
	profile := func(i int) int { return (first + i) % len(s.Answers) }
	if task == Match {
		var out []int32
		return func(i int) (err error) {
			out, err = s.engine.Match(profile(i), out[:0])
			return err
		}, nil
	}
	e, ok := s.engine.(*ours)
	if !ok {
		return nil, fmt.Errorf("only %s does the task %q", Surprised, task)
	}
	return e.work(task, n, profile)
}
