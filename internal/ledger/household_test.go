package ledger_test

import (
	"fmt"
	"strings"
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

// A household has at most so many of a template, whoever of it comes.
func TestHouseholdMax(t *testing.T) {
	s := newServices(t)
	var last *surprisev1.Claim
	for i := range 3 {
		who := fmt.Sprint("member", i)
		c, _, err := s.claim(who, s.sign(who, "piece", ofHousehold("family")))
		if i < 2 {
			wantReason(t, who, err, "")
			last = c
			continue
		}
		wantReason(t, who, err, surprise.CapReached)
		if !strings.Contains(err.Error(), "2 of at most 2") {
			t.Errorf("got %v", err)
		}
	}
	if _, _, err := s.cancel(last.GetClaimId(), surprisev1.CancelReason_MISTAKE); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.claim("member2", s.sign("member2", "piece", ofHousehold("family"))); err != nil {
		t.Errorf("after one came back: %v", err)
	}
	s.take("single", "piece")
}

// A household's cap counts its people together; whoever has no household counts alone.
func TestHouseholdCap(t *testing.T) {
	s := newServices(t)
	claim := func(who, household, template string) error {
		c, _, err := s.claim(who, s.sign(who, template, ofHousehold(household)))
		if err == nil {
			s.mustConfirm(c.GetClaimId())
		}
		return err
	}
	wantReason(t, "the first", claim("a", "family", "tea"), "")
	if _, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "b", HouseholdId: "hh", Template: "tea", Channel: surprisev1.Channel_POS}); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "the second", claim("b", "family", "tea"), "")
	err := claim("c", "family", "tea")
	wantReason(t, "the third", err, surprise.CapReached)
	if err != nil && !strings.Contains(err.Error(), "2 of at most 2") {
		t.Errorf("got %v", err)
	}
	wantReason(t, "another category", claim("c", "family", "corner"), "")
	wantReason(t, "recovery", claim("c", "family", "sorry"), "")
	wantReason(t, "another household, of one delivery", claim("d", ledger.HouseholdKey(hash, "hh"), "tea"), "")
	wantReason(t, "the same household, full by then", claim("e", ledger.HouseholdKey(hash, "hh"), "tea"), surprise.CapReached)
	for i := range 3 {
		want := surprise.Reason("")
		if i == 2 {
			want = surprise.CapReached
		}
		wantReason(t, fmt.Sprint("alone ", i), claim("single", "", "tea"), want)
	}
	wantReason(t, "in a household what one had alone does not count", claim("single", "new", "tea"), "")
	s.pass(9 * 24 * time.Hour)
	wantReason(t, "after the window", claim("c", "family", "tea"), "")
}

// A delivery is entered whatever the household had, and is not over a limit for it.
func TestHouseholdCapNeverRefusesADelivery(t *testing.T) {
	s := newServices(t)
	for i := range 4 {
		c, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: fmt.Sprint("m", i), HouseholdId: "hh", Template: "tea", Channel: surprisev1.Channel_POS})
		if err != nil || c.GetOverLimit() {
			t.Errorf("%d: got %v, %v", i, c.GetOverLimit(), err)
		}
	}
}

// The names of what a household may have never meet, whatever categories and templates are called.
func TestHouseholdNamesDiffer(t *testing.T) {
	at := time.Unix(1e9, 0)
	seen := map[string]bool{ledger.HouseholdMaxLimit("cap", "h"): true}
	for _, h := range []ledger.Household{
		{Key: "h", Category: "cap", Cooldown: 24 * time.Hour},
		{Key: "h", Category: "cap", Cooldown: 24 * time.Hour, Cap: true, Capacity: 1},
		{Key: "h", Category: "cap", Cooldown: 48 * time.Hour, Cap: true, Capacity: 1},
		{Key: "h", Category: "cap", Cooldown: 24 * time.Hour, Cap: true, Capacity: 1, Channel: surprisev1.Channel_POS},
		{Key: "h", Cooldown: 24 * time.Hour, Cap: true, Capacity: 1},
	} {
		for _, step := range h.Steps(at) {
			if seen[step] {
				t.Errorf("%s is there twice", step)
			}
			seen[step] = true
		}
	}
}
