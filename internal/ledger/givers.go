package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// maxPairs bounds the memory of one report: a pair of giver and recipient needs about 200 bytes.
const maxPairs = 1_000_000

// Givers shows who gave to whom how often. It reads the log once, as far back as that goes.
func (l *Ledger) Givers(ctx context.Context, req *surprisev1.GetGiversRequest) (*surprisev1.GetGiversResponse, error) {
	r, err := l.newGiving(req)
	if err != nil {
		return nil, err
	}
	for after := ""; ; {
		events, err := l.events(ctx, after)
		if err != nil {
			return nil, err
		}
		for _, logged := range events {
			after = logged.Cursor
			_, e, err := event.Decode(logged.Data)
			if err != nil {
				return nil, &surprise.Error{Reason: surprise.Internal, Err: err, Message: "the event at " + logged.Cursor + " cannot be read"}
			}
			if err := r.read(e); err != nil {
				return nil, err
			}
		}
		if len(events) < eventsAtOnce {
			return r.report(), nil
		}
	}
}

// giving counts who gave to whom.
type giving struct {
	store       string
	from, until time.Time // from may be zero
	since       *timestamppb.Timestamp
	by          map[string]*giver
	pairs, room int
}

type giver struct {
	to       map[string]int32 // deliveries by the recipient's key
	total    int32
	own      int32
	ownMinor int64
}

func (l *Ledger) newGiving(req *surprisev1.GetGiversRequest) (*giving, error) {
	from, err := timeOr(req.GetFrom(), "from", time.Time{})
	if err != nil {
		return nil, err
	}
	until, err := timeOr(req.GetUntil(), "until", l.opts.Clock())
	if err != nil {
		return nil, err
	}
	if until.Before(from) {
		return nil, surprise.FieldErrorf(surprise.InvalidRequest, "until", "it must not be before from")
	}
	return &giving{store: req.GetStore(), from: from, until: until, by: map[string]*giver{}, room: maxPairs}, nil
}

// read counts an event. A delivery counts when it was entered, and not when it came back later.
func (g *giving) read(e *surprisev1.Event) error {
	if g.since == nil {
		g.since = e.GetTime()
	}
	c := e.GetClaim()
	entered := c.GetEnded().AsTime()
	if c.GetStaffId() == "" || g.store != "" && c.GetStore() != g.store || entered.Before(g.from) || entered.After(g.until) {
		return nil
	}
	switch e.GetType() {
	case event.ClaimConfirmed, event.DeliveryRecorded:
		return g.add(c, e.GetCustomerKey())
	case event.ClaimReturned:
		g.subtract(c, e.GetCustomerKey())
	}
	return nil
}

func (g *giving) add(c *surprisev1.Claim, customer string) error {
	by := g.by[c.GetStaffId()]
	if by == nil {
		by = &giver{to: map[string]int32{}}
		g.by[c.GetStaffId()] = by
	}
	if by.to[customer] == 0 {
		if g.pairs == g.room {
			return surprise.FieldErrorf(surprise.TooMany, "from", "more than %d pairs of giver and recipient; ask for one store or a shorter time", g.room)
		}
		g.pairs++
	}
	by.to[customer]++
	by.count(c, 1)
	return nil
}

// subtract takes a delivery back that was counted. One that the log no longer has was not.
func (g *giving) subtract(c *surprisev1.Claim, customer string) {
	by := g.by[c.GetStaffId()]
	if by == nil || by.to[customer] == 0 || c.GetEnded().AsTime().Before(g.since.AsTime()) {
		return
	}
	by.count(c, -1)
	if by.to[customer]--; by.to[customer] == 0 {
		delete(by.to, customer)
		g.pairs--
	}
}

func (g *giver) count(c *surprisev1.Claim, n int32) {
	g.total += n
	if c.GetWalletReason() != "" {
		g.own += n
		g.ownMinor += int64(n) * c.GetCostMinor()
	}
}

// report has the most concentrated first, then those who gave most.
func (g *giving) report() *surprisev1.GetGiversResponse {
	out := &surprisev1.GetGiversResponse{Since: g.since}
	for staff, by := range g.by {
		if by.total > 0 {
			out.Givers = append(out.Givers, by.asGiver(staff))
		}
	}
	slices.SortFunc(out.GetGivers(), func(a, b *surprisev1.Giver) int {
		return cmp.Or(cmp.Compare(b.GetConcentration(), a.GetConcentration()), cmp.Compare(b.GetDeliveries(), a.GetDeliveries()), cmp.Compare(a.GetStaffId(), b.GetStaffId()))
	})
	return out
}

func (g *giver) asGiver(staff string) *surprisev1.Giver {
	out := &surprisev1.Giver{StaffId: staff, Deliveries: g.total, OwnIdeas: g.own, OwnCostMinor: g.ownMinor, Recipients: int32(len(g.to))} //nolint:gosec // at most maxPairs
	var most int32
	var squares int64 // whole numbers: the order of a map does not change the sum
	for customer, n := range g.to {
		squares += int64(n) * int64(n)
		if n > most || n == most && customer < out.GetTopCustomerKey() {
			most, out.TopCustomerKey = n, customer
		}
	}
	out.TopShare = float64(most) / float64(g.total)
	out.Concentration = float64(squares) / (float64(g.total) * float64(g.total))
	return out
}
