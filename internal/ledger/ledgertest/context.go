package ledgertest

import (
	"context"
	"time"

	"github.com/surprise-service/surprised/internal/ledger"
)

func contextChecks() []check {
	return []check{
		{"context/cancelled before the call", func(t TB, s ledger.Store) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			checkEnded(ctx, t, s)
		}},
		{"context/past its deadline before the call", func(t TB, s ledger.Store) {
			ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
			defer cancel()
			checkEnded(ctx, t, s)
		}},
	}
}

func closeChecks() []check {
	return []check{{"close/every later call is an error", checkClosed}}
}

func checkEnded(ctx context.Context, t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "kept")
	u.tell("kept")
	wantAllFail(ctx, t, s)
	u.wantEvents("", 9, "kept")
	u.wantRange("wall", nil, 9)
	u.wantRecord(key(1), 1, "kept")
	u.wantDue(noon(), 10)
	u.wantUsage("cake", 0)
	if got := u.secret("name", "first"); got != "first" {
		t.Errorf("secret: got %q, want none stored by a call whose context had ended", got)
	}
}

func checkClosed(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "kept")
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wantAllFail(u.ctx, t, s)
	_ = s.Close() // whatever it answers, it must not panic
}

// wantAllFail calls every method.
func wantAllFail(ctx context.Context, t TB, s ledger.Store) {
	t.Helper()
	_, err := s.Load(ctx, key(1))
	wantFailure(t, "Load", err)
	wantFailure(t, "Apply", s.Apply(ctx, ledger.Change{
		Key: key(1), Expect: 1, Data: []byte("lost"), Due: noon(), Limits: []ledger.LimitOp{number("cake", claim(1), 1)},
		Index: []ledger.IndexOp{put("wall", 1, "a", "")}, Events: events("lost"),
	}))
	_, err = s.Due(ctx, noon(), 1)
	wantFailure(t, "Due", err)
	_, err = s.Usage(ctx, "cake")
	wantFailure(t, "Usage", err)
	_, err = s.Numbers(ctx, ledger.LimitRef{Limit: "cake", ClaimID: claim(1)})
	wantFailure(t, "Numbers", err)
	_, err = s.Range(ctx, "wall", nil, 1, false)
	wantFailure(t, "Range", err)
	_, err = s.Find(ctx, "wall", "a")
	wantFailure(t, "Find", err)
	_, err = s.Events(ctx, "", 1)
	wantFailure(t, "Events", err)
	_, err = s.LastEvent(ctx)
	wantFailure(t, "LastEvent", err)
	_, err = s.TrimEvents(ctx, noon().AddDate(100, 0, 0), 1)
	wantFailure(t, "TrimEvents", err)
	_, err = s.Secret(ctx, "name", []byte("lost"))
	wantFailure(t, "Secret", err)
	wantFailure(t, "Ping", s.Ping(ctx))
}
