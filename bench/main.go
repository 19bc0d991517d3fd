// Command bench measures the service beside the least that its work could cost, in one run on one machine:
//
//   - floor 1a: a bare gRPC server that answers Recommend with an answer that is ready
//   - floor 1b: the same, after one GET on Redis
//   - Recommend and Claim of the service itself, with its default settings and the example catalogue, on each store
//   - floors 2a and 2b: EVALSHA of a trivial script on Redis, by redis-benchmark and by the service's client
//   - claims of the ledger on that Redis without gRPC: all from one limit, and over 20,000 customers
//
// Absolute figures say little about another machine, and move from run to run. So everything takes turns in short rounds, and what
// counts are the ratios between contenders of the same round.
//
// Run it with `go run .` in this folder, best on a machine that does nothing else; --quick takes less than a minute. Data of the bolt
// store is kept under TMPDIR while it runs: choose a disk, as in memory nothing has to be synced.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/surprise-service/surprised/bench/internal/child"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == child.Subcommand {
		exit(child.Run(os.Args[2:], os.Stdin, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once, and with it the children
	exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func exit(err error) {
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// run measures, and prints the outcome to stdout and how far it is to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	opts, err := parse(args, stderr)
	if err != nil {
		return err
	}
	f, err := newField(ctx, opts)
	if f != nil {
		defer func() { err = errors.Join(err, f.close()) }()
	}
	if err != nil {
		return interrupted(ctx, err)
	}
	doc, err := f.measure(ctx, stderr)
	if err != nil {
		return interrupted(ctx, err)
	}
	fmt.Fprint(stdout, doc)
	if opts.json != "" {
		err = doc.Write(opts.json)
	}
	if opts.profile != "" {
		err = errors.Join(err, f.profile(ctx, opts.profile))
	}
	return err
}

// interrupted replaces the many ways in which work fails once somebody has pressed Ctrl-C.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted; nothing was measured")
	}
	return err
}
