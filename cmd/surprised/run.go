package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// environment is all that a command knows of the world around it, so that a test can be that world.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	clock          func() time.Time
	// isTerminal tells whether somebody is watching one of the streams above.
	isTerminal func(stream any) bool
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake in the command line: the exit code is 2 and the message names the help.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run carries out a command line and returns the exit code. Errors are printed once, here.
func run(ctx context.Context, args []string, env *environment) int {
	root := newRootCommand(env)
	root.SetArgs(args)
	root.SetIn(env.stdin)
	root.SetOut(env.stdout)
	root.SetErr(env.stderr)
	started := false
	noteStart(root, &started)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	// What fails before the command itself has begun is what cobra found wrong with the command line.
	var usage usageError
	if !started || errors.As(err, &usage) {
		fmt.Fprintf(env.stderr, "surprised: %s; see: %s --help\n", firstLine(err), cmd.CommandPath())
		return exitUsage
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	fmt.Fprintf(env.stderr, "surprised: %s\n", err)
	return exitFailed
}

// firstLine leaves out the suggestions that cobra puts below an error.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// noteStart notes when any command begins its own work.
func noteStart(cmd *cobra.Command, started *bool) {
	if work := cmd.RunE; work != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*started = true
			return work(cmd, args)
		}
	}
	for _, c := range cmd.Commands() {
		noteStart(c, started)
	}
}

func newRootCommand(env *environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "surprised",
		Short: "Decide on surprises for customers, and give each exactly once",
		Long: `Surprised decides, at one moment of a customer's journey, whether to surprise that customer, with what, and why, and then makes sure
that the surprise is given exactly once.`,
		Example: `  surprised serve --catalog examples/catalog
  surprised recommend --catalog examples/catalog examples/customers.jsonl
  surprised catalog check examples/catalog`,
		Version:       versionText(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(newServeCommand(env), newRecommendCommand(env), newExplainCommand(env), newCatalogCommand(env), newSimulateCommand(env),
		newCustomerCommand(env), newCardCommand(env), newWishCommand(env), newStockCommand(env), newEventsCommand(env), newReportCommand(env),
		newKeyCommand(env), newLedgerCommand(env), newVersionCommand(env))
	return root
}

// group is a command that only has commands below it. Left to itself cobra takes a misspelt one for a wish to see the help.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			var names []string
			for _, c := range cmd.Commands() {
				names = append(names, c.Name())
			}
			return usagef("unknown command %q for %q; it has %s", args[0], cmd.CommandPath(), strings.Join(names, ", "))
		},
	}
	cmd.AddCommand(commands...)
	return cmd
}
