package child

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	startTimeout = 15 * time.Minute // some build an engine with 100,000 rules first, perhaps on a busy machine
	stopTimeout  = 10 * time.Second
	logTail      = 2000 // bytes of a child's log that an error quotes
)

// Process is a running child, as the bench sees it.
type Process struct {
	Addrs Addrs
	name  string
	log   string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Reader // of its standard output
}

// Start starts a child of this same binary and waits until it is ready, or kills it when the context is done. What it logs goes into a file of dir.
func Start(ctx context.Context, dir, name string, args ...string) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &Process{name: name, log: filepath.Join(dir, name+".log"), cmd: exec.Command(self, append([]string{Subcommand}, args...)...)} //nolint:gosec // ourselves
	log, err := os.Create(p.log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _ = log.Close() }() // the child has it too
	p.cmd.Stderr = log
	if err := p.launch(ctx); err != nil {
		return nil, fmt.Errorf("start %s: %w%s", name, errors.Join(err, p.Stop()), p.Log())
	}
	return p, nil
}

func (p *Process) launch(ctx context.Context) error {
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })()
	p.lines = bufio.NewReader(stdout)
	line, err := p.lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("it ended before it was ready, or was not ready within %s: %w", startTimeout, err)
	}
	return json.Unmarshal(line, &p.Addrs)
}

// Ask sends a question and reads the answer. It is for one goroutine. When the context is done the child is killed.
func (p *Process) Ask(ctx context.Context, question, answer any) error {
	defer context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() })()
	line, err := json.Marshal(question)
	if err == nil {
		_, err = p.stdin.Write(append(line, '\n'))
	}
	if err == nil {
		line, err = p.lines.ReadBytes('\n')
	}
	if err == nil {
		err = json.Unmarshal(line, answer)
	}
	if err != nil {
		return fmt.Errorf("ask %s: %w%s", p.name, err, p.Log())
	}
	return nil
}

// Name returns the name that the child was started with.
func (p *Process) Name() string { return p.name }

// PID returns the number of the child's process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop ends the child and waits for it; one that does not end in time is killed.
func (p *Process) Stop() error {
	if p.cmd.Process == nil {
		return nil
	}
	timer := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	_ = p.stdin.Close() // closed already is closed
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

// Log returns the end of what the child logged, on lines of their own, or nothing.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.log)
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return ""
	}
	return "\n" + string(bytes.TrimSpace(text[max(0, len(text)-logTail):]))
}
