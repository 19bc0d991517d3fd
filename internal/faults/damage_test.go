package faults

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// shelf is the pieces of one store: a has number 1, b 2 and c 3; those who come later get 4 and so on.
type shelf struct {
	*keeper
	store, limit string
	claims       map[string]*surprisev1.Claim
}

func (k *keeper) shelf(store string) *shelf {
	k.Helper()
	if k.e == nil {
		k.reopen(nil, 0)
	}
	s := &shelf{keeper: k, store: store, limit: k.e.Catalog().Limit("pieces").Key(time.Now(), store), claims: map[string]*surprisev1.Claim{}}
	for i, who := range []string{"a", "b", "c"} {
		s.take(who, int64(i)+1)
	}
	return s
}

// take gives a customer a piece, which must have this number.
func (s *shelf) take(who string, number int64) {
	s.Helper()
	customer := s.store + "-" + who
	res, err := s.e.Recommender.Recommend(s.Context(), request(customer, s.store))
	if err != nil || len(res.GetOffers()) != 1 {
		s.Fatalf("%s: %v, %v", customer, res, err)
	}
	c, _, err := s.e.Ledger.Claim(s.Context(), &surprisev1.ClaimRequest{OfferToken: res.GetOffers()[0].GetToken(), CustomerId: customer})
	if err != nil || c.GetSerial() != number {
		s.Fatalf("%s has number %d, want %d, error %v", customer, c.GetSerial(), number, err)
	}
	s.claims[who] = c
}

func (s *shelf) cancel(who string) {
	s.Helper()
	if _, _, err := s.e.Ledger.Cancel(s.Context(), &surprisev1.CancelRequest{ClaimId: s.claims[who].GetClaimId()}); err != nil {
		s.Fatal(err)
	}
}

func (s *shelf) verify(repair bool) []ledger.Finding {
	s.Helper()
	report, err := ledger.Verify(s.Context(), s.e.Store, ledger.VerifyOptions{Now: time.Now(), Hash: hash(s.T, s.e), Repair: repair})
	if err != nil {
		s.Fatal(err)
	}
	return report.Findings
}

// wantMended has verify find these kinds and nothing else, mend them, say what it did, and find nothing afterwards.
func (s *shelf) wantMended(kinds ...string) {
	s.Helper()
	found := s.verify(false)
	mended := s.verify(true)
	if len(found) != len(kinds) || len(mended) != len(kinds) {
		s.Fatalf("found %+v, then mended %+v, want %v", found, mended, kinds)
	}
	for i, kind := range kinds {
		if f := found[i]; f.Kind != kind || !f.Repairable || f.Repaired || f.Where == "" || f.What == "" {
			s.Errorf("found %+v, want %s that can be mended", f, kind)
		}
		if f := mended[i]; f.Kind != kind || !f.Repaired || f.Done == "" {
			s.Errorf("mended %+v, want %s and what was done", f, kind)
		}
	}
	if left := s.verify(false); len(left) > 0 {
		s.Errorf("after it: %+v", left)
	}
}

// TestVerifyMendsDamage damages what stores keep of limits.
func TestVerifyMendsDamage(t *testing.T) {
	t.Parallel()
	for name, keep := range keepers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keep(t)
			damageNumbers(k)
			if v, ok := k.vault.(redisVault); ok && v.cluster {
				t.Run("a mark is lost", func(t *testing.T) { damageMark(k.in(t), v) })
				t.Run("a limit is not listed", func(t *testing.T) { damageList(k.in(t), v) })
				t.Run("a mark of nobody", func(t *testing.T) { damageForeign(k.in(t), v) })
			}
			t.Run("an id of nobody", func(t *testing.T) { damageRecord(k.in(t)) })
			t.Run("a shop that is busy", func(t *testing.T) { verifyBusy(k.in(t)) })
		})
	}
}

func damageNumbers(k *keeper) {
	for i, tc := range []struct {
		name   string
		before func(s *shelf)
		damage func(v vault, limit string)
		want   []string
		next   int64 // the number of who comes afterwards
	}{
		{"a number waits that somebody has", nil, func(v vault, limit string) { v.free(limit, 2, true) }, []string{ledger.FoundFree}, 4},
		{"a number waits that never was", nil, func(v vault, limit string) { v.free(limit, 9, true) }, []string{ledger.FoundFree}, 4},
		{"a number does not wait", func(s *shelf) { s.cancel("b") }, func(v vault, limit string) { v.free(limit, 2, false) }, []string{ledger.FoundLost}, 2},
		{"the highest number is too low", nil, func(v vault, limit string) { v.total(limit, 3, 1) }, []string{ledger.FoundHighest}, 4},
		{"no highest number", nil, func(v vault, limit string) { v.total(limit, 3, 0) }, []string{ledger.FoundHighest}, 4},
		{"the highest number is too high", nil, func(v vault, limit string) { v.total(limit, 3, 8_000_000_000_000) }, []string{ledger.FoundLost}, 4},
		{"the sum", nil, func(v vault, limit string) { v.total(limit, 7, 3) }, []string{ledger.FoundSum}, 4},
		{"all at once", func(s *shelf) { s.cancel("a") }, func(v vault, limit string) {
			v.free(limit, 1, false)
			v.free(limit, 3, true)
			v.total(limit, 1, 5)
		}, []string{ledger.FoundSum, ledger.FoundFree, ledger.FoundLost}, 1},
	} {
		k.Run(tc.name, func(t *testing.T) {
			s := k.in(t).shelf(fmt.Sprint("number-", i))
			if tc.before != nil {
				tc.before(s)
			}
			s.reopen(func(v vault) { tc.damage(v, s.limit) }, 0)
			s.wantMended(tc.want...)
			s.take("d", tc.next)
		})
	}
	k.Run("a number is had twice", func(t *testing.T) {
		s := k.in(t).shelf("twice")
		s.reopen(func(v vault) { v.hold(s.limit, s.claims["b"].GetClaimId(), 1); v.free(s.limit, 2, true) }, 0)
		if got := s.verify(true); len(got) != 1 || got[0].Kind != ledger.FoundNumber || got[0].Repairable {
			s.Errorf("found %+v, want a number that nobody can take back", got)
		}
		s.reopen(func(v vault) { v.hold(s.limit, s.claims["b"].GetClaimId(), 2); v.free(s.limit, 2, false) }, 0)
		if got := s.verify(false); len(got) != 0 {
			s.Errorf("put right by hand: %+v", got)
		}
	})
}

// damageMark takes away what reminds of a reservation whose claim was never made.
func damageMark(k *keeper, v redisVault) {
	s := k.shelf("mark")
	v.must(v.client.ZRem(k.Context(), v.key("o", s.limit), s.claims["b"].GetClaimId()).Err())
	s.wantMended(ledger.FoundUnmarked)
	if n, err := v.client.ZScore(k.Context(), v.key("o", s.limit), s.claims["b"].GetClaimId()).Result(); err != nil || n == 0 {
		k.Errorf("the mark: %v, error %v", n, err)
	}
}

// damageList takes a limit out of the sets by which it is found.
func damageList(k *keeper, v redisVault) {
	s := k.shelf("list")
	if n := v.unlist(s.limit); n != 1 {
		k.Fatalf("it was listed %d times", n)
	}
	s.wantMended(ledger.FoundUnlisted)
	if n := v.unlist(s.limit); n != 1 {
		k.Fatalf("it is listed %d times", n)
	}
	s.cancel("a") // with no claim that misses it, it is found too
	s.cancel("b")
	s.cancel("c")
	s.wantMended(ledger.FoundUnlisted)
}

// damageForeign marks, as reserved, what is the id of no claim.
func damageForeign(k *keeper, v redisVault) {
	s := k.shelf("foreign")
	mark := func() {
		v.must(v.client.ZAdd(k.Context(), v.key("o", s.limit), redis.Z{Score: 1, Member: "somebody"}).Err())
	}
	mark()
	s.wantMended(ledger.FoundMark)
	mark()
	if _, err := k.e.Ledger.ReapLimits(k.Context()); err != nil {
		k.Fatal(err)
	}
	for _, f := range s.verify(true) {
		if !f.Repaired {
			k.Errorf("after the reaper saw it: %+v", f)
		}
	}
	if got := s.verify(false); len(got) != 0 {
		k.Errorf("after the repair: %+v", got)
	}
	if n, err := k.e.Ledger.ReapLimits(k.Context()); n != 0 || err != nil {
		k.Errorf("the reaper works on %d again, error %v", n, err)
	}
}

// damageRecord gives up, in a record, an id that is not of its customer.
func damageRecord(k *keeper) {
	s := k.shelf("record")
	at := timestamppb.New(time.Now().Add(-time.Hour))
	data, err := proto.Marshal(&storev1.Record{LastSeen: at, Entries: []*storev1.Entry{
		{ClaimId: "somebody", State: surprisev1.ClaimState_EXPIRED, Created: at, Ended: at},
	}})
	if err == nil {
		err = k.e.Store.Apply(k.Context(), ledger.Change{Key: surprise.CustomerKey{1}, Data: data})
	}
	if err != nil {
		k.Fatal(err)
	}
	s.wantMended(ledger.FoundRecord)
}

// verifyBusy has many claim, cancel and confirm while verify looks: it finds nothing. Nor does it when all holds have run out and were reaped.
func verifyBusy(k *keeper) {
	k.reopen(nil, 0)
	b := newBusy(k, "busy")
	stop := b.start()
	for range 3 {
		report, err := ledger.Verify(k.Context(), k.e.Store, ledger.VerifyOptions{Now: time.Now(), Hash: hash(k.T, k.e), Repair: true, Pause: b.pause})
		if err != nil || len(report.Findings) > 0 {
			k.Errorf("while the shop is busy: %+v, %v", report.Findings, err)
		}
	}
	stop()
	k.reopen(nil, untilBack)
	reap(k.T, k.e)
	verify(k.T, k.e, k.opts.Store, untilBack)
	used, err := k.e.Store.Usage(k.Context(), b.limit)
	if given := b.confirmed.Load(); err != nil || used[0] != given || given == 0 {
		k.Errorf("%v are taken, want %d that were given, error %v", used, given, err)
	}
}
