package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/storeurl"
)

// customerFlags are those of customer show.
type customerFlags struct {
	connection
	store, tenant, output string
}

func newCustomerCommand(env *environment) *cobra.Command {
	return group("customer", "Look at a customer, and answer one who asks what is kept", newCustomerShowCommand(env), newCustomerExportCommand(env),
		newCustomerEraseCommand(env))
}

func newCustomerShowCommand(env *environment) *cobra.Command {
	var flags customerFlags
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show what a customer was promised and given",
		Long: `Show lists the claims of a customer, the newest first: from a running service, or offline from its store. A bolt file is open for one
process at a time, so the service must not be running on it then.`,
		Example: `  # of the service at 127.0.0.1:7070
  surprised customer show c-1001

  # of another one
  SURPRISED_API_KEY=sk_... surprised customer show c-1001 --server surprised.example.com:7070 --tls

  # offline
  surprised customer show c-1001 --store bolt:data/surprised.db`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return showCustomer(cmd.Context(), env, args[0], flags)
		},
	}
	f := cmd.Flags()
	flags.connectionFlags(f)
	f.StringVar(&flags.store, "store", "", "read this store instead of asking a server: bolt:PATH, redis://HOST:PORT/DB or rediss://...")
	f.StringVar(&flags.tenant, "tenant", "default", "the service's tenant (with --store)")
	f.StringVarP(&flags.output, "output", "o", "auto", "table, json (one claim a line), or auto: a table on a terminal, else json")
	for _, name := range connectionFlagNames() {
		cmd.MarkFlagsMutuallyExclusive("store", name)
	}
	return cmd
}

// claimLister is how the claims of a customer are read, a page at a time.
type claimLister func(ctx context.Context, req *surprisev1.ListClaimsRequest) ([]*surprisev1.Claim, string, error)

func showCustomer(ctx context.Context, env *environment, id string, flags customerFlags) (err error) {
	asTable, err := wantsTable(env, flags.output)
	if err != nil {
		return err
	}
	if id == "" || len(id) > 256 {
		return usagef("ID must have 1 to 256 bytes")
	}
	list, done, err := flags.open(ctx, env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	claims, err := allClaims(ctx, list, id)
	if err != nil {
		return err
	}
	if len(claims) == 0 {
		fmt.Fprintf(env.stderr, "the ledger has no claims of customer %q\n", id)
		return nil
	}
	if asTable {
		return printClaims(env.stdout, claims)
	}
	return printLines(env.stdout, claims)
}

func allClaims(ctx context.Context, list claimLister, id string) ([]*surprisev1.Claim, error) {
	var claims []*surprisev1.Claim
	for req := (&surprisev1.ListClaimsRequest{CustomerId: id, PageSize: 200}); ; {
		page, next, err := list(ctx, req)
		if err != nil {
			return nil, err
		}
		claims = append(claims, page...)
		if next == "" {
			return claims, nil
		}
		req.PageToken = next
	}
}

func (f *customerFlags) open(ctx context.Context, env *environment) (claimLister, func() error, error) {
	if f.store == "" {
		return f.openServer(env)
	}
	return f.openStore(ctx, env)
}

func (f *customerFlags) openServer(env *environment) (claimLister, func() error, error) {
	conn, err := f.dial(env.getenv)
	if err != nil {
		return nil, nil, err
	}
	client := surprisev1.NewClaimServiceClient(conn)
	return func(ctx context.Context, req *surprisev1.ListClaimsRequest) ([]*surprisev1.Claim, string, error) {
		ctx, cancel := context.WithTimeout(ctx, f.timeout)
		defer cancel()
		res, err := client.ListClaims(ctx, req)
		if err != nil {
			return nil, "", f.explain(err)
		}
		return res.GetClaims(), res.GetNextPageToken(), nil
	}, conn.Close, nil
}

func (f *customerFlags) openStore(ctx context.Context, env *environment) (claimLister, func() error, error) {
	path, isBolt := strings.CutPrefix(f.store, "bolt:")
	if _, err := os.Stat(path); isBolt && err != nil { // opening would make a new, empty file
		return nil, nil, fmt.Errorf("--store: %w", err)
	}
	store, err := storeurl.Open(ctx, f.store, storeurl.Options{Tenant: f.tenant, Warn: func(msg string) { fmt.Fprintln(env.stderr, "warning:", msg) }})
	switch {
	case err != nil && isBolt:
		return nil, nil, fmt.Errorf("--store: %w; or, where that is the service, give --server in place of --store", err)
	case err != nil:
		return nil, nil, fmt.Errorf("--store: %w", err)
	}
	hash, err := app.CustomerHash(ctx, store, f.tenant)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	// Reading needs neither a catalogue nor the keys of offers.
	return ledger.New(store, nil, nil, ledger.Options{Clock: env.clock, Hash: hash}).List, store.Close, nil
}
