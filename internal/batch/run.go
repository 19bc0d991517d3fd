package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Options has what a run may be told.
type Options struct {
	// Workers is how many groups are decided at once. 0: one for each processor, and one more, for while one waits for the store.
	Workers int
	// GroupSize is how many requests are decided together. 0: 64.
	GroupSize int
	// Prepare may change a request before it is validated. It is called by several goroutines at once. May be nil.
	Prepare func(*surprisev1.RecommendRequest)
	// Format appends what Result.Text is to be. It is called by several goroutines at once, so that it does not hold up the sink. May be nil.
	Format func(dst []byte, r Result) ([]byte, error)
}

const defaultGroupSize = 64

// group is some entries in a row, and their results when it is done.
type group struct {
	entries []Entry
	results []Result
	text    []byte // of all results
	err     error  // ends the run
	done    chan struct{}
}

// Run decides for all entries of a source and hands the results to sink, one at a time, in the order of the entries. It returns the first
// error that is not one of a single entry. When it returns early, a Next that is under way may still be.
func Run(ctx context.Context, src Source, decider Decider, sink func(Result) error, opts Options) error {
	validator, err := protovalidate.New(protovalidate.WithMessages(&surprisev1.RecommendRequest{}))
	if err != nil {
		return fmt.Errorf("batch: compile validation rules: %w", err)
	}
	r := &run{decider: decider, validator: validator, opts: opts}
	if r.opts.Workers == 0 {
		r.opts.Workers = runtime.GOMAXPROCS(0) + 1
	}
	if r.opts.GroupSize == 0 {
		r.opts.GroupSize = defaultGroupSize
	}
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	// Of the groups that are read, at most Workers wait for their results to be handed on.
	todo, ordered := make(chan *group), make(chan *group, r.opts.Workers)
	for range r.opts.Workers {
		workers.Go(func() { r.work(ctx, todo) })
	}
	go r.read(ctx, src, todo, ordered)
	return r.collect(ctx, ordered, sink)
}

type run struct {
	decider   Decider
	validator protovalidate.Validator
	opts      Options
	texts     sync.Pool // of *[]byte, for texts of groups
}

// read forms groups. Each goes to the collector first, so that order is kept, and to a worker then.
func (r *run) read(ctx context.Context, src Source, todo, ordered chan<- *group) {
	defer close(ordered)
	defer close(todo)
	for more := true; more; {
		var g *group
		g, more = r.readGroup(src)
		select {
		case ordered <- g:
		case <-ctx.Done():
			return
		}
		select {
		case todo <- g:
		case <-ctx.Done():
			return
		}
	}
}

// readGroup returns the next group, and whether there may be more. An error of the source stands behind the group's entries.
func (r *run) readGroup(src Source) (g *group, more bool) {
	g = &group{done: make(chan struct{})}
	for len(g.entries) < r.opts.GroupSize {
		e, err := src.Next()
		if errors.Is(err, io.EOF) {
			return g, false
		}
		if err != nil {
			g.err = err
			return g, false
		}
		g.entries = append(g.entries, e)
	}
	return g, true
}

// collect hands results on in order.
func (r *run) collect(ctx context.Context, ordered <-chan *group, sink func(Result) error) error {
	for {
		var g *group
		var open bool
		select {
		case g, open = <-ordered:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !open {
			return ctx.Err()
		}
		select {
		case <-g.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		for _, res := range g.results {
			if err := sink(res); err != nil {
				return err
			}
		}
		if g.err != nil {
			return g.err
		}
		if text := g.text; text != nil {
			r.texts.Put(&text) // not that of the group, which would keep all of it
		}
	}
}

// work decides groups until there are no more. It does not wait for the reader, which may hang in the input.
func (r *run) work(ctx context.Context, todo <-chan *group) {
	for {
		select {
		case <-ctx.Done():
			return
		case g, open := <-todo:
			if !open {
				return
			}
			err := r.decide(ctx, g)
			if err == nil {
				err = r.format(g)
			}
			if err != nil {
				g.results, g.err = nil, err
			}
			close(g.done)
		}
	}
}

// decide fills the results of a group: failures of what cannot be read or is not valid, answers for the rest.
func (r *run) decide(ctx context.Context, g *group) error {
	g.results = make([]Result, len(g.entries))
	var reqs []*surprisev1.RecommendRequest
	var positions []int
	for i, e := range g.entries {
		req, err := e.decode()
		if err == nil {
			err = r.check(req)
		}
		g.results[i] = Result{Line: e.Line, RequestID: req.GetRequestId()}
		if err != nil {
			g.results[i].Failure = failureOf(err)
			continue
		}
		reqs, positions = append(reqs, req), append(positions, i)
	}
	g.entries = nil // the texts are not needed any more
	if len(reqs) == 0 {
		return nil
	}
	answers, err := r.decider.Decide(ctx, reqs)
	if err != nil {
		return err
	}
	if len(answers) != len(reqs) {
		return fmt.Errorf("batch: %d answers to %d requests", len(answers), len(reqs))
	}
	for i, a := range answers {
		g.results[positions[i]].Answer = a
	}
	return nil
}

// format writes the texts of a group, one after the other.
func (r *run) format(g *group) (err error) {
	if r.opts.Format == nil {
		return nil
	}
	if old, ok := r.texts.Get().(*[]byte); ok {
		g.text = (*old)[:0]
	}
	ends := make([]int, len(g.results))
	for i, res := range g.results {
		if g.text, err = r.opts.Format(g.text, res); err != nil {
			return err
		}
		ends[i] = len(g.text)
	}
	start := 0
	for i, end := range ends { // only now, since the text does not move any more
		g.results[i].Text = g.text[start:end:end]
		start = end
	}
	return nil
}

func (r *run) check(req *surprisev1.RecommendRequest) error {
	if r.opts.Prepare != nil {
		r.opts.Prepare(req)
	}
	if n := proto.Size(req); n > MaxRequestBytes {
		return &failed{&Failure{Reason: surprise.InvalidRequest, Message: fmt.Sprintf("the request has %d bytes, more than %d", n, MaxRequestBytes)}}
	}
	return r.validator.Validate(req)
}
