package main

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/app"
)

// claimed makes a store in which customer c-1 has had a cake and turned down another offer.
func claimed(t *testing.T) (store string) {
	t.Helper()
	store = "bolt:" + filepath.Join(t.TempDir(), "surprised.db")
	engine, err := app.NewEngine(t.Context(), app.EngineOptions{CatalogDir: "examples/catalog", Store: store, Clock: newWorld("").clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}()
	cake := claim(t, engine, "checkout")
	if _, _, err := engine.Ledger.Confirm(t.Context(), &surprisev1.ConfirmRequest{ClaimId: cake, MemoryTag: "lemon\x1b[2J cake"}); err != nil {
		t.Fatal(err)
	}
	other := claim(t, engine, "taste")
	if _, _, err := engine.Ledger.Cancel(t.Context(), &surprisev1.CancelRequest{ClaimId: other, Reason: surprisev1.CancelReason_CUSTOMER_REFUSED}); err != nil {
		t.Fatal(err)
	}
	return store
}

// claim takes the first offer of a stage, at a visit of its own.
func claim(t *testing.T, engine *app.Engine, stage string) (claimID string) {
	t.Helper()
	res, err := engine.Recommender.Recommend(t.Context(), &surprisev1.RecommendRequest{
		Customer: &surprisev1.CustomerProfile{Id: "c-1", Birthday: &surprisev1.Birthday{Month: 11, Day: 21}, MemberSince: &surprisev1.Date{Year: 2026, Month: 11, Day: 20}},
		Moment:   &surprisev1.Moment{Stage: stage, Channel: surprisev1.Channel_POS, Store: "taipei-1", VisitId: stage},
	})
	if err != nil || len(res.GetOffers()) == 0 {
		t.Fatalf("no offer at %s: %v, %v", stage, res, err)
	}
	got, _, err := engine.Ledger.Claim(t.Context(), &surprisev1.ClaimRequest{OfferToken: res.GetOffers()[0].GetToken(), CustomerId: "c-1"})
	if err != nil {
		t.Fatal(err)
	}
	return got.GetClaimId()
}

func TestCustomerShowOffline(t *testing.T) {
	fromRoot(t)
	store := claimed(t)
	for _, test := range []struct{ args, want, err string }{
		{"c-1 -o table", "" +
			"MADE                  STATE                       WHAT                        WHERE                  ENDS OR ENDED         REMEMBERED AS   CLAIM\n" +
			"2026-11-21T04:00:00Z  CANCELLED CUSTOMER_REFUSED  surprise_corner/one_drawer  POS taipei-1 taste     2026-11-21T04:00:00Z                  CLAIM\n" +
			"2026-11-21T04:00:00Z  CONFIRMED                   birthday_cake/little_cake   POS taipei-1 checkout  2026-11-21T04:00:00Z  lemon�[2J cake  CLAIM\n", ""},
		{"nobody -o table", "", "the ledger has no claims of customer \"nobody\"\n"},
	} {
		w := newWorld("")
		code := run(t.Context(), append(strings.Fields("customer show --store "+store), strings.Fields(test.args)...), &w.environment)
		if code != exitOK || w.err.String() != test.err {
			t.Errorf("%s: exit code %d: %s", test.args, code, &w.err)
		}
		if diff := cmp.Diff(test.want, mask(w.out.String())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.args, diff)
		}
	}
	w := newWorld("")
	run(t.Context(), strings.Fields("customer show c-1 --store "+store), &w.environment)
	lines := strings.Split(strings.TrimSpace(w.out.String()), "\n")
	if len(lines) != 2 || !strings.HasPrefix(mask(lines[1]), `{"claim_id":"...","state":"CONFIRMED","template":"birthday_cake","level":"little_cake"`) {
		t.Errorf("got %s", &w.out)
	}
}

// served runs the service over a store and a catalogue until the test ends, and returns its gRPC address.
func served(t *testing.T, store, catalog string) (addr string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := newWorld("")
	welcome := &watcher{found: make(chan string, 1), pattern: regexp.MustCompile(`gRPC\s+(127\.0\.0\.1:\d+)`)}
	w.stdout = welcome
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"serve", "--catalog", catalog, "--store", store, "--grpc-addr", "127.0.0.1:0", "--http-addr=", "--admin-addr="}, &w.environment)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-done; code != exitOK {
			t.Errorf("serve: exit code %d: %s", code, &w.err)
		}
	})
	select {
	case addr = <-welcome.found:
	case <-time.After(20 * time.Second):
		t.Fatal("the service does not come up")
	}
	return addr
}

// watcher waits for a text to be written.
type watcher struct {
	text    string
	pattern *regexp.Regexp
	found   chan string
}

func (w *watcher) Write(p []byte) (int, error) {
	w.text += string(p)
	if m := w.pattern.FindStringSubmatch(w.text); m != nil && len(w.found) == 0 {
		w.found <- m[1]
	}
	return len(p), nil
}

func TestAgainstAService(t *testing.T) {
	fromRoot(t)
	store := claimed(t)
	addr := served(t, store, "examples/catalog")
	here, there := newWorld(""), newWorld("")

	// The same requests, decided here over nothing and there by a service: the same failures, word by word.
	const requests = "cmd/surprised/testdata/requests.jsonl"
	codeHere := run(t.Context(), []string{"recommend", "--catalog", "examples/catalog", requests}, &here.environment)
	codeThere := run(t.Context(), []string{"recommend", "--server", addr, requests}, &there.environment)
	_, failuresHere, _ := strings.Cut(mask(here.out.String()), "\n")
	_, failuresThere, _ := strings.Cut(mask(there.out.String()), "\n")
	if diff := cmp.Diff(failuresHere, failuresThere); diff != "" || codeHere != exitFailed || codeThere != exitFailed {
		t.Errorf("exit codes %d and %d (-here +there):\n%s", codeHere, codeThere, diff)
	}

	shown := newWorld("")
	if code := run(t.Context(), []string{"customer", "show", "c-1", "--server", addr}, &shown.environment); code != exitOK || strings.Count(shown.out.String(), "\n") != 2 {
		t.Errorf("customer show: exit code %d: %s%s", code, &shown.out, &shown.err)
	}

	// All examples, through the service and here: the same outcomes, lots aside, in the same order.
	here, there = newWorld(""), newWorld("")
	run(t.Context(), []string{"recommend", "--catalog", "examples/catalog", "-o", "table", "examples/customers.jsonl"}, &here.environment)
	run(t.Context(), []string{"recommend", "--server", addr, "-o", "table", "examples/customers.jsonl"}, &there.environment)
	if diff := cmp.Diff(outcomes(here.out.String()), outcomes(there.out.String())); diff != "" {
		t.Errorf("offers (-here +there):\n%s", diff)
	}

	locked := newWorld("")
	if code := run(t.Context(), []string{"customer", "show", "c-1", "--store", store}, &locked.environment); code != exitFailed || !strings.Contains(locked.err.String(), "give --server in place of --store") {
		t.Errorf("customer show of a store in use: exit code %d: %s", code, &locked.err)
	}
}

// outcomes leaves out what is drawn by lot: a service has keys of its own.
func outcomes(table string) []string {
	var out []string
	for _, line := range strings.Split(table, "\n") {
		if len(line) > 46 {
			// The service has keys of its own, so now and then its lot says to give nothing where the one here does not, or the other way round.
			out = append(out, strings.Replace(line[:46], "OFFER", "NONE ", 1))
		}
	}
	return out
}
