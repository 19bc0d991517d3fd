package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
)

func newCustomerExportCommand(env *environment) *cobra.Command {
	r := &remote{env: env}
	cmd := &cobra.Command{
		Use:     "export ID",
		Short:   "Print all that is kept of a customer, as JSON",
		Example: `  surprised customer export c-1001 > c-1001.json`,
		Args:    cobra.ExactArgs(1),
	}
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		res, err := ask(ctx, r, surprisev1.NewCustomerServiceClient(r.conn).ExportCustomer, &surprisev1.ExportCustomerRequest{CustomerId: args[0]})
		if err != nil {
			return err
		}
		text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(res)
		if err != nil {
			return err
		}
		var pretty bytes.Buffer // protojson varies its spaces on purpose
		if err := json.Indent(&pretty, text, "", "  "); err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.stdout, pretty.String())
		return err
	})
}

func newCustomerEraseCommand(env *environment) *cobra.Command {
	r := &remote{env: env}
	var yes bool
	cmd := &cobra.Command{
		Use:   "erase ID",
		Short: "Delete all that is kept of a customer",
		Long: `Erase deletes the claims, wishes, tickets and outcomes of a customer; open claims are cancelled. What was taken from stock stays taken. It cannot
be undone, so it asks first, or wants --yes where nobody can answer.`,
		Example: `  surprised customer erase c-1001

  surprised customer erase c-1001 --yes`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		if agreed, err := agrees(env, args[0], yes); err != nil || !agreed {
			return err
		}
		res, err := ask(ctx, r, surprisev1.NewCustomerServiceClient(r.conn).EraseCustomer, &surprisev1.EraseCustomerRequest{CustomerId: args[0]})
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "erased: claims %d, wishes %d, tickets %d, outcomes %d\n", res.GetClaims(), res.GetWishes(), res.GetTickets(), res.GetOutcomes())
		return nil
	})
}

// agrees asks whoever sits at the terminal.
func agrees(env *environment, id string, yes bool) (bool, error) {
	if yes {
		return true, nil
	}
	if !env.isTerminal(env.stdin) {
		return false, usagef("--yes: it cannot be undone, and nobody is there to be asked; give --yes if you are sure")
	}
	fmt.Fprintf(env.stderr, "Delete all that is kept of customer %s? It cannot be undone. [y/N] ", batch.Printable(id))
	answer, _ := bufio.NewReader(env.stdin).ReadString('\n') // no answer is a no
	if a := strings.ToLower(strings.TrimSpace(answer)); a == "y" || a == "yes" {
		return true, nil
	}
	fmt.Fprintln(env.stderr, "nothing was deleted")
	return false, nil
}
