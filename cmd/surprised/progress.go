package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/surprise-service/surprised/internal/batch"
)

// progress shows on the standard error how far a run is. It shows nothing unless a person is watching, nor beside answers on the same
// terminal, which show it themselves.
type progress struct {
	bar  *progressbar.ProgressBar // nil: nothing is shown
	read atomic.Int64             // bytes
}

// newProgress begins with an input of a size in bytes, -1 where it is not known.
func newProgress(env *environment, size int64) *progress {
	if !env.isTerminal(env.stderr) || env.isTerminal(env.stdout) {
		return &progress{}
	}
	return &progress{bar: newBar(env, size, "deciding")}
}

func newBar(env *environment, size int64, what string) *progressbar.ProgressBar {
	return progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(env.stderr), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(30), progressbar.OptionSetDescription(what))
}

// count notes what is read of the input.
func (p *progress) count(r io.Reader) io.Reader {
	if p.bar == nil {
		return r
	}
	return &countingReader{r: r, read: &p.read}
}

type countingReader struct {
	r    io.Reader
	read *atomic.Int64
}

// Read implements io.Reader.
func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// show is called after each result.
func (p *progress) show(s *batch.Summary) {
	if p.bar == nil {
		return
	}
	failed, requests := s.Failed()
	if requests%64 != 1 { // describing each would cost more than deciding
		return
	}
	text := count(requests, "request")
	if failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	p.bar.Describe(text)
	_ = p.bar.Set64(p.read.Load()) // a bar that cannot be drawn stops nothing
}

// finish takes the bar off the terminal.
func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish() // as above
	}
}
