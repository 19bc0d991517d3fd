package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/surprise-service/surprised/internal/batch"
)

// recommendFlags are those of recommend.
type recommendFlags struct {
	connection
	catalog, store, tenant string
	mapping, time          string
	output, summaryJSON    string
}

func newRecommendCommand(env *environment) *cobra.Command {
	var flags recommendFlags
	cmd := &cobra.Command{
		Use:   "recommend FILE",
		Short: "Decide for one customer or for many",
		Long: `Recommend decides for each request in FILE (- is the standard input) and prints the answers in the order of the requests.

FILE is JSON lines (one RecommendRequest a line), a single RecommendRequest as JSON, or, with --mapping, CSV with a header line; the
mapping says with CEL expressions how a row becomes a request (see examples/README.md).

Without --catalog the requests go to a running service. With it they are decided in this process: over an empty ledger, whose offers nobody
can claim, or over the ledger in --store.

Answers are JSON lines, each with the number of its line; a request that fails has "error" in place of an answer and does not stop the others.
A summary follows on the standard error, or on the standard output below a table. The exit code is 1 if any request failed.`,
		Example: `  surprised recommend --catalog examples/catalog examples/customers.jsonl

  # a CRM export, decided as if it were the noon of that day
  surprised recommend --catalog examples/catalog --mapping examples/mappings/crm_2240.yaml --time 2014-07-01 customers.csv

  # one request, to the service at 127.0.0.1:7070
  echo '{"customer": {"id": "c-1"}, "moment": {"stage": "checkout", "channel": "POS"}}' | surprised recommend -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return recommend(cmd.Context(), env, args[0], flags)
		},
	}
	flags.add(cmd)
	return cmd
}

func (r *recommendFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&r.catalog, "catalog", "", "folder of a catalogue: decide in this process instead of asking a service")
	f.StringVar(&r.store, "store", "mem:", "ledger to decide over (with --catalog): bolt:PATH, redis://HOST:PORT/DB, rediss://..., or mem: for an empty one")
	f.StringVar(&r.tenant, "tenant", "default", "the service's tenant (with --store)")
	r.connectionFlags(f)
	f.StringVar(&r.mapping, "mapping", "", "YAML file that says how to read FILE as CSV")
	f.StringVar(&r.time, "time", "", "decide as if it were this time, for requests without one of their own: RFC 3339, or a date, which means its noon: "+
		"in the catalogue's time zone with --catalog, else in UTC. A service allows it only to callers who may set the time")
	f.StringVarP(&r.output, "output", "o", "auto", "json (JSON lines), table, or auto: a table on a terminal, else json")
	f.StringVar(&r.summaryJSON, "summary-json", "", "file to write the summary to as well, as JSON")
	for _, name := range connectionFlagNames() {
		cmd.MarkFlagsMutuallyExclusive("catalog", name)
	}
}

func recommend(ctx context.Context, env *environment, file string, flags recommendFlags) (err error) {
	j, err := flags.begin(ctx, env, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	start := env.clock()
	summary, err := decide(ctx, env, j.back, j.in, j.asTable)
	err = interrupted(ctx, flags.explainRun(err), summary)
	if _, requests := summary.Failed(); err != nil && requests == 0 {
		return err
	}
	// What an interrupted run has done counts, too.
	return cmp.Or(err, flags.report(env, summary, env.clock().Sub(start).Seconds(), j.asTable))
}

// job is what recommend and explain work with.
type job struct {
	back    *backend
	in      *input
	asTable bool
}

// begin opens what decides and what is to be decided.
func (r *recommendFlags) begin(ctx context.Context, env *environment, file string) (*job, error) {
	asTable, err := wantsTable(env, r.output)
	if err != nil {
		return nil, err
	}
	if r.catalog == "" && r.store != "mem:" {
		return nil, usagef("--store: give --catalog as well; a service has a store of its own")
	}
	back, err := r.open(ctx, env)
	if err != nil {
		return nil, err
	}
	in, err := r.input(env, file, back)
	if err != nil {
		return nil, errors.Join(err, back.close())
	}
	return &job{back: back, in: in, asTable: asTable}, nil
}

func (j *job) close() error { return errors.Join(j.in.close(), j.back.close()) }

// decide runs all requests and writes their answers.
func decide(ctx context.Context, env *environment, back *backend, in *input, asTable bool) (*batch.Summary, error) {
	out := bufio.NewWriter(env.stdout)
	write, opts := batch.NewJSONWriter(out), batch.Options{Workers: back.workers, Prepare: in.prepare, Format: batch.AppendJSON}
	if asTable {
		write, opts.Format = batch.NewTable(out), nil
	}
	summary := &batch.Summary{}
	err := batch.Run(ctx, in.source, back.decider, func(r batch.Result) error {
		summary.Add(r)
		in.progress.show(summary)
		return write.Write(r)
	}, opts)
	in.progress.finish()
	return summary, errors.Join(err, out.Flush())
}

// explainRun names the service that could not be asked.
func (r *recommendFlags) explainRun(err error) error {
	if err == nil || r.catalog != "" {
		return err
	}
	return r.explain(err)
}

func interrupted(ctx context.Context, err error, summary *batch.Summary) error {
	if err == nil {
		return nil
	}
	_, requests := summary.Failed()
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %s", count(requests, "request"))
	}
	if requests > 0 {
		return fmt.Errorf("stopped after %s: %w", count(requests, "request"), err)
	}
	return err
}

// report writes the summary. The error says how many requests failed.
func (r *recommendFlags) report(env *environment, summary *batch.Summary, seconds float64, asTable bool) error {
	to := env.stderr
	if asTable {
		to = env.stdout
		fmt.Fprintln(to)
	}
	if err := summary.WriteText(to, seconds); err != nil {
		return err
	}
	if err := r.writeSummary(summary.Report(seconds)); err != nil {
		return err
	}
	if failed, requests := summary.Failed(); failed > 0 {
		return fmt.Errorf("%d of %s failed", failed, count(requests, "request"))
	}
	return nil
}

func (r *recommendFlags) writeSummary(report batch.Report) error {
	if r.summaryJSON == "" {
		return nil
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.summaryJSON, append(text, '\n'), 0o644); err != nil { //nolint:gosec // counts, no customers
		return fmt.Errorf("--summary-json: %w", err)
	}
	return nil
}
