package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func newStockCommand(env *environment) *cobra.Command {
	return group("stock", "What limits draw from: pieces, codes, booked times", newStockShowCommand(env), newStockSlotsCommand(env),
		newImportCodesCommand(env), newImportSlotsCommand(env))
}

func newStockShowCommand(env *environment) *cobra.Command {
	r, req := &remote{env: env}, &surprisev1.GetStockRequest{}
	cmd := &cobra.Command{
		Use:     "show LIMIT",
		Short:   "Show how much of a limit is taken now",
		Example: `  surprised stock show little_gifts --store taipei-1`,
		Args:    cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&req.Store, "store", "", "of this store, where each has its own")
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		req.Limit = args[0]
		res, err := ask(ctx, r, surprisev1.NewInventoryServiceClient(r.conn).GetStock, req)
		if err != nil {
			return err
		}
		return printAll(r, []*surprisev1.LimitView{res.GetStock()}, "", func(t *table, v *surprisev1.LimitView) {
			t.row(v.GetLimit(), v.GetCapacity(), v.GetTaken(), v.GetCapacity()-v.GetTaken(), instant(v.GetRenews()))
		}, "LIMIT", "CAPACITY", "TAKEN", "LEFT", "RENEWS")
	})
}

func newStockSlotsCommand(env *environment) *cobra.Command {
	r, req := &remote{env: env}, &surprisev1.ListSlotsRequest{PageSize: 500}
	var from, until string
	cmd := &cobra.Command{
		Use:   "slots LIMIT",
		Short: "List the times that can be booked",
		Example: `  surprised stock slots advice --store taipei-1 --free

  surprised stock slots advice --store taipei-1 --from 2026-12-01 --until 2026-12-08`,
		Args: cobra.ExactArgs(1),
	}
	f := cmd.Flags()
	f.StringVar(&req.Store, "store", "", "of this store, where each has its own")
	f.StringVar(&from, "from", "", "RFC 3339, or a date; none: now")
	f.StringVar(&until, "until", "", "RFC 3339, or a date; none: 31 days later")
	f.BoolVar(&req.FreeOnly, "free", false, "only those that have a place left")
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, args []string) (err error) {
		req.Limit = args[0]
		if req.From, err = bound("--from", from); err != nil {
			return err
		}
		if req.Until, err = bound("--until", until); err != nil {
			return err
		}
		slots, err := pages(func(token string) ([]*surprisev1.SlotState, string, error) {
			req.PageToken = token
			res, err := ask(ctx, r, surprisev1.NewInventoryServiceClient(r.conn).ListSlots, req)
			return res.GetSlots(), res.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printAll(r, slots, "there are no such slots", func(t *table, s *surprisev1.SlotState) {
			slot := s.GetSlot()
			t.row(instant(slot.GetStarts()), instant(slot.GetEnds()), slot.GetAdviser(), fmt.Sprintf("%d of %d", s.GetFree(), max(slot.GetPlaces(), 1)), slot.GetId())
		}, "STARTS", "ENDS", "ADVISER", "FREE", "ID")
	})
}

// importing are the flags of an import, and how far it is.
type importing struct {
	remote
	store string
	added int64
	known int64
}

// chunkSize is how many entries travel in one call.
const chunkSize = 1000

func newImportCodesCommand(env *environment) *cobra.Command {
	r := &importing{remote: remote{env: env}}
	cmd := &cobra.Command{
		Use:   "import-codes LIMIT FILE",
		Short: "Add one-time codes, such as those of gift cards, to a limit",
		Long: `Import-codes adds the codes in FILE, one a line (- is the standard input), to a limit of the unit CODES. A code that is there already is not
added again: an import that was cut off is simply repeated.`,
		Example: `  surprised stock import-codes gift_cards codes.txt`,
		Args:    cobra.ExactArgs(2),
	}
	cmd.Flags().StringVar(&r.store, "store", "", "of this store, where each has its own")
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		return r.fromFile(args[1], func(text io.Reader, advance func()) error {
			return eachChunk(readCodes(text), func(codes []string) error {
				res, err := ask(ctx, &r.remote, surprisev1.NewInventoryServiceClient(r.conn).ImportCodes,
					&surprisev1.ImportCodesRequest{Limit: args[0], Store: r.store, Codes: codes})
				return r.count(res.GetAdded(), res.GetKnownBefore(), advance, err)
			})
		})
	})
}

func newImportSlotsCommand(env *environment) *cobra.Command {
	r := &importing{remote: remote{env: env}}
	cmd := &cobra.Command{
		Use:   "import-slots LIMIT FILE.csv",
		Short: "Add bookable times to a limit",
		Long: `Import-slots adds the times in FILE.csv to a limit of the unit SLOTS. The first line names the columns: id, starts and ends (RFC 3339), and, where
wanted, adviser and places (how many may book it; 1 where it is empty). A slot that is there already stays as it is.`,
		Example: `  surprised stock import-slots advice slots.csv --store taipei-1`,
		Args:    cobra.ExactArgs(2),
	}
	cmd.Flags().StringVar(&r.store, "store", "", "of this store, where each has its own")
	return r.asking(cmd, func(ctx context.Context, args []string) error {
		return r.fromFile(args[1], func(text io.Reader, advance func()) error {
			slots, err := readSlots(text) // all of it is read before anything is sent
			if err != nil {
				return inputError{err}
			}
			return eachChunk(oneByOne(slots), func(slots []*surprisev1.Slot) error {
				res, err := ask(ctx, &r.remote, surprisev1.NewInventoryServiceClient(r.conn).ImportSlots,
					&surprisev1.ImportSlotsRequest{Limit: args[0], Store: r.store, Slots: slots})
				return r.count(res.GetAdded(), res.GetKnownBefore(), advance, err)
			})
		})
	})
}
