package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func newReportCommand(env *environment) *cobra.Command {
	return group("report", "Reports for those who are responsible", newGiversCommand(env))
}

func newGiversCommand(env *environment) *cobra.Command {
	r, req := &remote{env: env}, &surprisev1.GetGiversRequest{}
	var from, until string
	cmd := &cobra.Command{
		Use:   "givers",
		Short: "Show who gave to whom how often, so that favouritism is seen",
		Long: `Givers shows for each clerk how many surprises they delivered, how many of these were their own ideas, to how many customers, and how concentrated
that is: the share of whoever had the most, and the Herfindahl-Hirschman index, which is 1 where one customer had everything. The most concentrated
come first. It reads the event log, as far back as that goes.`,
		Example: `  surprised report givers --store taipei-1 --from 2026-10-01`,
		Args:    cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&req.Store, "store", "", "of this store; none: of all")
	f.StringVar(&from, "from", "", "RFC 3339, or a date, which means its beginning in UTC; none: as far as the log goes")
	f.StringVar(&until, "until", "", "RFC 3339, or a date; none: now")
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, _ []string) (err error) {
		if req.From, err = bound("--from", from); err != nil {
			return err
		}
		if req.Until, err = bound("--until", until); err != nil {
			return err
		}
		res, err := ask(ctx, r, surprisev1.NewReportServiceClient(r.conn).GetGivers, req)
		if err != nil {
			return err
		}
		if since := res.GetSince(); since != nil && (req.GetFrom() == nil || since.AsTime().After(req.GetFrom().AsTime())) {
			fmt.Fprintf(env.stderr, "the log goes back to %s\n", instant(since))
		}
		return printAll(r, res.GetGivers(), "nobody gave anything in that time", func(t *table, g *surprisev1.Giver) {
			t.row(g.GetStaffId(), g.GetDeliveries(), g.GetOwnIdeas(), g.GetOwnCostMinor(), g.GetRecipients(),
				fmt.Sprintf("%.0f %%", 100*g.GetTopShare()), fmt.Sprintf("%.2f", g.GetConcentration()), g.GetTopCustomerKey())
		}, "CLERK", "GIVEN", "OWN IDEAS", "THEIR COST", "CUSTOMERS", "MOST TO ONE", "CONCENTRATION", "THAT CUSTOMER")
	})
}

// bound reads a time, or a date for its beginning in UTC; nothing for no text.
func bound(flag, text string) (*timestamppb.Timestamp, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no bound
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return timestamppb.New(t), nil
		}
	}
	return nil, usagef("%s: %q is neither a date such as 2026-12-01 nor a time such as 2026-12-01T18:30:00+08:00", flag, text)
}
