package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
)

// remote is a command that asks a service and prints its answer.
type remote struct {
	connection
	env    *environment
	output string
	conn   *grpc.ClientConn // while the command runs
}

// asking makes a command whose work is done over a connection.
func (r *remote) asking(cmd *cobra.Command, work func(ctx context.Context, args []string) error) *cobra.Command {
	r.connectionFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if r.conn, err = r.dial(r.env.getenv); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.conn.Close()) }()
		return work(cmd.Context(), args)
	}
	return cmd
}

// printing adds --output.
func (r *remote) printing(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&r.output, "output", "o", "auto", "table, json (JSON lines), or auto: a table on a terminal, else json")
	completeWith(cmd, "output", "auto", "json", "table")
}

// ask makes one call, within the time that one may take.
func ask[Req, Res any](ctx context.Context, r *remote, method func(context.Context, Req, ...grpc.CallOption) (Res, error), req Req) (Res, error) {
	limited, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	res, err := method(limited, req)
	if err != nil && ctx.Err() != nil {
		return res, ctx.Err()
	}
	if err != nil {
		return res, r.explain(err)
	}
	return res, nil
}

// pages gathers what comes in pages.
func pages[T any](page func(token string) (items []T, next string, err error)) ([]T, error) {
	var all []T
	for token := ""; ; {
		items, next, err := page(token)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if token = next; token == "" {
			return all, nil
		}
	}
}

// printAll writes messages as lines of JSON, or as the table that is made of them.
func printAll[M proto.Message](r *remote, messages []M, none string, tabulate func(*table, M), headings ...string) error {
	asTable, err := wantsTable(r.env, r.output)
	switch {
	case err != nil:
		return err
	case len(messages) == 0:
		fmt.Fprintln(r.env.stderr, none)
		return nil
	case !asTable:
		return printLines(r.env.stdout, messages)
	}
	t := newTable(headings...)
	for _, m := range messages {
		tabulate(t, m)
	}
	return t.write(r.env.stdout)
}

// printLines writes each message as a line of JSON.
func printLines[M proto.Message](w io.Writer, messages []M) error {
	for _, m := range messages {
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
		if err != nil {
			return err
		}
		// protojson varies its spaces on purpose; the same message has the same bytes here.
		var line bytes.Buffer
		if err := json.Compact(&line, text); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, line.String()); err != nil {
			return err
		}
	}
	return nil
}

// table has columns that are as wide as what stands in them. Whatever is in a cell, it is text and does nothing to a terminal.
type table struct {
	text bytes.Buffer
	tabs *tabwriter.Writer
}

func newTable(headings ...string) *table {
	t := &table{}
	t.tabs = tabwriter.NewWriter(&t.text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t.tabs, strings.Join(headings, "\t"))
	return t
}

// shown is text that is made for a terminal already.
type shown string

// row takes a string or a shown for each column.
func (t *table) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		switch cell := cell.(type) {
		case shown:
			texts[i] = string(cell)
		default:
			texts[i] = batch.Printable(fmt.Sprint(cell))
		}
	}
	fmt.Fprintln(t.tabs, strings.Join(texts, "\t"))
}

func (t *table) write(w io.Writer) error {
	if err := t.tabs.Flush(); err != nil {
		return err
	}
	_, err := w.Write(t.text.Bytes())
	return err
}

// completeWith lets a shell complete the values of a flag.
func completeWith(cmd *cobra.Command, flag string, values ...string) {
	// It fails for a flag that does not exist, which every test of the command would show.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// readProfile reads a customer's profile from a JSON file; none for no file.
func readProfile(env *environment, file string) (*surprisev1.CustomerProfile, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // a card can do without
	}
	text, err := readAll(env, file)
	if err != nil {
		return nil, fmt.Errorf("--customer: %w", err)
	}
	who := &surprisev1.CustomerProfile{}
	if err := protojson.Unmarshal(text, who); err != nil {
		return nil, fmt.Errorf("--customer: %s is no customer as JSON: %s", displayName(file), strings.TrimSpace(strings.TrimPrefix(err.Error(), "proto:")))
	}
	return who, nil
}

// readAll reads a file, or the standard input for "-".
func readAll(env *environment, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(env.stdin)
	}
	return os.ReadFile(file) //nolint:gosec // the user names it
}
