package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/wish"
)

func newWishCommand(env *environment) *cobra.Command {
	return group("wish", "The surprise wall: what customers wish for", newWishPostCommand(env), newWishListCommand(env), newWishWallCommand(env),
		newWishMatchCommand(env), newWishGrantCommand(env), newWishWithdrawCommand(env))
}

func newWishPostCommand(env *environment) *cobra.Command {
	r, req := &remote{env: env}, &surprisev1.PostWishRequest{}
	var onTheWall bool
	cmd := &cobra.Command{
		Use:   "post CUSTOMER_ID TEXT",
		Short: "Post a wish of a customer",
		Long: `Post keeps a wish of a customer, at most 10,000 characters. TEXT may be -, for the standard input. Only staff can read it, unless it is posted
--on-the-wall, where it stands without a name.`,
		Example: `  surprised wish post c-1001 'a lemon cake like the one at the fair' --store taipei-1

  # for everybody to read
  surprised wish post c-1001 '想要一個檸檬蛋糕' --on-the-wall`,
		Args: cobra.ExactArgs(2),
	}
	f := cmd.Flags()
	f.StringVar(&req.Store, "store", "", "where it is wished for")
	f.StringVar(&req.Locale, "locale", "", "its language, BCP 47")
	f.BoolVar(&onTheWall, "on-the-wall", false, "let everybody read it")
	f.StringVar(&req.RequestId, "request-id", "", "repeats with the same id have one effect; none: an id of its own")
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		if args[1] == "-" {
			text, err := readAll(env, "-")
			if err != nil {
				return err
			}
			args[1] = strings.TrimRight(string(text), "\r\n")
		}
		req.CustomerId, req.Text = args[0], args[1]
		if onTheWall {
			req.Privacy = surprisev1.WishPrivacy_ON_THE_WALL
		}
		if req.GetRequestId() == "" {
			req.RequestId = rand.Text()
		}
		res, err := ask(ctx, r, surprisev1.NewWishServiceClient(r.conn).PostWish, req)
		if err != nil {
			return err
		}
		return printWishes(r, []*surprisev1.Wish{res.GetWish()})
	})
}

// wishesAtOnce keeps a page below what gRPC takes for one message, whatever is wished for: 4 MiB.
const wishesAtOnce = 50

func printWishes(r *remote, wishes []*surprisev1.Wish) error {
	return printAll(r, wishes, "there are no open wishes", func(t *table, w *surprisev1.Wish) {
		t.row(instant(w.GetPosted()), w.GetState().String(), instant(w.GetGrantFrom()), w.GetStore(), strings.Join(w.GetTags(), " "), w.GetWishId(),
			clipped(w.GetText()))
	}, "POSTED", "STATE", "GRANT FROM", "STORE", "TAGS", "ID", "WISH")
}

// clipped shortens what is only looked at; the whole text is in the JSON. It may be in any direction.
func clipped(text string) shown { return shown(wish.Line(text, 60)) }

func newWishListCommand(env *environment) *cobra.Command {
	r, req := &remote{env: env}, &surprisev1.ListWishesRequest{PageSize: wishesAtOnce}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the open wishes, for staff",
		Example: `  surprised wish list --store taipei-1

  # those about cakes or flowers
  surprised wish list --tag cake,flowers`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&req.Store, "store", "", "of this store; none: of all")
	cmd.Flags().StringSliceVar(&req.Tags, "tag", nil, "only those in which one of these tags was found")
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, _ []string) error {
		wishes, err := pages(func(token string) ([]*surprisev1.Wish, string, error) {
			req.PageToken = token
			res, err := ask(ctx, r, surprisev1.NewWishServiceClient(r.conn).ListWishes, req)
			return res.GetWishes(), res.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printWishes(r, wishes)
	})
}

func newWishWallCommand(env *environment) *cobra.Command {
	r, req := &remote{env: env}, &surprisev1.ListWallRequest{PageSize: wishesAtOnce}
	cmd := &cobra.Command{
		Use:     "wall",
		Short:   "Show the wall as everybody sees it",
		Long:    `Wall shows the open wishes whose authors agreed, without names or ids, the newest first.`,
		Example: `  surprised wish wall --store taipei-1`,
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&req.Store, "store", "", "of this store; none: of all")
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, _ []string) error {
		notes, err := pages(func(token string) ([]*surprisev1.WallNote, string, error) {
			req.PageToken = token
			res, err := ask(ctx, r, surprisev1.NewWishServiceClient(r.conn).ListWall, req)
			return res.GetNotes(), res.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printAll(r, notes, "the wall is empty", func(t *table, n *surprisev1.WallNote) {
			t.row(date(n.GetPosted()), n.GetStore(), clipped(n.GetText()))
		}, "POSTED", "STORE", "WISH")
	})
}

func newWishMatchCommand(env *environment) *cobra.Command {
	r, req := &remote{env: env}, &surprisev1.MatchWishRequest{}
	cmd := &cobra.Command{
		Use:   "match [WISH_ID]",
		Short: "Say which templates grant a wish, and by which of its words",
		Example: `  surprised wish match WISH_ID

  # try a text
  surprised wish match --text '想要一個檸檬蛋糕'`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&req.Text, "text", "", "a text to try, in place of a wish")
	cmd.Flags().Int32Var(&req.MaxMatches, "max", 10, "how many templates at the most, 1 to 100")
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		if len(args) == 1 {
			req.WishId = args[0]
		}
		if (req.GetWishId() == "") == (req.GetText() == "") {
			return usagef("give either WISH_ID or --text")
		}
		res, err := ask(ctx, r, surprisev1.NewWishServiceClient(r.conn).MatchWish, req)
		if err != nil {
			return err
		}
		return printAll(r, res.GetMatches(), "no template grants it", func(t *table, m *surprisev1.WishMatch) {
			t.row(m.GetTemplate(), m.GetTags(), words(m.GetWords()))
		}, "TEMPLATE", "TAGS", "BY THE WORDS")
	})
}

// words are for example "檸檬 (lemon), 蛋糕 (cake)".
func words(found []*surprisev1.MatchedWord) shown {
	out := make([]string, len(found))
	for i, w := range found {
		out[i] = fmt.Sprintf("%s (%s)", wish.Line(w.GetWord(), 60), w.GetTag())
	}
	return shown(strings.Join(out, ", "))
}

func newWishGrantCommand(env *environment) *cobra.Command {
	r, req := &remote{env: env}, &surprisev1.GrantWishRequest{}
	var channel, customer string
	cmd := &cobra.Command{
		Use:   "grant WISH_ID",
		Short: "Make the offer that grants a wish",
		Long:  `Grant makes the offer that grants a wish. Its token is claimed like any other; only then is the wish promised.`,
		Example: `  surprised wish grant WISH_ID --channel POS

  # with a template of one's own choice
  surprised wish grant WISH_ID --template birthday_cake --level little_cake`,
		Args: cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&req.Template, "template", "", "what to give; none: the best match")
	f.StringVar(&req.Level, "level", "", "at which level; none: the template's first")
	f.StringVar(&channel, "channel", "POS", strings.Join(enumNames(surprisev1.Channel_value), ", "))
	f.StringVar(&req.Store, "store", "", "where; none: the wish's store")
	f.StringVar(&req.VisitId, "visit", "", "the visit that it is given at")
	f.StringVar(&req.Locale, "locale", "", "language of the texts, BCP 47; none: the customer's, else the wish's")
	f.StringVar(&customer, "customer", "", "JSON file with the author's profile; - is the standard input")
	completeWith(cmd, "channel", enumNames(surprisev1.Channel_value)...)
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		value, err := enumValue("--channel", channel, surprisev1.Channel_value)
		if err != nil {
			return err
		}
		if req.Customer, err = readProfile(env, customer); err != nil {
			return err
		}
		req.WishId, req.Channel = args[0], surprisev1.Channel(value)
		res, err := ask(ctx, r, surprisev1.NewWishServiceClient(r.conn).GrantWish, req)
		if err != nil {
			return err
		}
		return printAll(r, []*surprisev1.Offer{res.GetOffer()}, "", func(t *table, o *surprisev1.Offer) {
			t.row(o.GetTemplate()+"/"+o.GetLevel(), o.GetTitle(), instant(o.GetExpires()), o.GetToken())
		}, "WHAT", "TITLE", "EXPIRES", "TOKEN")
	})
}

func newWishWithdrawCommand(env *environment) *cobra.Command {
	r, req := &remote{env: env}, &surprisev1.WithdrawWishRequest{}
	cmd := &cobra.Command{
		Use:     "withdraw WISH_ID",
		Short:   "Take a wish off the wall and delete its text",
		Example: `  surprised wish withdraw WISH_ID --customer-id c-1001`,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&req.CustomerId, "customer-id", "", "refuse it unless this is the author")
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		req.WishId = args[0]
		res, err := ask(ctx, r, surprisev1.NewWishServiceClient(r.conn).WithdrawWish, req)
		if err != nil {
			return err
		}
		return printWishes(r, []*surprisev1.Wish{res.GetWish()})
	})
}
