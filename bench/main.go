// Command bench measures the service beside the least that its work could cost, and its matching beside that of other rule engines, in one
// run on one machine:
//
//   - match: the rules of one generated catalogue, matched by the service's own engine, by hand-written closures and by third-party engines
//   - service: Recommend and Claim on each store, beside floor 1a, a bare gRPC server that answers with an answer that is ready, and floor 1b,
//     the same after one GET on Redis
//   - claims: claims of the ledger without gRPC, beside floors 2a and 2b, EVALSHA of a trivial script on Redis by redis-benchmark and by the
//     ledger's own client, and 2c, the script of a claim by redis-benchmark
//   - batch: many requests over a stream, and in one process
//   - memory: what a template takes, and a customer in each store
//   - start: how long a catalogue takes to load, and the longest that a caller waits while it is loaded again
//
// Absolute figures say little about another machine, and move from run to run. So everything takes turns in short rounds, and what
// counts are the ratios between contenders of the same round.
//
// Run it with `go run .` in this folder, best on a machine that does nothing else; --quick takes less than a minute and has the key figures
// only. Data of the bolt store is kept under TMPDIR while it runs: choose a disk, as in memory nothing has to be synced.
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
	"github.com/surprise-service/surprised/bench/internal/report"
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
	f, err := newField(opts, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	doc, err := f.measure(ctx)
	if err != nil {
		return interrupted(ctx, err)
	}
	if opts.quick {
		fmt.Fprint(stdout, report.Lines(doc.Key))
	} else {
		fmt.Fprint(stdout, doc)
	}
	if opts.json != "" {
		err = doc.Write(opts.json)
	}
	if opts.plots != "" {
		err = errors.Join(err, doc.Plot(opts.plots))
	}
	return err
}

// measure runs the parts that were asked for. What one has started ends with it, but for Redis.
func (f *field) measure(ctx context.Context) (report.Document, error) {
	doc := report.NewDocument(f.opts.rounds, f.opts.turn())
	doc.Shape, doc.LeftOut = string(f.opts.shape), f.leftOut()
	parts := []struct {
		wanted bool
		run    func(ctx context.Context, doc *report.Document) error
	}{
		{f.opts.runs(partMatch), f.matching},
		{f.opts.runs(partService) || f.opts.runs(partBatch), f.service}, // a batch needs a service
		{f.opts.runs(partClaims), f.claims},
		{f.opts.runs(partMemory), f.memory},
		{f.opts.runs(partStart), f.starting},
	}
	for _, p := range parts {
		if !p.wanted {
			continue
		}
		if err := p.run(ctx, &doc); err != nil {
			return doc, err
		}
	}
	doc.Key = report.Key(doc)
	return doc, nil
}

// interrupted replaces the many ways in which work fails once somebody has pressed Ctrl-C.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted; nothing was measured")
	}
	return err
}
