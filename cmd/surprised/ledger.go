package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/storeurl"
	"github.com/surprise-service/surprised/internal/surprise"
)

// verifyFlags are those of ledger verify.
type verifyFlags struct {
	store, tenant, output string
	repair                bool
	retention             time.Duration
}

// verifyPause is what a call of a running service may take, so that it is over when verify looks again.
const verifyPause = 3 * time.Second

// defaultRetention is the least that any catalogue keeps ended claims for.
const defaultRetention = 400 * 24 * time.Hour

func newLedgerCommand(env *environment) *cobra.Command {
	return group("ledger", "Check what the ledger keeps, and repair it", newLedgerVerifyCommand(env))
}

func newLedgerVerifyCommand(env *environment) *cobra.Command {
	var flags verifyFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check every promise that can be seen in a store",
		Long: `Verify reads a whole store and checks that records, limits, numbers, pools and lists agree. What it finds it prints, one finding a line, and
with --repair it puts right what can be put right without guessing: records count, limits and lists follow them.

A bolt file is open for one process at a time, so the service must not be running on it. On Redis the service may run: what is found is
looked at again, and only what is still so counts. The exit code is 1 when something is wrong and was not repaired.`,
		Example: `  surprised ledger verify --store bolt:data/surprised.db

  # put right what can be
  surprised ledger verify --store redis://127.0.0.1:6379/0 --repair`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return verifyLedger(cmd.Context(), env, flags)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.store, "store", "", "the store: bolt:PATH, redis://HOST:PORT/DB, redis+sentinel://..., redis+cluster://... (required)")
	f.StringVar(&flags.tenant, "tenant", "default", "the service's tenant; a bolt file keeps one only, and needs its name to find what counts its codes")
	f.BoolVar(&flags.repair, "repair", false, "put right what can be, and say what was done")
	f.DurationVar(&flags.retention, "retention", defaultRetention, "limits of periods that ended longer ago are not missed: the service drops them")
	f.StringVarP(&flags.output, "output", "o", "auto", "table, json (one finding a line), or auto: a table on a terminal, else json")
	return cmd
}

func verifyLedger(ctx context.Context, env *environment, flags verifyFlags) (err error) {
	asTable, err := wantsTable(env, flags.output)
	if err != nil {
		return err
	}
	if flags.store == "" {
		return usagef("--store: name the store to verify, for example bolt:data/surprised.db")
	}
	store, err := openToVerify(ctx, env, flags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	hash := &lazyHash{ctx: ctx, store: store, tenant: flags.tenant}
	opts := ledger.VerifyOptions{Now: env.clock(), Hash: hash.key, Retention: flags.retention, Repair: flags.repair}
	if !strings.HasPrefix(flags.store, "bolt:") {
		opts.Pause = pauseToVerify
	}
	report, err := ledger.Verify(ctx, store, opts)
	if err := errors.Join(err, hash.err); err != nil {
		return err
	}
	if report.Records+report.Limits+report.IndexEntries == 0 {
		fmt.Fprintln(env.stderr, emptyStore(flags))
	}
	if err := printReport(env, report, asTable); err != nil || report.Clean() {
		return err
	}
	return fmt.Errorf("%d findings are not repaired", unrepaired(report))
}

// lazyHash asks a store for its key only when it is needed: where it has none, asking would make one, and nothing else is written without --repair.
type lazyHash struct {
	ctx    context.Context //nolint:containedctx // that of the one call of Verify
	store  ledger.Store
	tenant string
	hash   func(id string) surprise.CustomerKey
	err    error
}

func (h *lazyHash) key(id string) surprise.CustomerKey {
	if h.hash == nil && h.err == nil {
		h.hash, h.err = app.CustomerHash(h.ctx, h.store, h.tenant)
	}
	if h.err != nil {
		return surprise.CustomerKey{}
	}
	return h.hash(id)
}

// emptyStore says where nothing was found.
func emptyStore(flags verifyFlags) string {
	if strings.HasPrefix(flags.store, "bolt:") {
		return "warning: this file keeps nothing: is --store right?"
	}
	return fmt.Sprintf("warning: this store keeps nothing of the tenant %q: are --store and --tenant right?", flags.tenant)
}

func openToVerify(ctx context.Context, env *environment, flags verifyFlags) (ledger.Store, error) {
	path, isBolt := strings.CutPrefix(flags.store, "bolt:")
	if _, err := os.Stat(path); isBolt && err != nil { // opening would make a new, empty file
		return nil, fmt.Errorf("--store: %w", err)
	}
	store, err := storeurl.Open(ctx, flags.store, storeurl.Options{Tenant: flags.tenant, Warn: func(msg string) { fmt.Fprintln(env.stderr, "warning:", msg) }})
	if err != nil {
		return nil, fmt.Errorf("--store: %w", err)
	}
	return store, nil
}

func pauseToVerify(ctx context.Context) {
	timer := time.NewTimer(verifyPause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func printReport(env *environment, r ledger.VerifyReport, asTable bool) error {
	fmt.Fprintf(env.stderr, "%d records with %d claims, %d limits, %d entries of lists: %d findings\n", r.Records, r.Entries, r.Limits, r.IndexEntries, len(r.Findings))
	if !asTable {
		out := json.NewEncoder(env.stdout)
		out.SetEscapeHTML(false)
		for _, f := range r.Findings {
			if err := out.Encode(f); err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
		return nil
	}
	if len(r.Findings) == 0 {
		return nil
	}
	t := newTable("KIND", "WHERE", "ENTRY", "WHAT", "REPAIR")
	for _, f := range r.Findings {
		t.row(f.Kind, f.Where, f.Entry, f.What, remedy(f))
	}
	return t.write(env.stdout)
}

func remedy(f ledger.Finding) string {
	switch {
	case f.Repaired:
		return "done: " + f.Done
	case f.Repairable:
		return "with --repair"
	default:
		return "by hand"
	}
}

func unrepaired(r ledger.VerifyReport) int {
	n := 0
	for _, f := range r.Findings {
		if !f.Repaired {
			n++
		}
	}
	return n
}
