// Package child has the servers that the bench measures. Each is a process of its own, so that its CPU time can be told from that of
// the callers: the bench starts its own binary again with a hidden subcommand.
//
// A child serves until its standard input ends. It therefore never outlives the bench, however that one ends.
package child

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// Subcommand is the first argument of a child.
const Subcommand = "child"

// The kinds of children, and their arguments.
const (
	Echo    = "echo"      // ANSWER: answers Recommend with the message in that file
	EchoGet = "echo-get"  // ANSWER REDIS: the same, after one GET
	Service = "surprised" // CATALOG STORE: the service itself, with default settings
	Redis   = "redis"     // BINARY DIR: a redis-server that keeps nothing
)

// Addrs is where a child listens. It prints them as one line of JSON when it is ready.
type Addrs struct {
	Main  string `json:"main"`
	Admin string `json:"admin,omitempty"`
}

// server is started, says where it listens, and is stopped.
type server struct {
	addrs  Addrs
	failed <-chan error // delivers why the server ended by itself; may be nil
	stop   func() error
}

// Run is the whole life of a child: args are those after Subcommand.
func Run(args []string, stdin io.Reader, stdout io.Writer) error {
	signal.Ignore(os.Interrupt) // Ctrl-C goes to all processes of a terminal; the bench stops us in good order
	s, err := start(context.Background(), args)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(stdout).Encode(s.addrs); err != nil {
		return fmt.Errorf("say where we listen: %w", err)
	}
	select {
	case err := <-s.failed:
		return err
	case <-ended(stdin):
		return s.stop()
	}
}

func start(ctx context.Context, args []string) (*server, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("%s: name a kind of child", Subcommand)
	}
	kinds := map[string]struct {
		args  int
		start func(ctx context.Context, args []string) (*server, error)
	}{
		Echo: {1, startEcho}, EchoGet: {2, startEchoGet}, Service: {2, startService}, Redis: {2, startRedis},
	}
	kind, ok := kinds[args[0]]
	if !ok || len(args)-1 != kind.args {
		return nil, fmt.Errorf("%s: no kind %q with %d arguments", Subcommand, args[0], len(args)-1)
	}
	return kind.start(ctx, args[1:])
}

// ended is closed when nobody holds the other end of r any more.
func ended(r io.Reader) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, r) // an error is an end too
	}()
	return done
}
