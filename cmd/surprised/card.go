package main

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
)

func newCardCommand(env *environment) *cobra.Command {
	return group("card", "Task cards, for those who carry surprises out", newCardShowCommand(env), newCardListCommand(env), newCardShelfCommand(env),
		newCardLeaseCommand(env), newCardReturnCommand(env))
}

// formats are what cards can be printed as, by the names of the flag.
func formats() map[string]surprisev1.CardFormat {
	return map[string]surprisev1.CardFormat{
		"text": surprisev1.CardFormat_TEXT, "58": surprisev1.CardFormat_RECEIPT_58, "80": surprisev1.CardFormat_RECEIPT_80, "a6": surprisev1.CardFormat_A6,
		"json": surprisev1.CardFormat_CARD_FORMAT_UNSPECIFIED, "ics": surprisev1.CardFormat_CARD_FORMAT_UNSPECIFIED,
	}
}

func formatOf(name string, allowed ...string) (surprisev1.CardFormat, error) {
	for _, a := range allowed {
		if a == name {
			return formats()[name], nil
		}
	}
	return 0, usagef("--format: %q is none of %s", name, strings.Join(allowed, ", "))
}

func newCardShowCommand(env *environment) *cobra.Command {
	r := &remote{env: env}
	var format, locale, customer string
	allowed := []string{"text", "58", "80", "a6", "ics", "json"}
	cmd := &cobra.Command{
		Use:   "show CLAIM_ID",
		Short: "Print the task card of a claim",
		Long: `Show prints the task card of a claim: as text, as an HTML page for paper of 58 or 80 mm or A6, as an iCalendar file where a time is booked, or
as JSON. Profiles are never stored: without --customer the card cannot know of allergies, and says so.`,
		Example: `  surprised card show CLAIM_ID --customer examples/customer.json

  # a page for the receipt printer
  surprised card show CLAIM_ID --format 80 > card.html`,
		Args: cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&format, "format", "text", strings.Join(allowed, ", "))
	f.StringVar(&locale, "locale", "", "language of the card, BCP 47; none: the customer's")
	f.StringVar(&customer, "customer", "", "JSON file with the customer's profile; - is the standard input")
	completeWith(cmd, "format", allowed...)
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		wanted, err := formatOf(format, allowed...)
		if err != nil {
			return err
		}
		who, err := readProfile(env, customer)
		if err != nil {
			return err
		}
		res, err := ask(ctx, r, surprisev1.NewCardServiceClient(r.conn).GetCard,
			&surprisev1.GetCardRequest{ClaimId: args[0], Locale: locale, Format: wanted, Customer: who})
		if err != nil {
			return err
		}
		return printCard(env, res, format)
	})
}

func printCard(env *environment, res *surprisev1.GetCardResponse, format string) error {
	switch {
	case format == "json":
		return printLines(env.stdout, []*surprisev1.GetCardResponse{res})
	case format == "ics" && res.GetCard().GetIcalendar() == "":
		return fmt.Errorf("this claim has no booked time")
	case format == "ics":
		_, err := fmt.Fprint(env.stdout, res.GetCard().GetIcalendar())
		return err
	}
	return printRendered(env, res.GetRendered())
}

// printRendered prints a card line by line; what else could move a cursor is shown as a replacement.
func printRendered(env *environment, text string) error {
	_, err := fmt.Fprint(env.stdout, strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' {
			return unicode.ReplacementChar
		}
		return c
	}, text))
	return err
}

func newCardListCommand(env *environment) *cobra.Command {
	r := &remote{env: env}
	req := &surprisev1.ListCardsRequest{PageSize: 200}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what waits to be carried out",
		Long:  `List shows the claims of a store that wait to be carried out, the most urgent first.`,
		Example: `  surprised card list --store taipei-1

  # those of one clerk
  surprised card list --staff anna`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&req.Store, "store", "", "of this store; none: of all")
	cmd.Flags().StringVar(&req.StaffId, "staff", "", "only those that this clerk has")
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, _ []string) error {
		claims, err := pages(func(token string) ([]*surprisev1.Claim, string, error) {
			req.PageToken = token
			res, err := ask(ctx, r, surprisev1.NewCardServiceClient(r.conn).ListCards, req)
			return res.GetClaims(), res.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printAll(r, claims, "nothing waits to be carried out", func(t *table, c *surprisev1.Claim) {
			t.row(instant(c.GetHoldUntil()), what(c), c.GetStore(), occasionOf(c), c.GetLease().GetStaffId(), instant(c.GetLease().GetUntil()), c.GetClaimId())
		}, "UNTIL", "WHAT", "STORE", "FOR", "CLERK", "LEASE ENDS", "CLAIM")
	})
}

// occasionOf is what a claim is tied to: a booked time, a day, an order or a wish.
func occasionOf(c *surprisev1.Claim) string {
	var parts []string
	if s := c.GetSlot(); s != nil {
		parts = append(parts, strings.TrimSpace(instant(s.GetStarts())+" "+s.GetAdviser()))
	}
	if d := c.GetOccasionDay(); d != nil {
		parts = append(parts, date(d))
	}
	if id := c.GetOrderId(); id != "" {
		parts = append(parts, "order "+id)
	}
	if c.GetWishId() != "" {
		parts = append(parts, "a wish")
	}
	if n := c.GetSerial(); n != 0 {
		parts = append(parts, fmt.Sprintf("no. %d of %d", n, c.GetSerialOf()))
	}
	return strings.Join(parts, ", ")
}

func date(d *surprisev1.Date) string {
	return fmt.Sprintf("%04d-%02d-%02d", d.GetYear(), d.GetMonth(), d.GetDay())
}

func newCardShelfCommand(env *environment) *cobra.Command {
	r := &remote{env: env}
	var format, locale string
	allowed := []string{"text", "58", "80", "a6", "json"}
	cmd := &cobra.Command{
		Use:   "shelf STORE",
		Short: "Print the card that stands in a store's surprise corner",
		Example: `  surprised card shelf taipei-1

  surprised card shelf taipei-1 --format a6 --locale ja > corner.html`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&format, "format", "text", strings.Join(allowed, ", "))
	cmd.Flags().StringVar(&locale, "locale", "", "language of the card, BCP 47; none: the catalogue's first")
	completeWith(cmd, "format", allowed...)
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		wanted, err := formatOf(format, allowed...)
		if err != nil {
			return err
		}
		res, err := ask(ctx, r, surprisev1.NewCardServiceClient(r.conn).GetShelfCard, &surprisev1.GetShelfCardRequest{Store: args[0], Locale: locale, Format: wanted})
		switch {
		case err != nil:
			return err
		case format == "json":
			return printLines(env.stdout, []*surprisev1.GetShelfCardResponse{res})
		}
		return printRendered(env, res.GetRendered())
	})
}

func newCardLeaseCommand(env *environment) *cobra.Command {
	r := &remote{env: env}
	var staff string
	cmd := &cobra.Command{
		Use:     "lease CLAIM_ID",
		Short:   "Take a card, so that nobody else carries it out",
		Long:    `Lease gives a card to one clerk, until the lease or the shift ends. Not confirmed by then, it goes to whoever takes it next.`,
		Example: `  surprised card lease CLAIM_ID --staff anna`,
		Args:    cobra.ExactArgs(1),
	}
	staffFlag(cmd, &staff)
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		res, err := ask(ctx, r, surprisev1.NewCardServiceClient(r.conn).LeaseCard, &surprisev1.LeaseCardRequest{ClaimId: args[0], StaffId: staff})
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "%s has the card until %s\n", batch.Printable(staff), until(res.GetClaim().GetLease().GetUntil()))
		return nil
	})
}

func newCardReturnCommand(env *environment) *cobra.Command {
	r := &remote{env: env}
	var staff string
	cmd := &cobra.Command{
		Use:     "return CLAIM_ID",
		Short:   "Give a card back, so that another clerk can take it",
		Example: `  surprised card return CLAIM_ID --staff anna`,
		Args:    cobra.ExactArgs(1),
	}
	staffFlag(cmd, &staff)
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		if _, err := ask(ctx, r, surprisev1.NewCardServiceClient(r.conn).ReturnCard, &surprisev1.ReturnCardRequest{ClaimId: args[0], StaffId: staff}); err != nil {
			return err
		}
		fmt.Fprintln(env.stdout, "the card is free")
		return nil
	})
}

func staffFlag(cmd *cobra.Command, staff *string) {
	cmd.Flags().StringVar(staff, "staff", "", "the clerk")
	_ = cmd.MarkFlagRequired("staff") // it exists
}

func until(t *timestamppb.Timestamp) string {
	if t == nil {
		return "it is done"
	}
	return instant(t)
}
