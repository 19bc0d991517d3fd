package ledger_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Two surprises share a step exactly when they are nearer than the cooldown, give or take one step.
func TestHouseholdSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := ledger.Household{Key: "h", Category: "cake", Cooldown: time.Duration(rapid.IntRange(1, 800).Draw(t, "hours")) * time.Hour * 5}
		step := max(24*time.Hour, h.Cooldown/30+time.Second)
		at := time.Unix(rapid.Int64Range(1e9, 2e9).Draw(t, "at"), 0)
		later := at.Add(time.Duration(rapid.Int64Range(0, int64(3*h.Cooldown+3*step)).Draw(t, "later")))
		first := map[string]bool{}
		for _, s := range h.Steps(at) {
			first[s] = true
		}
		shared := false
		for _, s := range h.Steps(later) {
			shared = shared || first[s]
		}
		if apart := later.Sub(at); apart < h.Cooldown && !shared || apart > h.Cooldown+step && shared {
			t.Fatalf("cooldown %v, %v apart: shared %v", h.Cooldown, apart, shared)
		}
		if n := len(first); n > 33 {
			t.Fatalf("%d steps", n)
		}
		if shared != first[h.Steps(later)[0]] {
			t.Fatal("the step of a moment does not tell whether it is free")
		}
	})
}

// Of a family that claims at once, one wins; after the cooldown the next.
func TestHouseholdCooldown(t *testing.T) {
	s := newShop(t)
	var won, waiting atomic.Int32
	var wg sync.WaitGroup
	for i := range 20 {
		who := fmt.Sprint("member", i)
		token := s.offerTo(who, "family", "feast", "v1")
		wg.Go(func() {
			switch _, _, err := s.claim(who, token); surprise.ReasonOf(err) {
			case "":
				won.Add(1)
			case surprise.Cooldown:
				waiting.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || waiting.Load() != 19 {
		t.Fatalf("%d won, %d wait", won.Load(), waiting.Load())
	}
	if _, _, err := s.claim("stranger", s.offerTo("stranger", "others", "feast", "v1")); err != nil {
		t.Errorf("another household: %v", err)
	}
	s.pass(6 * 24 * time.Hour) // the first hold has run out by now and gives its steps back
	s.reap()
	c, _, err := s.claim("member1", s.offerTo("member1", "family", "feast", "v2"))
	wantState(t, "after the hold ran out", c, err, surprisev1.ClaimState_HELD)
	if _, _, err := s.confirm(c.GetClaimId()); err != nil {
		t.Fatal(err)
	}
	s.pass(6 * 24 * time.Hour)
	_, _, err = s.claim("member2", s.offerTo("member2", "family", "feast", "v3"))
	wantReason(t, "six days after it was given", err, surprise.Cooldown)
	s.pass(2*24*time.Hour + time.Second)
	if _, _, err = s.claim("member2", s.offerTo("member2", "family", "feast", "v4")); err != nil {
		t.Errorf("eight days after it: %v", err)
	}
}
