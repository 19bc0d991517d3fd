// Package child has the servers that the bench measures. Each is a process of its own, so that its CPU time can be told from that of
// the callers: the bench starts its own binary again with a hidden subcommand.
//
// A child serves until its standard input ends. It therefore never outlives the bench, however that one ends. Some children are asked
// things on the way: each line of JSON on standard input gets one on standard output.
package child

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
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
	Service = "surprised" // CATALOG STORE KEYS: the service itself; answers Reload
	Redis   = "redis"     // BINARY DIR: a redis-server that keeps nothing
	Matcher = "matcher"   // ENGINE SHAPE SIZE: a rule engine; answers MatcherTurn, and nil with what it is
	Batch   = "batch"     // CATALOG STORE SIZE: the engine of the service without a network; answers BatchTurn
	Loader  = "loader"    // CATALOG: loads a catalogue once; answers nil with Loaded
	Keeper  = "keeper"    // CATALOG STORE CUSTOMERS: a ledger with customers; answers nil with Kept
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
	// answer replies to what the bench asks; nil where it asks nothing.
	answer func(question []byte) (any, error)
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
	case err := <-s.converse(stdin, stdout):
		return errors.Join(err, s.stop())
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
		Echo: {1, startEcho}, EchoGet: {2, startEchoGet}, Service: {3, startService}, Redis: {2, startRedis},
		Matcher: {3, startMatcher}, Batch: {3, startBatch}, Loader: {1, startLoader}, Keeper: {3, startKeeper},
	}
	kind, ok := kinds[args[0]]
	if !ok || len(args)-1 != kind.args {
		return nil, fmt.Errorf("%s: no kind %q with %d arguments", Subcommand, args[0], len(args)-1)
	}
	return kind.start(ctx, args[1:])
}

// converse delivers one value when nobody holds the other end of stdin any more, or when a question cannot be answered.
func (s *server) converse(stdin io.Reader, stdout io.Writer) <-chan error {
	done := make(chan error, 1)
	go func() {
		lines := bufio.NewReader(stdin)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil { // an error is an end too
				done <- nil
				return
			}
			if err := s.reply(line, stdout); err != nil {
				done <- err
				return
			}
		}
	}()
	return done
}

func (s *server) reply(question []byte, stdout io.Writer) error {
	if s.answer == nil {
		return fmt.Errorf("%s: it does not know how to answer %s", Subcommand, question)
	}
	out, err := s.answer(question)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(out)
}

// answering is a server that only answers, and listens nowhere. Answer takes a question of its own kind.
func answering[Q any](answer func(Q) (any, error), stop func() error) *server {
	return &server{stop: stop, answer: func(question []byte) (any, error) {
		var q Q
		if err := json.Unmarshal(question, &q); err != nil {
			return nil, fmt.Errorf("%s: %w", question, err)
		}
		return answer(q)
	}}
}

func nothing() error { return nil }
