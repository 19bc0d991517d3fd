package faults

import (
	"context"
	"testing"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// untilBack is after how long all is given back of which nobody asks again: the hold of the catalogue, and a minute.
const untilBack = 10*time.Minute + time.Minute

// engine opens a store, with a clock that is ahead.
func engine(t *testing.T, opts app.EngineOptions, ahead time.Duration) *app.Engine {
	t.Helper()
	opts.CatalogDir, opts.Clock = catalogDir, func() time.Time { return time.Now().Add(ahead) }
	e, err := app.NewEngine(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// check looks at everything as of when all units must be back, and returns how many pieces were given.
func (k *killing) check() (given int) {
	k.Helper()
	e := engine(k.T, app.EngineOptions{Store: k.url}, untilBack)
	reap(k.T, e)
	want := map[string]surprisev1.ClaimState{}
	for _, v := range k.visits {
		claims, _, err := e.Ledger.List(k.Context(), &surprisev1.ListClaimsRequest{CustomerId: v.customer, PageSize: 10})
		left := v.plan.want == surprisev1.ClaimState_EXPIRED && len(claims) == 0
		if err != nil || !left && (len(claims) != 1 || claims[0].GetState() != v.plan.want) {
			k.Errorf("%s: %s has %v, error %v", v.plan.name, v.customer, claims, err)
			continue
		}
		if !left {
			want[claims[0].GetClaimId()] = claims[0].GetState()
		}
		if v.plan.want == surprisev1.ClaimState_CONFIRMED {
			given++
		}
	}
	checkEvents(k.T, e, want)
	checkTaken(k.T, e, given)
	verify(k.T, e, k.url, untilBack)
	return given
}

// reap gives back what is due, until there is no more.
func reap(t *testing.T, e *app.Engine) {
	t.Helper()
	for quiet := 0; quiet < 10; quiet++ {
		for _, work := range []func(context.Context) (int, error){e.Ledger.Reap, e.Ledger.ReapLimits} {
			n, err := work(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				quiet = 0
			}
		}
	}
}

// checkEvents wants the log to tell of each claim once how it began, and once how it ended.
func checkEvents(t *testing.T, e *app.Engine, want map[string]surprisev1.ClaimState) {
	t.Helper()
	told := map[string]int{}
	for cursor := ""; ; {
		page, err := e.Store.Events(t.Context(), cursor, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, logged := range page {
			_, ev, err := event.Decode(logged.Data)
			if err != nil {
				t.Fatal(err)
			}
			told[ev.GetType()+" "+ev.GetClaim().GetClaimId()]++
			cursor = logged.Cursor
		}
	}
	for what, n := range told {
		if n != 1 {
			t.Errorf("the log tells %d times: %s", n, what)
		}
	}
	endings := map[surprisev1.ClaimState][]string{
		surprisev1.ClaimState_CONFIRMED: {event.ClaimConfirmed, event.DeliveryRecorded},
		surprisev1.ClaimState_CANCELLED: {event.ClaimCancelled}, surprisev1.ClaimState_EXPIRED: {event.ClaimExpired},
	}
	for id, state := range want {
		n := 0
		for _, ending := range endings[state] {
			n += told[ending+" "+id]
		}
		if n != 1 {
			t.Errorf("%s is %s, and the log tells %d times of it", id, state, n)
		}
	}
}

// checkTaken wants limits to have what was given, for good, and nothing else.
func checkTaken(t *testing.T, e *app.Engine, given int) {
	t.Helper()
	entries, pieces, money := 0, int64(0), int64(0)
	err := walker(t, e).WalkLimits(t.Context(), func(limit string, sum int64, held []ledger.LimitEntry) error {
		for _, entry := range held {
			if entries++; !entry.Posted {
				t.Errorf("limit %s: %+v is open", limit, entry)
			}
			if entry.Number > 0 {
				pieces++
			} else {
				money += entry.Amount
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(given); pieces != want || money != 100*want || entries != 2*given {
		t.Errorf("%d entries take %d pieces and %d of money for %d that were given", entries, pieces, money, given)
	}
}

func walker(t *testing.T, e *app.Engine) ledger.Walker {
	t.Helper()
	w, ok := e.Store.(ledger.Walker)
	if !ok {
		t.Fatal("the store cannot be walked")
	}
	return w
}

// verify finds nothing wrong in a store.
func verify(t *testing.T, e *app.Engine, url string, ahead time.Duration) {
	t.Helper()
	report, err := ledger.Verify(t.Context(), e.Store, ledger.VerifyOptions{Now: time.Now().Add(ahead), Hash: hash(t, e)})
	if err != nil || report.Records == 0 || report.Limits == 0 {
		t.Fatalf("verify %s: %+v, %v", url, report, err)
	}
	for _, f := range report.Findings {
		t.Errorf("verify: %+v", f)
	}
}

func hash(t *testing.T, e *app.Engine) func(string) surprise.CustomerKey {
	t.Helper()
	h, err := app.CustomerHash(t.Context(), e.Store, "default")
	if err != nil {
		t.Fatal(err)
	}
	return h
}
