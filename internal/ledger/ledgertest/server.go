package ledgertest

import (
	"bytes"
	"errors"
	"os/exec"
	"syscall"
)

// Server is a redis-server that a test started: an ordinary one, or a Sentinel. Its methods are for one goroutine at a time.
type Server struct {
	// Addr is host:port.
	Addr string

	binary  string
	args    []string
	cmd     *exec.Cmd     // nil: not running
	exited  chan struct{} // closed when cmd has ended
	printed *bytes.Buffer // what cmd wrote; read it only when cmd has ended
}

// URL is where clients find the server.
func (s *Server) URL() string { return "redis://" + s.Addr }

// Start starts the server, again after Kill, and returns when it answers. Where it does not, it is not running afterwards.
func (s *Server) Start() error {
	if s.cmd != nil {
		return errors.New("it is running already")
	}
	cmd, exited := exec.Command(s.binary, s.args...), make(chan struct{})
	s.printed = new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = s.printed, s.printed
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		_ = cmd.Wait() // why it ended is in what it printed
		close(exited)
	}()
	s.cmd, s.exited = cmd, exited
	if err := awaitRedis(s.Addr, exited); err != nil {
		s.Kill()
		return err
	}
	return nil
}

// Kill ends the server at once, as kill -9 does. Without a running server it does nothing.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.exited
	s.cmd = nil
}

// Pause stops the process of a running server where it is: connections stay open, and nothing is answered until Resume.
func (s *Server) Pause() error { return s.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (s *Server) Resume() error { return s.cmd.Process.Signal(syscall.SIGCONT) }
