package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// hooked is a store whose answers a test changes.
type hooked struct {
	ledger.Store
	down        bool
	beforeApply func(ledger.Change)
}

var errDown = errors.New("the store is down")

func (h *hooked) fail() error {
	if h.down {
		return errDown
	}
	return nil
}

func (h *hooked) Load(ctx context.Context, keys ...surprise.CustomerKey) ([]ledger.Versioned, error) {
	if err := h.fail(); err != nil {
		return nil, err
	}
	return h.Store.Load(ctx, keys...)
}

func (h *hooked) Apply(ctx context.Context, change ledger.Change) error {
	if h.beforeApply != nil {
		h.beforeApply(change)
	}
	return errors.Join(h.fail(), h.Store.Apply(ctx, change))
}

func (h *hooked) Usage(ctx context.Context, keys ...string) ([]int64, error) {
	if err := h.fail(); err != nil {
		return nil, err
	}
	return h.Store.Usage(ctx, keys...)
}

func (h *hooked) Range(ctx context.Context, index string, from *ledger.IndexPlace, n int, backwards bool) ([]ledger.IndexEntry, error) {
	if err := h.fail(); err != nil {
		return nil, err
	}
	return h.Store.Range(ctx, index, from, n, backwards)
}

func (h *hooked) Find(ctx context.Context, index string, members ...string) ([]ledger.IndexEntry, error) {
	if err := h.fail(); err != nil {
		return nil, err
	}
	return h.Store.Find(ctx, index, members...)
}

func (h *hooked) Events(ctx context.Context, after string, n int) ([]ledger.Logged, error) {
	if err := h.fail(); err != nil {
		return nil, err
	}
	return h.Store.Events(ctx, after, n)
}

func (h *hooked) LastEvent(ctx context.Context) (string, error) {
	if err := h.fail(); err != nil {
		return "", err
	}
	return h.Store.LastEvent(ctx)
}

func (h *hooked) TrimEvents(ctx context.Context, t time.Time, n int) (int, error) {
	if err := h.fail(); err != nil {
		return 0, err
	}
	return h.Store.TrimEvents(ctx, t, n)
}

// newHooked is a shop whose store the test can change.
func newHooked(t *testing.T) (*shop, *hooked) {
	t.Helper()
	s := newShopOf(t, wallCatalog)
	h := &hooked{Store: s.store}
	s.store = h
	s.ledger = ledger.New(h, s.signer, func() *catalog.Catalog { return s.cat }, ledger.Options{Clock: s.clock, Hash: hash, Pause: func(context.Context, int) {}})
	return s, h
}

func TestAStoreThatIsDown(t *testing.T) {
	s, h := newHooked(t)
	w := s.wish("ann", "r1", "x")
	ticket := s.joinLine("ann", "print", "", "")
	h.down = true
	ctx, l := t.Context(), s.ledger
	send := func(*surprisev1.WatchResponse) error { return nil }
	headroom := ledger.NewHeadroom(h.Store, s.clock).WithPools(l)
	headroom.PoolFits("cards||", 1)
	for name, call := range map[string]func() error{
		"PostWish": func() error {
			_, _, err := l.PostWish(ctx, &surprisev1.PostWishRequest{RequestId: "r", CustomerId: "bob", Text: "x"}, noTags)
			return err
		},
		"Wish":       func() error { _, err := l.Wish(ctx, w.GetWishId()); return err },
		"ListWishes": func() error { _, _, err := l.ListWishes(ctx, &surprisev1.ListWishesRequest{}); return err },
		"ListWall":   func() error { _, _, err := l.ListWall(ctx, &surprisev1.ListWallRequest{}); return err },
		"WithdrawWish": func() error {
			_, _, err := l.WithdrawWish(ctx, &surprisev1.WithdrawWishRequest{WishId: w.GetWishId()})
			return err
		},
		"JoinWaitlist": func() error {
			_, _, err := l.JoinWaitlist(ctx, &surprisev1.JoinWaitlistRequest{CustomerId: "bob", Template: "print"})
			return err
		},
		"Ticket": func() error { _, err := l.Ticket(ctx, ticket.GetTicketId()); return err },
		"Turn":   func() error { _, _, err := l.Turn(ctx, ticket.GetTicketId()); return err },
		"LeaveWaitlist": func() error {
			_, err := l.LeaveWaitlist(ctx, &surprisev1.LeaveWaitlistRequest{TicketId: ticket.GetTicketId()})
			return err
		},
		"ServeWaiting": func() error { return l.ServeWaiting(ctx) },
		"ImportCodes": func() error {
			_, err := l.ImportCodes(ctx, &surprisev1.ImportCodesRequest{Limit: "cards", Codes: []string{"a"}})
			return err
		},
		"ImportSlots": func() error { _, err := s.fillSlots(slotAt("a", s.clock().Add(time.Hour), 1)); return err },
		"ListSlots": func() error {
			_, _, err := l.ListSlots(ctx, &surprisev1.ListSlotsRequest{Limit: "hours", Store: "north"})
			return err
		},
		"Stock of units":   func() error { _, err := l.Stock(ctx, "pieces", ""); return err },
		"Stock of slots":   func() error { _, err := l.Stock(ctx, "hours", "north"); return err },
		"Erase":            func() error { _, err := l.Erase(ctx, "ann"); return err },
		"Export":           func() error { _, err := l.Export(ctx, "ann"); return err },
		"Watch":            func() error { return l.Watch(ctx, &surprisev1.WatchRequest{}, send, nil) },
		"Watch from now":   func() error { return l.Watch(ctx, &surprisev1.WatchRequest{After: "now"}, send, nil) },
		"TrimLog":          func() error { _, err := l.TrimLog(ctx, s.clock()); return err },
		"Givers":           func() error { _, err := l.Givers(ctx, &surprisev1.GetGiversRequest{}); return err },
		"Headroom.Refresh": func() error { return headroom.Refresh(ctx) },
	} {
		err := call()
		var known *surprise.Error
		if !errors.As(err, &known) || known.Reason != surprise.StoreUnavailable || !known.Retry || !errors.Is(err, errDown) {
			t.Errorf("%s: %v, want %s that may be repeated", name, err, surprise.StoreUnavailable)
		}
	}
}

// A line is forgotten when it is empty. Who joins just then is not.
func TestWhoJoinsWhileALineIsForgotten(t *testing.T) {
	s, h := newHooked(t)
	sold := s.sellOut()
	ann := s.joinLine("ann", "print", "", "")
	if _, err := s.ledger.LeaveWaitlist(t.Context(), &surprisev1.LeaveWaitlistRequest{TicketId: ann.GetTicketId()}); err != nil {
		t.Fatal(err)
	}
	var bob *surprisev1.Ticket
	h.beforeApply = func(c ledger.Change) {
		if len(c.Index) == 1 && c.Index[0].Index == "waitlists" && c.Index[0].Remove && bob == nil {
			h.beforeApply = nil
			bob = s.joinLine("bob", "print", "", "")
		}
	}
	s.serveLines()
	if bob == nil {
		t.Fatal("the empty line was not forgotten")
	}
	if _, _, err := s.cancel(sold[0].GetClaimId(), surprisev1.CancelReason_MISTAKE); err != nil {
		t.Fatal(err)
	}
	s.serveLines()
	s.wantTicket(bob.GetTicketId(), surprisev1.TicketState_TURN, 0)
}

// An import that another one overtakes counts what it added itself.
func TestAnImportThatIsOvertaken(t *testing.T) {
	s, h := newHooked(t)
	h.beforeApply = func(ledger.Change) {
		h.beforeApply = nil
		s.fillCodes("b", "c")
	}
	got := s.fillCodes("a", "b")
	if got.GetAdded() != 1 || got.GetKnownBefore() != 1 || got.GetTotal() != 3 {
		t.Errorf("got %v, want one added of three", got)
	}
}
