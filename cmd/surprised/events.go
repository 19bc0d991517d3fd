package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/batch"
	"github.com/surprise-service/surprised/internal/event"
)

// follower prints events as they come, and goes on after the last one when the connection breaks.
type follower struct {
	remote
	req     *surprisev1.WatchRequest
	follow  bool
	asTable bool
	began   bool
}

func newEventsCommand(env *environment) *cobra.Command {
	r := &follower{remote: remote{env: env}, req: &surprisev1.WatchRequest{}}
	cmd := &cobra.Command{
		Use:   "events",
		Short: "Print what happened, exactly as it was committed",
		Long: `Events prints the log of events, the oldest first: as CloudEvents 1.0 in JSON, one a line, each with its cursor. With --after the last cursor that
you have, it goes on from there.`,
		Example: `  surprised events

  # what comes from now on, until Ctrl-C
  surprised events --after now --follow

  # the trials that ended
  surprised events --type trial.ended --type outcome.recorded -o json`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVar(&r.req.After, "after", "", "go on after this cursor; now: only what comes; none: from the beginning of the log")
	f.StringSliceVar(&r.req.Types, "type", nil, "only events of this type, for example claim.confirmed; may be repeated")
	f.BoolVarP(&r.follow, "follow", "f", false, "wait for more at the end of the log")
	completeWith(cmd, "type", event.Types()...)
	r.printing(cmd)
	return r.asking(cmd, func(ctx context.Context, _ []string) (err error) {
		if r.asTable, err = wantsTable(env, r.output); err != nil {
			return err
		}
		r.req.UntilEnd = !r.follow
		return r.run(ctx)
	})
}

// waitToReconnect is how long a follower waits before it tries a service again that went away.
const waitToReconnect = time.Second

func (r *follower) run(ctx context.Context) error {
	for {
		heard, err := r.watch(ctx)
		switch {
		case ctx.Err() != nil && r.follow:
			return nil // an end is what Ctrl-C asks for
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			return nil
		// A connection has an end, and so has a service. What was heard of it before tells them from an address where nobody answers.
		case !r.follow || !heard || status.Code(err) != codes.Unavailable:
			return r.explain(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(waitToReconnect):
		}
	}
}

// watch prints one stream to its end, and tells whether the service answered at all, now or before.
func (r *follower) watch(ctx context.Context) (heard bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events, err := surprisev1.NewEventServiceClient(r.conn).Watch(ctx, r.req)
	if err != nil {
		return r.began, err
	}
	if header, err := events.Header(); err == nil && header != nil {
		r.begin()
	}
	for {
		res, err := events.Recv()
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return r.began, err
		}
		if err := r.put(res); err != nil {
			return true, err
		}
		r.req.After = res.GetCursor()
	}
}

const eventColumns = "%-24s  %-18s  %-9s  %-30s  %-12s  %s\n"

func (r *follower) begin() {
	if r.asTable && !r.began {
		fmt.Fprintf(r.env.stdout, eventColumns, "TIME", "TYPE", "CUSTOMER", "WHAT", "STORE", "CURSOR")
	}
	r.began = true
}

// put prints an event. Its table grows as events come, so its columns have fixed widths.
func (r *follower) put(res *surprisev1.WatchResponse) error {
	r.begin()
	if !r.asTable {
		line, err := event.JSON(res.GetEvent(), res.GetCursor())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(r.env.stdout, "%s\n", line)
		return err
	}
	e := &surprisev1.Event{}
	if err := res.GetEvent().GetProtoData().UnmarshalTo(e); err != nil {
		return err
	}
	who := e.GetCustomerKey()
	if len(who) > 8 {
		who = who[:8] + "…"
	}
	where := e.GetClaim().GetStore() + e.GetWish().GetStore() + e.GetTicket().GetStore()
	_, err := fmt.Fprintf(r.env.stdout, eventColumns, e.GetTime().AsTime().Format("2006-01-02T15:04:05.000Z"), e.GetType(), who,
		batch.Printable(about(e)), batch.Printable(where), res.GetCursor())
	return err
}

// about is what an event is about, in a few words.
func about(e *surprisev1.Event) string {
	switch {
	case e.GetTicket() != nil:
		return strings.TrimSpace(e.GetTicket().GetTemplate() + " " + strings.ToLower(e.GetTicket().GetState().String()))
	case e.GetWish() != nil:
		return "wish " + strings.ToLower(e.GetWish().GetState().String())
	case e.GetOutcome() != nil:
		return strings.TrimSpace(strings.ToLower(e.GetOutcome().GetKind().String()) + " " + e.GetOutcome().GetProduct())
	case e.GetClaim() != nil:
		return what(e.GetClaim())
	}
	return ""
}
