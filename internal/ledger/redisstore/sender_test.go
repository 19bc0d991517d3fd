package redisstore_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

// TestLostRepliesOfMany loses the replies to a whole pipeline: each change was carried out once at most, and nobody takes one for done that was not.
func TestLostRepliesOfMany(t *testing.T) {
	const callers = 60
	url := ledgertest.Redis(t)
	p, look := newProxy(t, url), direct(t, url)
	s := open(t, p.url, redisstore.Options{})
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(callers)}); err != nil { // makes Redis know the script
		t.Fatal(err)
	}
	before := calls(t, look, "evalsha")
	p.loseReplyTo("evalsha")
	told := make([]error, callers)
	var all sync.WaitGroup
	for n := range callers {
		all.Go(func() {
			told[n] = s.Apply(t.Context(), ledger.Change{Key: customer(byte(n)), Limits: []ledger.LimitOp{cake(fmt.Sprint("claim-", n), 1, callers)}})
		})
	}
	all.Wait()
	made, lost := 0, 0
	for n, err := range told {
		got, loadErr := s.Load(t.Context(), customer(byte(n)))
		if loadErr != nil {
			t.Fatal(loadErr)
		}
		made += int(got[0].Version)
		if err != nil {
			wantUnknown(t, err)
			lost++
		} else if got[0].Version != 1 {
			t.Errorf("customer %d: a change that was done left version %d, want 1", n, got[0].Version)
		}
	}
	if got := calls(t, look, "evalsha") - before; got != made || lost == 0 {
		t.Errorf("%d scripts ran and made %d changes, %d replies were lost; want each to run once, and some lost", got, made, lost)
	}
	if sums, err := s.Usage(t.Context(), "cake"); err != nil || sums[0] != int64(made) {
		t.Errorf("usage: got %v, error %v, want %d", sums, err, made)
	}
}
