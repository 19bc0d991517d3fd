package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// watch returns what Watch sends until the end of the log.
func (s *shop) watch(req *surprisev1.WatchRequest) []*surprisev1.WatchResponse {
	s.t.Helper()
	var out []*surprisev1.WatchResponse
	req.UntilEnd = true
	err := s.ledger.Watch(s.t.Context(), req, func(r *surprisev1.WatchResponse) error {
		out = append(out, r)
		return nil
	}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestWatchGoesOnFromACursor(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	for i := range 450 { // more than two pages
		s.wish(fmt.Sprint("c", i), "r", "x")
	}
	all := s.watch(&surprisev1.WatchRequest{})
	if len(all) != 450 {
		t.Fatalf("%d events, want 450", len(all))
	}
	for _, i := range []int{0, 199, 200, 448, 449} {
		rest := s.watch(&surprisev1.WatchRequest{After: all[i].GetCursor()})
		if len(rest) != 449-i || len(rest) > 0 && rest[0].GetCursor() != all[i+1].GetCursor() {
			t.Errorf("after event %d: %d events, want the %d that follow", i, len(rest), 449-i)
		}
	}
	if got := s.watch(&surprisev1.WatchRequest{After: "now"}); len(got) > 0 {
		t.Errorf("%d events from now on, want none", len(got))
	}
	w := s.wish("c0", "r2", "y")
	if _, _, err := s.ledger.WithdrawWish(t.Context(), &surprisev1.WithdrawWishRequest{WishId: w.GetWishId()}); err != nil {
		t.Fatal(err)
	}
	got := s.watch(&surprisev1.WatchRequest{Types: []string{event.WishWithdrawn, event.ClaimHeld}})
	if len(got) != 1 || !strings.HasSuffix(got[0].GetEvent().GetType(), event.WishWithdrawn) {
		t.Errorf("of these types: %v", got)
	}
	for _, req := range []*surprisev1.WatchRequest{{After: "none"}, {Types: []string{"wish.poster"}}} {
		err := s.ledger.Watch(t.Context(), req, func(*surprisev1.WatchResponse) error { return nil }, nil)
		refusedAs(t, err, surprise.InvalidRequest)
	}
}

func TestWatchWaitsForMore(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	s.wish("ann", "r1", "before")
	ctx, stop := context.WithCancel(t.Context())
	var seen []string
	waits := 0
	wait := func(ctx context.Context) error {
		if waits++; waits == 4 {
			stop()
		} else {
			s.wish(fmt.Sprint("c", waits), "r", "x")
		}
		return ctx.Err()
	}
	err := s.ledger.Watch(ctx, &surprisev1.WatchRequest{After: "now"}, func(r *surprisev1.WatchResponse) error {
		seen = append(seen, r.GetCursor())
		return nil
	}, wait)
	if !errors.Is(err, context.Canceled) || len(seen) != 3 || !slices.IsSorted(seen) {
		t.Errorf("saw %v, ended with %v; want three events until it was cancelled", seen, err)
	}
	gone := errors.New("the caller is gone")
	if err := s.ledger.Watch(t.Context(), &surprisev1.WatchRequest{}, func(*surprisev1.WatchResponse) error { return gone }, wait); !errors.Is(err, gone) {
		t.Errorf("ended with %v, want %v", err, gone)
	}
}

func TestTrimLog(t *testing.T) {
	s := newShopOf(t, wallCatalog)
	s.wish("ann", "r1", "old")
	s.pass(time.Hour)
	s.wish("ann", "r2", "new")
	if n, err := s.ledger.TrimLog(t.Context(), s.clock()); err != nil || n != 1 {
		t.Errorf("trimmed %d (%v), want 1", n, err)
	}
	if got := s.watch(&surprisev1.WatchRequest{}); len(got) != 1 {
		t.Errorf("%d events are left, want 1", len(got))
	}
	if n, err := s.ledger.TrimLog(t.Context(), s.clock()); err != nil || n != 0 {
		t.Errorf("trimmed %d more (%v), want 0", n, err)
	}
}
