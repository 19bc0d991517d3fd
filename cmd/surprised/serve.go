package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.uber.org/zap"

	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/config"
	"github.com/surprise-service/surprised/internal/telemetry"
)

// stopTimeout is how long calls that are under way may take to finish when the service is told to stop.
const stopTimeout = 10 * time.Second

func newServeCommand(env *environment) *cobra.Command {
	cfg := config.Default()
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer over gRPC and HTTP/JSON",
		Long: `Serve answers over gRPC and HTTP/JSON until it is told to stop (Ctrl-C or SIGTERM). SIGHUP reads the catalogue again; a broken one
changes nothing.

Every flag can be given as an environment variable: --grpc-addr as SURPRISED_GRPC_ADDR. A flag wins over its variable.`,
		Example: `  # everything in one file, on loopback
  surprised serve --catalog examples/catalog --store bolt:data/surprised.db

  # several replicas share a Redis
  surprised serve --catalog examples/catalog --store redis://127.0.0.1:6379/0`,
		Args: cobra.NoArgs,
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			return fromEnvironment(cmd.Flags(), env.getenv)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), cfg, env.stdout, env.stderr)
		},
	}
	serveFlags(cmd.Flags(), &cfg)
	return cmd
}

func serveFlags(f *pflag.FlagSet, cfg *config.Config) {
	f.StringVar(&cfg.CatalogDir, "catalog", cfg.CatalogDir, "folder of the catalogue")
	f.StringVar(&cfg.Store, "store", cfg.Store, "where the ledger is kept: bolt:PATH, redis://HOST:PORT/DB, redis+sentinel://HOST:PORT,.../MASTERNAME, redis+cluster://HOST:PORT,..., rediss... for TLS, or mem:")
	f.StringVar(&cfg.Durability, "durability", cfg.Durability, "local: done when the store has it; replicated: done when Redis's replicas have it too, else UNAVAILABLE")
	f.StringVar(&cfg.Tenant, "tenant", cfg.Tenant, "separates several services in one store")
	f.StringVar(&cfg.GRPCAddr, "grpc-addr", cfg.GRPCAddr, "gRPC listener, host:port")
	f.StringVar(&cfg.HTTPAddr, "http-addr", cfg.HTTPAddr, "HTTP/JSON listener, host:port; empty: off")
	f.StringVar(&cfg.AdminAddr, "admin-addr", cfg.AdminAddr, "metrics, health and profiles, host:port; empty: off")
	f.StringVar(&cfg.APIKeysFile, "api-keys", cfg.APIKeysFile, "file with the hashes of the keys that callers must send (see: surprised key)")
	f.StringVar(&cfg.TLSCert, "tls-cert", cfg.TLSCert, "PEM certificate for gRPC and HTTP")
	f.StringVar(&cfg.TLSKey, "tls-key", cfg.TLSKey, "PEM key for gRPC and HTTP")
	f.StringVar(&cfg.OfferKeyFile, "offer-key-file", cfg.OfferKeyFile, "keys that sign offers, in hex, the newest first; none: one is made and kept in the store")
	f.BoolVar(&cfg.Insecure, "insecure", cfg.Insecure, "allow listeners off loopback without keys and TLS")
	f.StringVar(&cfg.LogLevel, "log-level", cfg.LogLevel, "debug, info, warn or error")
	f.StringVar(&cfg.LogFormat, "log-format", cfg.LogFormat, "console or json")
	f.DurationVar(&cfg.EventRetention, "event-retention", cfg.EventRetention, "how long the log of events is kept")
	f.DurationVar(&cfg.Deadline, "deadline", cfg.Deadline, "the longest that one call may take")
}

// fromEnvironment fills flags that were not given from SURPRISED_... variables.
func fromEnvironment(flags *pflag.FlagSet, getenv func(string) string) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "SURPRISED_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value := getenv(name); value != "" && !f.Changed {
			if err := flags.Set(f.Name, value); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
		}
	})
	return errors.Join(errs...)
}

func serve(ctx context.Context, cfg config.Config, stdout, stderr io.Writer) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	log, err := telemetry.NewLogger(stderr, cfg.LogLevel, cfg.LogFormat)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	hup := make(chan os.Signal, 1) // from the beginning: left to itself SIGHUP ends the process
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	a, err := app.Start(ctx, cfg, log, app.WithStep(pauseAt(stderr)))
	if err != nil {
		return err
	}
	fmt.Fprint(stdout, welcome(a, cfg, time.Now()))
	failure := wait(ctx, a, hup, log)
	stop() // a second Ctrl-C ends the process at once
	log.Info("stopping")
	done, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return errors.Join(failure, a.Stop(done))
}

// wait returns when the service is told to stop or a listener fails, and reloads the catalogue on SIGHUP.
func wait(ctx context.Context, a *app.App, hup <-chan os.Signal, log *zap.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a service that stops does not wait for a large catalogue
	go reload(ctx, a, hup, log)
	select {
	case <-ctx.Done():
		return nil
	case err := <-a.Failed():
		return err
	}
}

// reload reads the catalogue again for each signal, one after the other.
func reload(ctx context.Context, a *app.App, hup <-chan os.Signal, log *zap.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			if err := a.Reload(ctx); err != nil && ctx.Err() == nil {
				log.Error("the catalogue was not reloaded; the one in force stays", zap.Error(err))
			}
		}
	}
}
